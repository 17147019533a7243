-- Where the facts of a load and its control totals disagree. No row is the proof that everything was counted once.
-- $1  the load
with

-- What the rollup holds, at the grain of the control question.
found as (
    select charge.invoice,
           charge.billing_entity,
           charge.charge_type,
           daily_cost.currency,
           sum(unblended_cost)     as unblended_cost,
           sum(net_unblended_cost) as net_unblended_cost,
           sum(list_cost)          as list_cost,
           sum(line_items)::bigint as line_items
      from daily_cost
      join charge using (charge_id)
     where load_id = $1
     group by 1, 2, 3, 4
),

-- What the control question counted as Bedrock.
expected as (
    select invoice,
           billing_entity,
           charge_type,
           currency,
           sum(bedrock_unblended_cost)     as unblended_cost,
           sum(bedrock_net_unblended_cost) as net_unblended_cost,
           sum(bedrock_list_cost)          as list_cost,
           sum(bedrock_line_items)::bigint as line_items
      from control_total
     where load_id = $1
     group by 1, 2, 3, 4
    having sum(bedrock_line_items) > 0
),

-- Nulls are values here (an open month has no invoice), which a full join on `is not distinct from` cannot do:
-- each side is added to one list, with its own columns filled.
both_sides as (
    select invoice, billing_entity, charge_type, currency,
           unblended_cost as expected, net_unblended_cost as expected_net, list_cost as expected_list,
           line_items as expected_line_items,
           0 as found, 0 as found_net, 0 as found_list, 0 as found_line_items
      from expected
    union all
    select invoice, billing_entity, charge_type, currency,
           0, 0, 0, 0,
           unblended_cost, net_unblended_cost, list_cost, line_items
      from found
)

select invoice,
       billing_entity,
       charge_type,
       currency,
       sum(expected)::text                as "expected!",
       sum(found)::text                   as "found!",
       sum(expected_line_items)::bigint   as "expected_line_items!",
       sum(found_line_items)::bigint      as "found_line_items!"
  from both_sides
 group by invoice, billing_entity, charge_type, currency
having sum(expected) <> sum(found)
    or sum(expected_net) <> sum(found_net)
    or sum(expected_list) <> sum(found_list)
    or sum(expected_line_items) <> sum(found_line_items)
 order by charge_type, billing_entity, invoice, currency
