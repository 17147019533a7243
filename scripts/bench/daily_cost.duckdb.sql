-- sql/daily_cost.sql as somebody would write it for DuckDB: the peer of the benchmark of a refresh.
with bedrock_line as (
    select
        coalesce(
            line_item_usage_start_date::date, bill_billing_period_start_date::date, (billing_period || '-01')::date
        ) as usage_date,
        nullif(bill_payer_account_id, '') as payer_account_id,
        nullif(line_item_usage_account_id, '') as usage_account_id,
        nullif(line_item_usage_account_name, '') as usage_account_name,
        nullif(bill_billing_entity, '') as billing_entity,
        nullif(bill_invoice_id, '') as invoice_id,
        nullif(line_item_legal_entity, '') as legal_entity,
        nullif(line_item_line_item_type, '') as charge_type,
        nullif(line_item_product_code, '') as product_code,
        nullif(product['product_name'], '') as product_name,
        nullif(line_item_operation, '') as operation,
        nullif(line_item_usage_type, '') as usage_type,
        nullif(product_region_code, '') as region_code,
        nullif(product['model'], '') as product_model,
        nullif(product['provider'], '') as product_provider,
        nullif(product['inference_type'], '') as product_inference_type,
        nullif(product['feature'], '') as product_feature,
        nullif(pricing_unit, '') as pricing_unit,
        case when pricing_unit = 'Units' then nullif(split_part(line_item_line_item_description, '|', 3), '') end
            as description_unit,
        case when bill_billing_entity = 'AWS Marketplace' then nullif(line_item_resource_id, '') end as resource_id,
        nullif(regexp_replace(line_item_iam_principal, '^$', '', 'g'), '') as iam_principal,
        nullif(to_json(tags)::varchar, '{}') as tags,
        nullif(to_json(resource_tags)::varchar, '{}') as resource_tags,
        nullif(to_json(cost_category)::varchar, '{}') as cost_category,
        nullif(line_item_currency_code, '') as currency,
        coalesce(line_item_unblended_cost::decimal(38, 12), 0) as unblended_cost,
        coalesce(
            line_item_net_unblended_cost::decimal(38, 12), line_item_unblended_cost::decimal(38, 12), 0
        ) as net_unblended_cost,
        coalesce(pricing_public_on_demand_cost::decimal(38, 12), 0) as list_cost,
        coalesce(line_item_usage_amount::decimal(38, 12), 0) as usage_quantity
    from read_parquet(getvariable('files'), hive_partitioning = false)
    cross join (select getvariable('period') as billing_period)
    where (
            bill_billing_entity = 'AWS'
            and line_item_product_code in (
                'AmazonBedrock', 'AmazonBedrockAgentCore', 'AmazonBedrockService', 'AmazonBedrockFoundationModels'
            )
        )
        or (bill_billing_entity = 'AWS Marketplace' and product['product_name'] like '%Bedrock%')
)

select
    * exclude (unblended_cost, net_unblended_cost, list_cost, usage_quantity),
    sum(unblended_cost) as unblended_cost,
    sum(net_unblended_cost) as net_unblended_cost,
    sum(list_cost) as list_cost,
    sum(usage_quantity) as usage_quantity,
    count(*) as line_items
from bedrock_line
group by all
