-- The lines of Amazon Bedrock in one billing period, one by one, that some figure is made of: those of one principal, account,
-- usage type, charge type, day or tag, or of any of them together. Summed up they are what daily_cost.sql says of the same.
--
-- Table
--   cur2: a CUR 2.0 Data Export, partitioned by billing_period
--   https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html
--
-- Parameters, in order. Each choice is two: 'any' lets every line pass whatever the value, 'is' those whose value it is; the
-- empty text stands for lines on which nothing is set.
--    1  pattern              varchar  regular expression of the session names to fold, e.g. '^$' to fold none
--    2  replacement          varchar  what they become, e.g. ''
--    3  period               varchar  billing period as the partition is written, e.g. '2026-10'
--    4  files under          varchar  what the addresses of the delivery's files begin with, e.g.
--                                     's3://bucket/prefix/export/data/BILLING_PERIOD=2026-10/'; '' for every file
--    5  principal            varchar  'any' or 'is'
--    6                       varchar  the principal as it is after folding, e.g. 'arn:aws:iam::123456789012:user/alice'
--    7  account              varchar  'any' or 'is'
--    8                       varchar  the account that used, e.g. '123456789012'
--    9  usage type           varchar  'any' or 'is'
--   10                       varchar  the usage type as billed
--   11  charge type          varchar  'any' or 'is'
--   12                       varchar  the line item type, e.g. 'Usage'
--   13  day                  varchar  'any' or 'is'
--   14                       varchar  the day of use, e.g. '2026-10-05'
--   15  tag                  varchar  'any' or 'is'
--   16                       varchar  a key of the column tags, e.g. 'iamPrincipal/team'
--   17                       varchar  its value
--   18  resource tag         varchar  'any' or 'is'
--   19                       varchar  a key of the column resource_tags, e.g. 'user_team'
--   20                       varchar  its value
--   21  cost category        varchar  'any' or 'is'
--   22                       varchar  a key of the column cost_category, e.g. 'department'
--   23                       varchar  its value

