-- Whether the summaries of a load are the sums of its facts: three costs, tokens and lines, by currency.
-- $1  the load   $2  the version of the rules
with

-- The same sums from each of the six tables.
sums as (
    select 'daily_cost' as source, currency, sum(unblended_cost) as unblended_cost,
           sum(net_unblended_cost) as net_unblended_cost, sum(list_cost) as list_cost,
           sum(tokens) as tokens, sum(line_items) as line_items
      from daily_cost
     where load_id = $1
     group by currency
    union all
    select 'period_cost', currency, sum(unblended_cost), sum(net_unblended_cost), sum(list_cost), sum(tokens),
           sum(line_items)
      from period_cost
     where load_id = $1
     group by currency
    union all
    select 'team_cost', currency, sum(unblended_cost), sum(net_unblended_cost), sum(list_cost), sum(tokens),
           sum(line_items)
      from team_cost
     where load_id = $1 and ownership_id = $2
     group by currency
    union all
    select 'team_period_cost', currency, sum(unblended_cost), sum(net_unblended_cost), sum(list_cost), sum(tokens),
           sum(line_items)
      from team_period_cost
     where load_id = $1 and ownership_id = $2
     group by currency
    union all
    select 'team_day_cost', currency, sum(unblended_cost), sum(net_unblended_cost), sum(list_cost),
           sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), sum(line_items)
      from team_day_cost
     where load_id = $1 and ownership_id = $2
     group by currency
    union all
    select 'subject_cost', currency, sum(unblended_cost), sum(net_unblended_cost), sum(list_cost),
           sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), sum(line_items)
      from subject_cost
     where load_id = $1
     group by currency
)

select not exists (
           select
             from sums
            group by currency, unblended_cost, net_unblended_cost, list_cost, tokens, line_items
           having count(*) <> 6
       )
       and not exists (
           select
             from sums
             left join ownership_total as total
               on total.load_id = $1 and total.ownership_id = $2 and total.currency = sums.currency
            where source = 'daily_cost'
              and (attributed_unblended_cost + unattributed_unblended_cost,
                   attributed_net_unblended_cost + unattributed_net_unblended_cost,
                   attributed_list_cost + unattributed_list_cost)
                  is distinct from (unblended_cost, net_unblended_cost, list_cost)
       ) as "agree!"
