-- The table that every question reads, for Amazon Athena: a Data Export of CUR 2.0 in Parquet, with the columns that the
-- questions read. Columns that the export lacks read as NULL.
-- https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html
--
-- A table is only a description: it copies nothing, may be dropped at any time, and may stand beside other tables over the
-- same files, such as that of a crawler. An export of another payer gets a table of the same name in a database of its own.
--
-- Replace s3://BUCKET/PREFIX/EXPORT, twice, by where the export is delivered (the folder that holds `data` and `metadata`),
-- choose a database, and run the statement in Athena.
create external table cur2 (
    bill_billing_entity string,
    bill_billing_period_start_date timestamp,
    bill_invoice_id string,
    bill_payer_account_id string,
    cost_category map<string, string>,
    line_item_currency_code string,
    line_item_iam_principal string,
    line_item_legal_entity string,
    line_item_line_item_description string,
    line_item_line_item_type string,
    line_item_net_unblended_cost double,
    line_item_operation string,
    line_item_product_code string,
    line_item_resource_id string,
    line_item_unblended_cost double,
    line_item_usage_account_id string,
    line_item_usage_account_name string,
    line_item_usage_amount double,
    line_item_usage_start_date timestamp,
    line_item_usage_type string,
    pricing_public_on_demand_cost double,
    pricing_unit string,
    product map<string, string>,
    product_region_code string,
    resource_tags map<string, string>,
    tags map<string, string>
)
-- The partition is text, written as 2026-10.
partitioned by (billing_period string)
stored as parquet
location 's3://BUCKET/PREFIX/EXPORT/data/'
tblproperties (
    -- Partition projection: months need not be added to the catalog, no crawler has to run, and a month that arrives is
    -- there at once. AWS has recorded principals since April 2026; begin earlier to ask about earlier months.
    -- https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
    'projection.enabled' = 'true',
    'projection.billing_period.type' = 'date',
    'projection.billing_period.format' = 'yyyy-MM',
    'projection.billing_period.range' = '2026-04,NOW',
    'projection.billing_period.interval' = '1',
    'projection.billing_period.interval.unit' = 'MONTHS',
    'storage.location.template' = 's3://BUCKET/PREFIX/EXPORT/data/BILLING_PERIOD=${billing_period}'
)