with bedrock_line as (
    -- The lines that are Bedrock's, with their columns in our words. An export says "not on this line" with an empty
    -- text as well as with NULL, so an empty text becomes NULL.
    select
        -- Lines without a usage date, such as some refunds, count on the first day of their billing period.
        coalesce(
            cast(line_item_usage_start_date as date),
            cast(bill_billing_period_start_date as date),
            cast(billing_period || '-01' as date)
        ) as usage_date,
        -- The hour of use, where the export goes by the hour; 0 where it goes by the day.
        cast(extract(hour from line_item_usage_start_date) as varchar) as usage_hour,
        nullif(bill_payer_account_id, '') as payer_account_id,
        nullif(line_item_usage_account_id, '') as usage_account_id,
        nullif(line_item_usage_account_name, '') as usage_account_name,
        nullif(bill_billing_entity, '') as billing_entity,
        -- Blank until the invoice is final.
        nullif(bill_invoice_id, '') as invoice_id,
        nullif(line_item_legal_entity, '') as legal_entity,
        nullif(line_item_line_item_type, '') as charge_type,
        nullif(line_item_product_code, '') as product_code,
        nullif(element_at(product, 'product_name'), '') as product_name,
        nullif(line_item_operation, '') as operation,
        nullif(line_item_usage_type, '') as usage_type,
        nullif(product_region_code, '') as region_code,
        -- What a usage type means is read outside this text. AWS says it in the product map for most lines.
        -- https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-understanding-cur-data.html
        nullif(element_at(product, 'model'), '') as product_model,
        nullif(element_at(product, 'provider'), '') as product_provider,
        nullif(element_at(product, 'inference_type'), '') as product_inference_type,
        nullif(element_at(product, 'feature'), '') as product_feature,
        nullif(pricing_unit, '') as pricing_unit,
        -- Marketplace lines are priced in "Units"; what one unit is, only the third part of the description says:
        -- "AWS Marketplace software usage|us-east-1|Output image, SD3.5 Large". The rule is CUDOS's.
        case
            when pricing_unit = 'Units' then nullif(split_part(line_item_line_item_description, '|', 3), '')
        end as description_unit,
        -- On Marketplace lines the resource names the model.
        case
            when bill_billing_entity = 'AWS Marketplace' then nullif(line_item_resource_id, '')
        end as resource_id,
        nullif(line_item_resource_id, '') as line_item_resource_id,
        nullif(line_item_line_item_description, '') as line_item_description,
        -- Session names that are new for each run are folded into one, so that the number of principals stays bounded.
        nullif(regexp_replace(line_item_iam_principal, ?, ?), '') as iam_principal,
        -- Three views of the same money, never to be added to one another. Keys in `tags` keep their case and say what
        -- was tagged ("iamPrincipal/team"); keys in the other two are normalised ("user_team").
        -- https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-tag-columns.html
        nullif(json_format(cast(tags as json)), '{}') as tags,
        nullif(json_format(cast(resource_tags as json)), '{}') as resource_tags,
        nullif(json_format(cast(cost_category as json)), '{}') as cost_category,
        -- The same, as maps.
        tags as tag_map,
        resource_tags as resource_tag_map,
        cost_category as cost_category_map,
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
        coalesce(cast(line_item_usage_amount as decimal(38, 12)), 0) as usage_quantity
    from cur2
    where
        -- The partition is text: compared as text, it lets the engine skip the other months.
        billing_period = ?
        -- A folder may hold more than the delivery that is asked: an export that keeps every delivery, or a stray file.
        and starts_with("$path", ?)
        -- What is Bedrock: the rule of CUDOS, AWS's own dashboard. What AWS sells itself has one of four product codes;
        -- a model sold through AWS Marketplace has a hash for a code and is known by its name, such as
        -- "Claude Opus 5.5 (Amazon Bedrock Edition)". daily_cost.sql and bill_total.sql have the same rule: change
        -- all.
        -- https://github.com/aws-solutions-library-samples/cloud-intelligence-dashboards-framework
        and (
            (
                bill_billing_entity = 'AWS'
                and line_item_product_code in (
                    'AmazonBedrock',
                    'AmazonBedrockAgentCore',
                    'AmazonBedrockService',
                    'AmazonBedrockFoundationModels'
                )
            )
            or (
                bill_billing_entity = 'AWS Marketplace'
                and element_at(product, 'product_name') like '%Bedrock%'
            )
        )
)

select
    usage_date,
    usage_hour,
    payer_account_id,
    usage_account_id,
    usage_account_name,
    billing_entity,
    invoice_id,
    legal_entity,
    charge_type,
    product_code,
    product_name,
    operation,
    usage_type,
    region_code,
    product_model,
    product_provider,
    product_inference_type,
    product_feature,
    pricing_unit,
    description_unit,
    resource_id,
    line_item_resource_id,
    line_item_description,
    iam_principal,
    tags,
    resource_tags,
    cost_category,
    currency,
    unblended_cost,
    net_unblended_cost,
    list_cost,
    usage_quantity
from bedrock_line
where
    -- A principal that is blank is none.
    (? = 'any' or coalesce(case when trim(iam_principal) <> '' then iam_principal end, '') = ?)
    and (? = 'any' or coalesce(usage_account_id, '') = ?)
    and (? = 'any' or coalesce(usage_type, '') = ?)
    and (? = 'any' or coalesce(charge_type, '') = ?)
    and (? = 'any' or cast(usage_date as varchar) = ?)
    -- A tag without a value is not set.
    and (? = 'any' or coalesce(element_at(tag_map, ?), '') = ?)
    and (? = 'any' or coalesce(element_at(resource_tag_map, ?), '') = ?)
    and (? = 'any' or coalesce(element_at(cost_category_map, ?), '') = ?)
