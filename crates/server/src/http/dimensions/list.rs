//! `GET /v1/dimensions`: what costs can be grouped and filtered by.

use axum::Json;
use axum::extract::RawQuery;
use serde::Serialize;
use store::snapshot::Dimension;
use utoipa::ToSchema;

use crate::http::access::CostReader;
use crate::http::answer::Links;
use crate::http::documentation::PlainProblems;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;

/// What costs can be grouped and filtered by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DimensionsAnswer {
    /// The dimensions. Beside them there is `tag:<key>` for each key that `/v1/tags` lists.
    data: Vec<DimensionDetail>,
    /// Where to go from here.
    links: Links,
}

/// A dimension.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DimensionDetail {
    /// The name in `group_by`, `filter[…]`, `exclude[…]` and `order_by`.
    #[schema(example = "model")]
    name: String,
    /// What it says of a line.
    #[schema(value_type = String, example = "Canonical model name.")]
    description: &'static str,
    /// Where to go from here: `values` lists those of the latest period.
    links: Links,
}

/// List dimensions
///
/// What costs can be grouped, filtered and ordered by.
#[utoipa::path(get, path = "/v1/dimensions", tag = "dimensions",
    responses((status = OK, description = "The dimensions", body = DimensionsAnswer), PlainProblems))]
pub(crate) async fn list_dimensions(
    _reader: CostReader,
    RawQuery(query): RawQuery,
) -> Result<Json<DimensionsAnswer>, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let detail = |dimension: &Dimension| DimensionDetail {
        name: dimension.to_string(),
        description: description(dimension),
        links: Links::default().and("values", format!("/v1/dimensions/{dimension}/values")),
    };
    let links = Links::to_self("/v1/dimensions").and("tags", "/v1/tags").and("costs", "/v1/costs");
    Ok(Json(DimensionsAnswer { data: Dimension::NAMED.iter().map(detail).collect(), links }))
}

fn description(dimension: &Dimension) -> &'static str {
    match dimension {
        Dimension::Payer => "The management account that is invoiced.",
        Dimension::Account => "The account that used.",
        Dimension::Region => "AWS region code.",
        Dimension::Team => "Id of the team that owns the line; `unattributed` where no rule claims it.",
        Dimension::Principal => "Opaque id of the caller.",
        Dimension::Identity => "What the caller is: `iam_user`, `assumed_role`, `sso_user`…",
        Dimension::Role => "Name of the caller's role.",
        Dimension::Session => "Name of the role session.",
        Dimension::Person => "The person behind the caller, where the bill says so.",
        Dimension::Provider => "Who makes the model.",
        Dimension::Model => "Canonical name of the model.",
        Dimension::TokenKind => "What was counted: `input`, `output`, `guardrail:…`",
        Dimension::Cache => "Prompt cache: `none`, `read`, `write`, `write_1h`…",
        Dimension::Tier => "`standard`, `batch`, `flex`, `priority`…",
        Dimension::Routing => "`in-region-or-geo`, `global`, `mantle/…`",
        Dimension::ChargeType => "`line_item_line_item_type`: `Usage`, `Credit`, `Tax`…",
        Dimension::BillingEntity => "`bill_billing_entity`: `AWS` or `AWS Marketplace`.",
        Dimension::Product => "Name of the product, or its code where the bill gives no name.",
        Dimension::UsageType => "`line_item_usage_type`, as billed.",
        Dimension::Operation => "`line_item_operation`.",
        Dimension::Invoice => "`bill_invoice_id`; not set until the month is final.",
        Dimension::Tag(_) => "A cost allocation tag of one view.",
    }
}
