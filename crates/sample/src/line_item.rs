use std::borrow::Cow;

use bill::{Amount, BillingPeriod};
use chrono::{DateTime, TimeDelta, Utc};

use crate::Labels;
use crate::summary::Costs;

/// One line of the bill: the fields of CUR 2.0 that matter here. Columns without a field are written as NULL.
///
/// Texts that AWS always fills are plain (an empty one is written as `''`); the others are optional (`None` is NULL).
/// Costs are exact and must survive being written as a double, which every amount below 2000 does.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use sample::LineItem;
///
/// let line = LineItem {
///     iam_principal: Some("arn:aws:iam::123456789012:user/user-1".into()),
///     unblended_cost: "0.0693".parse()?,
///     tags: [("iamPrincipal/team", "BedrockDataScience")].into(),
///     ..LineItem::bedrock_usage("2026-10".parse()?)
/// };
/// assert!(line.is_bedrock());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LineItem<'a> {
    /// `bill_bill_type`: Anniversary, Purchase or Refund.
    pub bill_type: Cow<'a, str>,
    /// `bill_billing_entity`: `AWS` or `AWS Marketplace`.
    pub billing_entity: Cow<'a, str>,
    /// `bill_invoice_id`: blank until the month is invoiced.
    pub invoice_id: Option<Cow<'a, str>>,
    /// `bill_invoicing_entity`.
    pub invoicing_entity: Option<Cow<'a, str>>,
    /// `bill_payer_account_id`.
    pub payer_account_id: Cow<'a, str>,
    /// `bill_payer_account_name`.
    pub payer_account_name: Option<Cow<'a, str>>,
    /// `cost_category`: keys normalised.
    pub cost_category: Labels<'a>,
    /// `discount_total_discount`, and the only entry of `discount`, under `EdpDiscount`.
    pub total_discount: Option<Amount>,
    /// `line_item_availability_zone`.
    pub availability_zone: Option<Cow<'a, str>>,
    /// `line_item_currency_code`, also written as `pricing_currency`.
    pub currency: Cow<'a, str>,
    /// `line_item_iam_principal`: `None` is NULL, and `Some("")` is what AWS writes elsewhere for the same.
    pub iam_principal: Option<Cow<'a, str>>,
    /// `line_item_legal_entity`.
    pub legal_entity: Option<Cow<'a, str>>,
    /// `line_item_line_item_description`.
    pub description: Option<Cow<'a, str>>,
    /// `line_item_line_item_type`.
    pub charge_type: Cow<'a, str>,
    /// `line_item_net_unblended_cost`.
    pub net_unblended_cost: Option<Amount>,
    /// `line_item_operation`.
    pub operation: Option<Cow<'a, str>>,
    /// `line_item_product_code`.
    pub product_code: Cow<'a, str>,
    /// `line_item_resource_id`.
    pub resource_id: Option<Cow<'a, str>>,
    /// `line_item_tax_type`.
    pub tax_type: Option<Cow<'a, str>>,
    /// `line_item_unblended_cost`, also written as the blended cost except on discounts.
    pub unblended_cost: Amount,
    /// `line_item_unblended_rate`, also written as `pricing_public_on_demand_rate`.
    pub unblended_rate: Option<Cow<'a, str>>,
    /// `line_item_usage_account_id`.
    pub usage_account_id: Cow<'a, str>,
    /// `line_item_usage_account_name`.
    pub usage_account_name: Option<Cow<'a, str>>,
    /// `line_item_usage_amount`. Written as the nearest double.
    pub usage_quantity: Amount,
    /// `line_item_usage_start_date`, inclusive.
    pub usage_start: Option<DateTime<Utc>>,
    /// `line_item_usage_end_date`, exclusive.
    pub usage_end: Option<DateTime<Utc>>,
    /// `line_item_usage_type`, also written as `product_usagetype`.
    pub usage_type: Cow<'a, str>,
    /// `pricing_public_on_demand_cost`.
    pub list_cost: Option<Amount>,
    /// `pricing_rate_code`.
    pub rate_code: Option<Cow<'a, str>>,
    /// `pricing_term`.
    pub pricing_term: Option<Cow<'a, str>>,
    /// `pricing_unit`.
    pub pricing_unit: Option<Cow<'a, str>>,
    /// `product`: what of the price list has no column of its own.
    pub product: Labels<'a>,
    /// `product_location`.
    pub location: Option<Cow<'a, str>>,
    /// `product_product_family`.
    pub product_family: Option<Cow<'a, str>>,
    /// `product_region_code`.
    pub region_code: Option<Cow<'a, str>>,
    /// `product_servicecode`: blank on Marketplace lines.
    pub service_code: Option<Cow<'a, str>>,
    /// `product_sku`.
    pub sku: Option<Cow<'a, str>>,
    /// `resource_tags`: keys normalised, `user_` before them.
    pub resource_tags: Labels<'a>,
    /// `savings_plan_savings_plan_a_r_n`.
    pub savings_plan_arn: Option<Cow<'a, str>>,
    /// `savings_plan_savings_plan_effective_cost`.
    pub savings_plan_effective_cost: Option<Amount>,
    /// `tags`: keys as they are, with the kind before them (`iamPrincipal/team`).
    pub tags: Labels<'a>,
}

