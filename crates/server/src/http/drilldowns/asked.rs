use bill::BillingPeriod;
use bill::principal::Principal;
use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use store::snapshot::{Dimension, Filter, LineQuestion};
use utoipa::ToSchema;

use crate::http::documentation::{day_schema, period_schema};
use crate::http::problem::{Problem, ProblemKind};

/// The question of a drill-down. What is not said lets every line pass; null stands for lines on which it is not set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DrilldownQuestion)]
pub(crate) struct Asked {
    /// The billing period.
    #[schema(schema_with = period_schema, required = true)]
    pub(crate) period: BillingPeriod,
    /// The export. Where one export alone has the period, it need not be said.
    #[schema(
        required = false,
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "payer"
    )]
    pub(crate) export: String,
    /// The id of a principal, as costs grouped by `principal` show it, or its ARN.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "prn_0f2c1e4ab9d38c7765aa")]
    pub(crate) principal: Option<Option<String>>,
    /// The account that used.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "123456789012")]
    pub(crate) account: Option<Option<String>>,
    /// The usage type as billed.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "USE1-Claude4.6Sonnet-input-tokens")]
    pub(crate) usage_type: Option<Option<String>>,
    /// The line item type.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "Usage")]
    pub(crate) charge_type: Option<Option<String>>,
    /// The day of use, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = day_schema, required = false)]
    pub(crate) day: Option<NaiveDate>,
    /// A tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) tag: Option<AskedTag>,
}

/// A tag and the value that is asked for; null stands for lines that do not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DrilldownTag)]
pub(crate) struct AskedTag {
    /// The key, in the words of `tag:…`: `cost-center`, `resourceTags/…`, `resource_tags/…`
    #[schema(value_type = String, min_length = 1, max_length = 640, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "cost-center")]
    pub(crate) key: String,
    /// The value.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(
        required = true,
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "12345"
    )]
    pub(crate) value: Option<String>,
}

/// A field that is given, even as null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Asked {
    /// What was kept.
    ///
    /// # Errors
    /// Where that is not what is kept here.
    pub(super) fn read_back(question: &Value) -> Result<Self, Problem> {
        serde_json::from_value(question.clone()).map_err(|error| {
            Problem::new(ProblemKind::InternalError, "the question of the drill-down cannot be read")
                .with_cause(error.to_string())
        })
    }

    /// As the store is asked.
    pub(super) fn question(&self) -> LineQuestion {
        let mut filters = Vec::new();
        let mut ask = |dimension, value: &Option<Option<String>>| {
            if let Some(value) = value {
                filters.push(Filter { dimension, values: vec![value.clone()], exclude: false, alternative: false });
            }
        };
        ask(Dimension::Principal, &self.principal.as_ref().map(|text| text.as_deref().map(principal_id)));
        ask(Dimension::Account, &self.account);
        ask(Dimension::UsageType, &self.usage_type);
        ask(Dimension::ChargeType, &self.charge_type);
        // The key was read before it was kept.
        if let Some((key, value)) = self.tag.as_ref().and_then(|tag| Some((tag.key.parse().ok()?, tag.value.clone()))) {
            ask(Dimension::Tag(key), &Some(value));
        }
        LineQuestion { period: self.period, day: self.day, filters }
    }
}

/// People have ARNs at hand; the id of a principal is derived from its ARN.
fn principal_id(text: &str) -> String {
    let of_arn = Some(text).filter(|text| text.starts_with("arn:")).and_then(|arn| Principal::parse(Some(arn)));
    of_arn.map_or_else(|| text.to_owned(), |principal| principal.id)
}
