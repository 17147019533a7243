-- The control figures of periods: what every answer about them must add up to.
-- $1  the loads that are served   $2  the version of the rules   $3  unblended, net_unblended or list
with

-- From the control question, which counted the whole bill on its own.
counted as (
    select load.period,
           currency,
           sum(case $3::text when 'net_unblended' then net_unblended_cost
                             when 'list' then list_cost else unblended_cost end) as bill_total,
           sum(case $3::text when 'net_unblended' then bedrock_net_unblended_cost
                             when 'list' then bedrock_list_cost else bedrock_unblended_cost end) as bedrock_total
      from control_total
      join load using (load_id)
     where load_id = any($1)
     group by load.period, currency
),

-- From the rollup, by whether a rule claims it and whether a grammar knows it.
kept as (
    select load.period,
           currency,
           sum(case $3::text when 'net_unblended' then attributed_net_unblended_cost
                             when 'list' then attributed_list_cost else attributed_unblended_cost end) as attributed,
           sum(case $3::text when 'net_unblended' then unattributed_net_unblended_cost
                             when 'list' then unattributed_list_cost else unattributed_unblended_cost end) as unattributed,
           sum(case $3::text when 'net_unblended' then unclassified_net_unblended_cost
                             when 'list' then unclassified_list_cost else unclassified_unblended_cost end) as unclassified
      from ownership_total
      join load using (load_id)
     where load_id = any($1) and ownership_total.ownership_id = $2
     group by load.period, currency
)

select counted.period,
       counted.currency,
       counted.bill_total::text                 as "bill_total!",
       counted.bedrock_total::text              as "bedrock_total!",
       coalesce(kept.attributed, 0)::text       as "attributed!",
       coalesce(kept.unattributed, 0)::text     as "unattributed!",
       coalesce(kept.unclassified, 0)::text     as "unclassified!"
  from counted
  left join kept using (period, currency)
 order by counted.period, counted.currency