impl<'a> LineItem<'a> {
    /// An hour of Claude Sonnet 4.6 input tokens on the first day of the month, for nothing, by nobody.
    pub fn bedrock_usage(period: BillingPeriod) -> Self {
        Self {
            product_code: "AmazonBedrockService".into(),
            usage_type: "USE1-Claude4.6Sonnet-input-tokens".into(),
            operation: Some("InvokeModelInference".into()),
            pricing_unit: Some("1K tokens".into()),
            product: [("product_name", "Amazon Bedrock Service")].into(),
            product_family: Some("Amazon Bedrock".into()),
            service_code: Some("AmazonBedrockService".into()),
            ..Self::usage(period)
        }
    }

    /// An hour of an EC2 instance on the first day of the month, for nothing.
    pub fn other_usage(period: BillingPeriod) -> Self {
        Self {
            product_code: "AmazonEC2".into(),
            usage_type: "BoxUsage:m7g.large".into(),
            operation: Some("RunInstances".into()),
            pricing_unit: Some("Hrs".into()),
            product: [("product_name", "Amazon Elastic Compute Cloud")].into(),
            product_family: Some("Compute Instance".into()),
            service_code: Some("AmazonEC2".into()),
            ..Self::usage(period)
        }
    }

    fn usage(period: BillingPeriod) -> Self {
        let start = period.first_day().and_time(chrono::NaiveTime::MIN).and_utc();
        Self {
            bill_type: "Anniversary".into(),
            billing_entity: "AWS".into(),
            payer_account_id: "123456789012".into(),
            usage_account_id: "123456789012".into(),
            usage_account_name: Some("Example Corp".into()),
            currency: "USD".into(),
            legal_entity: Some("Amazon Web Services, Inc.".into()),
            charge_type: "Usage".into(),
            usage_start: Some(start),
            usage_end: Some(start + TimeDelta::hours(1)),
            pricing_term: Some("OnDemand".into()),
            region_code: Some("us-east-1".into()),
            ..Self::default()
        }
    }

    /// Whether AWS's own dashboard counts this line as Amazon Bedrock
    /// (CUDOS: <https://github.com/aws-solutions-library-samples/cloud-intelligence-dashboards-framework>).
    ///
    /// Told here on its own, so that a reader which gets the rule wrong does not agree with the sample.
    pub fn is_bedrock(&self) -> bool {
        match self.billing_entity.as_ref() {
            "AWS" => {
                ["AmazonBedrock", "AmazonBedrockAgentCore", "AmazonBedrockService", "AmazonBedrockFoundationModels"]
                    .contains(&self.product_code.as_ref())
            }
            "AWS Marketplace" => self.product.get("product_name").is_some_and(|name| name.contains("Bedrock")),
            _ => false,
        }
    }

    /// The same as the unblended cost in an organisation of one price; AWS leaves it blank on discounts.
    pub(crate) fn blended_cost(&self) -> Option<Amount> {
        (!self.charge_type.ends_with("Discount")).then_some(self.unblended_cost)
    }

    /// The line's costs, as a reader of the export should count them.
    pub fn costs(&self) -> Costs {
        Costs {
            unblended: self.unblended_cost,
            net_unblended: self.net_unblended_cost.unwrap_or(self.unblended_cost),
            list: self.list_cost.unwrap_or(Amount::ZERO),
        }
    }
}
