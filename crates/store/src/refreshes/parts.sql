-- What refreshes do to each period of each export, with what their queries cost.
select part.refresh_id as "refresh_id!", part.export as "export!", part.period, part.engine, part.step, part.rows as "rows!",
       part.result, part.message, part.version, part.line_items, part.fact_rows, part.totals as "totals!: Json<Vec<CurrencyTotal>>",
       part.manifest_written_at, part.started_at, part.finished_at,
       cost.scanned_bytes, cost.price::text as price
  from refresh_part as part
  left join lateral (
       select sum(query.scanned_bytes)::bigint as scanned_bytes, sum(query.price) as price
         from query
        where query.refresh_id = part.refresh_id and query.export = part.export and query.period = part.period) as cost on true
 where part.refresh_id = any($1)
 order by part.export, part.period
