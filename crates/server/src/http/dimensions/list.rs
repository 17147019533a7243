//! `GET /v1/dimensions`: what costs can be grouped and filtered by.

use axum::Json;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::snapshot::Dimension;
use utoipa::ToSchema;

use crate::http::access::CostReader;
use crate::http::answer::Links;
use crate::http::documentation::{DimensionListProblems, FormatParameter, FormatProblems};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;

/// A line each.
const TABLE: Table = Table { columns: &["name", "description"], decimals: &[], each: None };

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
#[utoipa::path(get, path = "/v1/dimensions", tag = "dimensions", params(FormatParameter),
    responses((status = OK, description = "The dimensions", content(
                  (DimensionsAnswer = "application/json"), (String = "text/csv"))),
              DimensionListProblems, FormatProblems))]
pub(crate) async fn list_dimensions(
    _reader: CostReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let detail = |dimension: &Dimension| DimensionDetail {
        name: dimension.to_string(),
        description: description(dimension),
        links: Links::default().and("values", format!("/v1/dimensions/{dimension}/values")),
    };
    let links = Links::to_self("/v1/dimensions").and("tags", "/v1/tags").and("costs", "/v1/costs");
    let data: Vec<DimensionDetail> = Dimension::NAMED.iter().map(detail).collect();
    if format == Format::Csv {
        return TABLE.answer("dimensions", &data, HeaderMap::new());
    }
    Ok(([(header::VARY, "accept")], Json(DimensionsAnswer { data, links })).into_response())
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
