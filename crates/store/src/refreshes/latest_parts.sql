-- How the last refresh of each period of each export ended. That an export as a whole could not be read is told until a
-- later refresh could read it.
select distinct on (part.export, part.period)
       part.refresh_id as "refresh_id!", part.export as "export!", part.period, part.engine, part.step, part.rows as "rows!",
       part.result, part.message, part.version, part.line_items, part.fact_rows, part.totals as "totals!: Json<Vec<CurrencyTotal>>",
       part.manifest_written_at, part.started_at, part.finished_at,
       null::bigint as scanned_bytes, null::text as price
  from refresh_part as part
 where part.finished_at is not null
   and (part.period is not null
        or not exists (select from refresh_part as later
                        where later.export = part.export and later.refresh_id <> part.refresh_id
                          and later.finished_at > part.finished_at))
 order by part.export, part.period, part.finished_at desc
