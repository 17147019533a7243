-- The control figures of a part of the bill: what every answer about it must add up to. It begins with the table `visible`,
-- the rows of `owner` that are in the part.
-- $1  the loads that are served   $2  unblended, net_unblended or list

-- From the facts by day, whatever owns them.
counted as (
    select load.period,
           currency,
           sum(case $2::text when 'net_unblended' then net_unblended_cost
                             when 'list' then list_cost else unblended_cost end) as bedrock_total
      from daily_cost
      join load using (load_id)
     where load_id = any($1)
       and (load_id, subject_id) in (select load_id, subject_id from visible)
     group by load.period, currency
),

-- From the summary of periods, by whether a rule claims it and whether a grammar knows it.
kept as (
    select load.period,
           currency,
           team_id is not null as attributed,
           charge.unclassified,
           sum(case $2::text when 'net_unblended' then net_unblended_cost
                             when 'list' then list_cost else unblended_cost end) as cost
      from visible
      join period_cost using (load_id, subject_id)
      join load using (load_id)
      join charge using (charge_id)
     where load_id = any($1)
     group by load.period, currency, team_id is not null, charge.unclassified
)

select counted.period,
       counted.currency,
       counted.bedrock_total::text,
       coalesce(sum(kept.cost) filter (where attributed), 0)::text,
       coalesce(sum(kept.cost) filter (where not attributed), 0)::text,
       coalesce(sum(kept.cost) filter (where unclassified), 0)::text
  from counted
  left join kept using (period, currency)
 group by counted.period, counted.currency, counted.bedrock_total
 order by counted.period, counted.currency
