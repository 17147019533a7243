-- What the whole bill of one billing period came to, by invoice, billing entity, charge type and currency, and how much
-- of it is Amazon Bedrock's. No line is left out: these are the totals that everything else must tie out with, so they
-- are computed from the lines themselves and not from daily_cost.sql.
--
-- Table
--   cur2: a CUR 2.0 Data Export, partitioned by billing_period
--   https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html
--
-- Parameters, in order
--   1  period       varchar  billing period as the partition is written, e.g. '2026-10'
--   2  files under  varchar  what the addresses of the delivery's files begin with, e.g.
--                            's3://bucket/prefix/export/data/BILLING_PERIOD=2026-10/'; '' for every file

with bill_line as (
    -- Every line of the bill, with the mark of Bedrock. An empty text means the same as NULL: not on this line.
    select
        nullif(bill_invoice_id, '') as invoice_id,
        nullif(bill_billing_entity, '') as billing_entity,
        nullif(line_item_line_item_type, '') as charge_type,
        nullif(line_item_currency_code, '') as currency,
        -- Costs are doubles in the export, and a sum of doubles differs from run to run: cast each line, then sum.
        coalesce(cast(line_item_unblended_cost as decimal(38, 12)), 0) as unblended_cost,
        -- The net cost is there only for accounts that have a discount; without one it is the unblended cost.
        -- https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-line-item.html
        coalesce(
            cast(line_item_net_unblended_cost as decimal(38, 12)),
            cast(line_item_unblended_cost as decimal(38, 12)),
            0
        ) as net_unblended_cost,
        coalesce(cast(pricing_public_on_demand_cost as decimal(38, 12)), 0) as list_cost,
        -- What is Bedrock: the rule of CUDOS, AWS's own dashboard. What AWS sells itself has one of four product codes;
        -- a model sold through AWS Marketplace has a hash for a code and is known by its name, such as
        -- "Claude Opus 5.5 (Amazon Bedrock Edition)". daily_cost.sql and line_items.sql have the same rule:
        -- change all.
        -- https://github.com/aws-solutions-library-samples/cloud-intelligence-dashboards-framework
        case
            when
                bill_billing_entity = 'AWS'
                and line_item_product_code in (
                    'AmazonBedrock',
                    'AmazonBedrockAgentCore',
                    'AmazonBedrockService',
                    'AmazonBedrockFoundationModels'
                )
                then 1
            when
                bill_billing_entity = 'AWS Marketplace'
                and element_at(product, 'product_name') like '%Bedrock%'
                then 1
            else 0
        end as is_bedrock
    from cur2
    where
        -- The partition is text: compared as text, it lets the engine skip the other months.
        billing_period = ?
        -- A folder may hold more than the delivery that is asked: an export that keeps every delivery, or a stray file.
        and starts_with("$path", ?)
)

select
    invoice_id,
    billing_entity,
    charge_type,
    currency,
    sum(unblended_cost) as unblended_cost,
    sum(net_unblended_cost) as net_unblended_cost,
    sum(list_cost) as list_cost,
    count(*) as line_items,
    sum(case when is_bedrock = 1 then unblended_cost else 0 end) as bedrock_unblended_cost,
    sum(case when is_bedrock = 1 then net_unblended_cost else 0 end) as bedrock_net_unblended_cost,
    sum(case when is_bedrock = 1 then list_cost else 0 end) as bedrock_list_cost,
    sum(is_bedrock) as bedrock_line_items
from bill_line
group by
    invoice_id,
    billing_entity,
    charge_type,
    currency
