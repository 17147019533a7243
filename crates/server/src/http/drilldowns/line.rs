use std::collections::BTreeMap;

use access::Persons;
use access::pseudonym::holds_email;
use bill::Amount;
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use store::snapshot::Line;
use utoipa::ToSchema;

use crate::http::problem::{Problem, ProblemKind};

/// Tags by key, in the order of their keys.
pub(super) type TagMap = BTreeMap<String, String>;

/// One line of the bill. What the bill leaves out is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LineItem)]
pub(crate) struct LineDocument {
    /// Day of use, UTC.
    #[schema(value_type = String, format = "date", example = "2026-10-05")]
    pub(super) date: NaiveDate,
    /// Hour of use, UTC; 0 where the export goes by the day.
    #[schema(minimum = 0, maximum = 23, example = 13)]
    pub(super) hour: Option<i16>,
    /// The management account that is invoiced.
    pub(super) payer: Option<String>,
    /// The account that used.
    #[schema(example = "123456789012")]
    pub(super) account: Option<String>,
    /// Its name.
    pub(super) account_name: Option<String>,
    /// The id of the principal.
    pub(super) principal: Option<String>,
    /// The principal, after folding.
    pub(super) principal_arn: Option<String>,
    /// `line_item_usage_type`.
    pub(super) usage_type: Option<String>,
    /// `line_item_operation`.
    pub(super) operation: Option<String>,
    /// `line_item_line_item_type`.
    pub(super) charge_type: Option<String>,
    /// `bill_billing_entity`.
    pub(super) billing_entity: Option<String>,
    /// The product.
    pub(super) product: Option<String>,
    /// The model.
    pub(super) model: Option<String>,
    /// `line_item_resource_id`.
    pub(super) resource: Option<String>,
    /// `line_item_line_item_description`.
    pub(super) description: Option<String>,
    /// `bill_invoice_id`.
    pub(super) invoice: Option<String>,
    /// The column `tags`.
    pub(super) tags: TagMap,
    /// The column `resource_tags`.
    pub(super) resource_tags: TagMap,
    /// The column `cost_category`.
    pub(super) cost_category: TagMap,
    /// `line_item_usage_amount`, exactly.
    #[schema(value_type = String, example = "15.4")]
    pub(super) quantity: Amount,
    /// Its unit.
    pub(super) unit: Option<String>,
    /// Unblended cost, exactly.
    #[schema(value_type = String, example = "0.0693")]
    pub(super) unblended_cost: Amount,
    /// Net unblended cost, exactly; unblended where the bill has none.
    #[schema(value_type = String, example = "0.0693")]
    pub(super) net_unblended_cost: Amount,
    /// List cost, exactly.
    #[schema(value_type = String, example = "0.0693")]
    pub(super) list_cost: Amount,
    /// The currency of the costs.
    #[schema(example = "USD")]
    pub(super) currency: String,
}

impl LineDocument {
    /// As it may be shown. Persons have their pseudonyms already; where they are hidden, texts in which an address stands are
    /// hidden as well.
    ///
    /// # Errors
    /// Where an amount is none.
    pub(super) fn new(line: Line, persons: Persons) -> Result<Self, Problem> {
        let hides = persons == Persons::Pseudonymous;
        let text = |text: Option<String>| text.filter(|text| !(hides && holds_email(text)));
        let tags = |map: Option<Value>| tag_map(map, hides);
        Ok(Self {
            date: line.usage_date,
            hour: line.usage_hour,
            payer: line.payer,
            account: line.account,
            account_name: line.account_name,
            principal: line.principal,
            principal_arn: line.principal_arn,
            usage_type: line.usage_type,
            operation: line.operation,
            charge_type: line.charge_type,
            billing_entity: line.billing_entity,
            product: line.product,
            model: line.model,
            resource: text(line.resource),
            description: text(line.description),
            invoice: line.invoice,
            tags: tags(line.tags),
            resource_tags: tags(line.resource_tags),
            cost_category: tags(line.cost_category),
            quantity: amount(&line.quantity)?,
            unit: line.unit,
            unblended_cost: amount(&line.unblended_cost)?,
            net_unblended_cost: amount(&line.net_unblended_cost)?,
            list_cost: amount(&line.list_cost)?,
            currency: line.currency,
        })
    }
}

fn tag_map(map: Option<Value>, hides: bool) -> TagMap {
    let map = map.and_then(|map| serde_json::from_value::<TagMap>(map).ok()).unwrap_or_default();
    map.into_iter().filter(|(key, _)| !(hides && holds_email(key))).collect()
}

fn amount(text: &str) -> Result<Amount, Problem> {
    text.parse()
        .map_err(|_| Problem::new(ProblemKind::InternalError, "an amount cannot be read").with_cause(text.to_owned()))
}
