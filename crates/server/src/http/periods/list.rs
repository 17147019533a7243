//! `GET /v1/periods`: the billing periods that are served.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::snapshot::{CostBasis, CostQuestion, CostRow, Granularity, LoadVersion, Scope, Snapshot};
use utoipa::ToSchema;

use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, Figures, Links, Meta, MetaContext, Told, control, totals};
use crate::http::conditional::Versioned;
use crate::http::documentation::{FormatParameter, FormatProblems, NotModified, PeriodListProblems};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Echo, ReportQuery};
use crate::http::problem::Problem;

/// All periods that are served.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodsAnswer {
    /// The periods, the latest first.
    data: Vec<PeriodSummary>,
    /// What the answer says about itself. Costs are unblended.
    meta: Meta,
    /// The control figures of all periods.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// A line for each currency.
const TABLE: Table = Table {
    columns: &[
        "period",
        "status",
        "exports",
        "totals.cost",
        "totals.currency",
        "totals.tokens.input",
        "totals.tokens.output",
        "totals.tokens.cache_read",
        "totals.tokens.cache_write",
        "totals.line_items",
    ],
    decimals: &["totals.cost"],
    each: Some("totals"),
};

/// A billing period in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodSummary {
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// How far it has come: `open` or `provisional`. That a period is served, how far it has come and since when are the same
    /// for every caller.
    #[schema(value_type = String, example = "provisional")]
    status: &'static str,
    /// The exports that it is made of, and the version of each that is served: the same for every caller.
    exports: Vec<ServedExport>,
    /// What Bedrock comes to in each currency, unblended.
    totals: Vec<Figures>,
    /// Where to go from here.
    links: Links,
}

/// The version of one export that is served.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ServedExport {
    /// The name of the export.
    #[schema(example = "bedrock-cur2")]
    export: String,
    /// The version that is served.
    #[schema(example = 2)]
    version: i32,
    /// When AWS wrote its manifest.
    manifest_written_at: DateTime<Utc>,
    /// When it was made current.
    published_at: Option<DateTime<Utc>>,
    /// Lines of the bill that are in it, Bedrock only; null where the caller may see a part of the bill.
    line_items: Option<i64>,
}

impl From<&LoadVersion> for ServedExport {
    fn from(load: &LoadVersion) -> Self {
        Self {
            export: load.export.clone(),
            version: load.version,
            manifest_written_at: load.manifest_written_at,
            published_at: load.finished_at,
            line_items: load.line_items,
        }
    }
}

/// List billing periods
///
/// Every period that is served: its status, the version of each export, what Bedrock comes to, and the control figures.
#[utoipa::path(get, path = "/v1/periods", tag = "periods", params(FormatParameter),
    responses((status = OK, description = "The periods", content(
                  (PeriodsAnswer = "application/json"), (String = "text/csv"))),
              NotModified, PeriodListProblems, FormatProblems))]
pub(crate) async fn list_periods(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let mut snapshot = reader.snapshot().await?;
    let periods = snapshot.periods().to_vec();
    let question = whole_periods(periods.clone());
    let rows = snapshot.costs(&CostQuestion { granularity: Granularity::Monthly, ..question.clone() }).await?;
    let totals = totals(&mut snapshot, &question).await?;
    let control = control(&mut snapshot, &periods, CostBasis::Unblended).await?;

    let summary = |period: &BillingPeriod| summary(&snapshot, *period, &rows, state.today());
    let data: Vec<PeriodSummary> = periods.iter().rev().map(summary).collect();
    let context =
        MetaContext { periods: &periods, cost: CostBasis::Unblended, today: state.today(), query: Echo::default() };
    let meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    let links = Links::to_self("/v1/periods").and("costs", "/v1/costs").and("status", "/v1/status");
    if format == Format::Csv {
        return Told::of(&meta, &control, &links).above(&TABLE, "periods", &data, &snapshot);
    }
    Ok(Versioned::of(&snapshot, PeriodsAnswer { data, meta, control, links }).into_response())
}

/// The question about everything that was billed for Bedrock in these periods.
pub(super) fn whole_periods(periods: Vec<BillingPeriod>) -> CostQuestion {
    CostQuestion {
        scope: Scope::Periods(periods),
        granularity: Granularity::Total,
        group_by: Vec::new(),
        filters: Vec::new(),
        cost: CostBasis::Unblended,
        order_by: None,
    }
}

fn summary(snapshot: &Snapshot, period: BillingPeriod, rows: &[CostRow], today: chrono::NaiveDate) -> PeriodSummary {
    let of_period = rows.iter().filter(|row| row.period == Some(period));
    PeriodSummary {
        period,
        status: snapshot.period_status(period, today).as_str(),
        exports: snapshot.current_loads().filter(|load| load.period == period).map(ServedExport::from).collect(),
        totals: of_period.cloned().map(Figures::from).collect(),
        links: Links::to_self(format!("/v1/periods/{period}")).and("costs", format!("/v1/costs?period={period}")),
    }
}
