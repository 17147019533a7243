use bill::Amount;
use chrono::{DateTime, Utc};

use crate::{Labels, LineItem};

/// A column of the table `COST_AND_USAGE_REPORT` and where its values come from.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) source: Source,
}

/// Where the values of a column come from. It decides the column's type as well.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Text(for<'l> fn(&'l LineItem<'_>) -> Option<&'l str>),
    Number(fn(&LineItem<'_>) -> Option<Amount>),
    Time(fn(&LineItem<'_>) -> Option<DateTime<Utc>>),
    Labels(for<'l, 'a> fn(&'l LineItem<'a>) -> &'l Labels<'a>),
    /// The total discount under the one name that the sample knows.
    Discount,
    PeriodStart,
    PeriodEnd,
    /// Unique in one delivery of one partition and different in the next, as AWS says it is.
    LineItemId,
    /// `start/end` of the usage.
    TimeInterval,
    NoText,
    NoNumber,
}

impl Column {
    /// Whether AWS adds the column only when it is asked to include IAM principals.
    pub(crate) fn is_principal(&self) -> bool {
        self.name == "line_item_iam_principal"
    }

    /// Whether AWS adds the column only where the account has a discount.
    pub(crate) fn is_net(&self) -> bool {
        self.name.contains("_net_")
    }

    /// The type's name in the manifest.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.source {
            Source::Text(_) | Source::LineItemId | Source::TimeInterval | Source::NoText => "string",
            Source::Number(_) | Source::NoNumber => "double",
            Source::Time(_) | Source::PeriodStart | Source::PeriodEnd => "timestamp",
            Source::Labels(_) => "map<string,string>",
            Source::Discount => "map<string,double>",
        }
    }
}

const fn column(name: &'static str, source: Source) -> Column {
    Column { name, source }
}

const fn text(read: for<'l> fn(&'l LineItem<'_>) -> Option<&'l str>) -> Source {
    Source::Text(read)
}

const fn number(read: fn(&LineItem<'_>) -> Option<Amount>) -> Source {
    Source::Number(read)
}

const fn time(read: fn(&LineItem<'_>) -> Option<DateTime<Utc>>) -> Source {
    Source::Time(read)
}

const fn labels(read: for<'l, 'a> fn(&'l LineItem<'a>) -> &'l Labels<'a>) -> Source {
    Source::Labels(read)
}

/// All 131 columns of CUR 2.0 (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>), in the
/// order in which AWS documents them.
#[rustfmt::skip] // One column, one line, however long its name.
pub(crate) const COLUMNS: [Column; 131] = [
    column("bill_bill_type", text(|line| Some(&line.bill_type))),
    column("bill_billing_entity", text(|line| Some(&line.billing_entity))),
    column("bill_billing_period_end_date", Source::PeriodEnd),
    column("bill_billing_period_start_date", Source::PeriodStart),
    column("bill_invoice_id", text(|line| line.invoice_id.as_deref())),
    column("bill_invoicing_entity", text(|line| line.invoicing_entity.as_deref())),
    column("bill_payer_account_id", text(|line| Some(&line.payer_account_id))),
    column("bill_payer_account_name", text(|line| line.payer_account_name.as_deref())),
    column("capacity_reservation_capacity_reservation_arn", Source::NoText),
    column("capacity_reservation_capacity_reservation_status", Source::NoText),
    column("capacity_reservation_capacity_reservation_type", Source::NoText),
    column("cost_category", labels(|line| &line.cost_category)),
    column("discount", Source::Discount),
    column("discount_bundled_discount", Source::NoNumber),
    column("discount_total_discount", number(|line| line.total_discount)),
    column("identity_line_item_id", Source::LineItemId),
    column("identity_time_interval", Source::TimeInterval),
    column("line_item_availability_zone", text(|line| line.availability_zone.as_deref())),
    column("line_item_blended_cost", number(|line| line.blended_cost())),
    column("line_item_blended_rate", text(|line| line.unblended_rate.as_deref())),
    column("line_item_currency_code", text(|line| Some(&line.currency))),
    column("line_item_iam_principal", text(|line| line.iam_principal.as_deref())),
    column("line_item_legal_entity", text(|line| line.legal_entity.as_deref())),
    column("line_item_line_item_description", text(|line| line.description.as_deref())),
    column("line_item_line_item_type", text(|line| Some(&line.charge_type))),
    column("line_item_net_unblended_cost", number(|line| line.net_unblended_cost)),
    column("line_item_net_unblended_rate", Source::NoText),
    column("line_item_normalization_factor", Source::NoNumber),
    column("line_item_normalized_usage_amount", Source::NoNumber),
    column("line_item_operation", text(|line| line.operation.as_deref())),
    column("line_item_product_code", text(|line| Some(&line.product_code))),
    column("line_item_resource_id", text(|line| line.resource_id.as_deref())),
    column("line_item_tax_type", text(|line| line.tax_type.as_deref())),
    column("line_item_unblended_cost", number(|line| Some(line.unblended_cost))),
    column("line_item_unblended_rate", text(|line| line.unblended_rate.as_deref())),
    column("line_item_usage_account_id", text(|line| Some(&line.usage_account_id))),
    column("line_item_usage_account_name", text(|line| line.usage_account_name.as_deref())),
    column("line_item_usage_amount", number(|line| Some(line.usage_quantity))),
    column("line_item_usage_end_date", time(|line| line.usage_end)),
    column("line_item_usage_start_date", time(|line| line.usage_start)),
    column("line_item_usage_type", text(|line| Some(&line.usage_type))),
    column("line_item_user_identifier", Source::NoText),
    column("pricing_currency", text(|line| Some(&line.currency))),
    column("pricing_lease_contract_length", Source::NoText),
    column("pricing_offering_class", Source::NoText),
    column("pricing_public_on_demand_cost", number(|line| line.list_cost)),
    column("pricing_public_on_demand_rate", text(|line| line.unblended_rate.as_deref())),
    column("pricing_purchase_option", Source::NoText),
    column("pricing_rate_code", text(|line| line.rate_code.as_deref())),
    column("pricing_rate_id", Source::NoText),
    column("pricing_term", text(|line| line.pricing_term.as_deref())),
    column("pricing_unit", text(|line| line.pricing_unit.as_deref())),
    column("product", labels(|line| &line.product)),
    column("product_comment", Source::NoText),
    column("product_fee_code", Source::NoText),
    column("product_fee_description", Source::NoText),
    column("product_from_location", Source::NoText),
    column("product_from_location_type", Source::NoText),
    column("product_from_region_code", Source::NoText),
    column("product_instance_family", Source::NoText),
    column("product_instance_type", Source::NoText),
    column("product_instancesku", Source::NoText),
    column("product_location", text(|line| line.location.as_deref())),
    column("product_location_type", Source::NoText),
    column("product_operation", text(|line| line.operation.as_deref())),
    column("product_pricing_unit", text(|line| line.pricing_unit.as_deref())),
    column("product_product_family", text(|line| line.product_family.as_deref())),
    column("product_region_code", text(|line| line.region_code.as_deref())),
    column("product_servicecode", text(|line| line.service_code.as_deref())),
    column("product_sku", text(|line| line.sku.as_deref())),
    column("product_to_location", Source::NoText),
    column("product_to_location_type", Source::NoText),
    column("product_to_region_code", Source::NoText),
    column("product_usagetype", text(|line| Some(&line.usage_type))),
    column("reservation_amortized_upfront_cost_for_usage", Source::NoNumber),
    column("reservation_amortized_upfront_fee_for_billing_period", Source::NoNumber),
    column("reservation_availability_zone", Source::NoText),
    column("reservation_effective_cost", Source::NoNumber),
    column("reservation_end_time", Source::NoText),
    column("reservation_modification_status", Source::NoText),
    column("reservation_net_amortized_upfront_cost_for_usage", Source::NoNumber),
    column("reservation_net_amortized_upfront_fee_for_billing_period", Source::NoNumber),
    column("reservation_net_effective_cost", Source::NoNumber),
    column("reservation_net_recurring_fee_for_usage", Source::NoNumber),
    column("reservation_net_unused_amortized_upfront_fee_for_billing_period", Source::NoNumber),
    column("reservation_net_unused_recurring_fee", Source::NoNumber),
    column("reservation_net_upfront_value", Source::NoNumber),
    column("reservation_normalized_units_per_reservation", Source::NoText),
    column("reservation_number_of_reservations", Source::NoText),
    column("reservation_recurring_fee_for_usage", Source::NoNumber),
    column("reservation_reservation_a_r_n", Source::NoText),
    column("reservation_start_time", Source::NoText),
    column("reservation_subscription_id", Source::NoText),
    column("reservation_total_reserved_normalized_units", Source::NoText),
    column("reservation_total_reserved_units", Source::NoText),
    column("reservation_units_per_reservation", Source::NoText),
    column("reservation_unused_amortized_upfront_fee_for_billing_period", Source::NoNumber),
    column("reservation_unused_normalized_unit_quantity", Source::NoNumber),
    column("reservation_unused_quantity", Source::NoNumber),
    column("reservation_unused_recurring_fee", Source::NoNumber),
    column("reservation_upfront_value", Source::NoNumber),
    column("resource_tags", labels(|line| &line.resource_tags)),
    column("savings_plan_amortized_upfront_commitment_for_billing_period", Source::NoNumber),
    column("savings_plan_end_time", Source::NoText),
    column("savings_plan_instance_type_family", Source::NoText),
    column("savings_plan_net_amortized_upfront_commitment_for_billing_period", Source::NoNumber),
    column("savings_plan_net_recurring_commitment_for_billing_period", Source::NoNumber),
    column("savings_plan_net_savings_plan_effective_cost", Source::NoNumber),
    column("savings_plan_offering_type", Source::NoText),
    column("savings_plan_payment_option", Source::NoText),
    column("savings_plan_purchase_term", Source::NoText),
    column("savings_plan_recurring_commitment_for_billing_period", Source::NoNumber),
    column("savings_plan_region", Source::NoText),
    column("savings_plan_savings_plan_a_r_n", text(|line| line.savings_plan_arn.as_deref())),
    column("savings_plan_savings_plan_effective_cost", number(|line| line.savings_plan_effective_cost)),
    column("savings_plan_savings_plan_rate", Source::NoNumber),
    column("savings_plan_start_time", Source::NoText),
    column("savings_plan_total_commitment_to_date", Source::NoNumber),
    column("savings_plan_used_commitment", Source::NoNumber),
    column("split_line_item_actual_usage", Source::NoNumber),
    column("split_line_item_net_split_cost", Source::NoNumber),
    column("split_line_item_net_unused_cost", Source::NoNumber),
    column("split_line_item_parent_resource_id", Source::NoText),
    column("split_line_item_public_on_demand_split_cost", Source::NoNumber),
    column("split_line_item_public_on_demand_unused_cost", Source::NoNumber),
    column("split_line_item_reserved_usage", Source::NoNumber),
    column("split_line_item_split_cost", Source::NoNumber),
    column("split_line_item_split_usage", Source::NoNumber),
    column("split_line_item_split_usage_ratio", Source::NoNumber),
    column("split_line_item_unused_cost", Source::NoNumber),
    column("tags", labels(|line| &line.tags)),
];
