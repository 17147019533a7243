//! `GET /v1/periods/{period}`: every version of a period, how fresh it is, and the whole bill that it must add up to.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::snapshot::{CostBasis, LoadVersion, Snapshot};
use utoipa::ToSchema;

use super::list::whole_periods;
use super::versions::{BillPart, Version};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, Links, Meta, MetaContext, Told, control, totals};
use crate::http::documentation::{FormatParameter, FormatProblems, PeriodInPath, PeriodProblems};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Echo, ReportQuery, parse_period};
use crate::http::problem::Problem;
use crate::http::resolve::not_loaded;

/// A line for each version; what did not tie out is one column, as JSON.
const TABLE: Table = Table {
    columns: &[
        "export",
        "period",
        "version",
        "state",
        "manifest_identity",
        "manifest_written_at",
        "started_at",
        "finished_at",
        "failure",
        "differences",
        "line_items",
        "rows_kept",
        "first_usage_date",
        "last_usage_date",
        "has_net_unblended",
        "invoiced",
    ],
    decimals: &[],
    each: None,
};

/// One billing period, whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodAnswer {
    /// The period.
    data: PeriodDetail,
    /// What the answer says about itself. Costs are unblended.
    meta: Meta,
    /// The control figures of the period.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// A billing period with its history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodDetail {
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// How far it has come: `open` or `provisional`; null where no version has been published.
    #[schema(value_type = Option<String>, example = "provisional")]
    status: Option<&'static str>,
    /// How fresh the version of each export is that is served.
    freshness: Vec<Freshness>,
    /// Every version in whatever state, the newest first. A caller who may see a part of the bill hears of the versions that
    /// are served, which are the same for every caller.
    versions: Vec<Version>,
    /// The whole bill by invoice, billing entity, charge type and currency, Bedrock or not; null where the caller may see a
    /// part of it.
    bill_totals: Option<Vec<BillPart>>,
}

/// How fresh a version is.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Freshness {
    /// The name of the export.
    #[schema(example = "bedrock-cur2")]
    export: String,
    /// The version that is served.
    #[schema(example = 2)]
    version: i32,
    /// When AWS wrote its manifest.
    manifest_written_at: DateTime<Utc>,
    /// When it was made current here.
    refreshed_at: Option<DateTime<Utc>>,
    /// How long ago AWS wrote it.
    #[schema(example = 3600)]
    age_seconds: i64,
}

/// Get a billing period
///
/// All its versions with what failed and why, how fresh it is, its control figures, and the whole bill by invoice, billing
/// entity, charge type and currency. In CSV it is the versions, a line each; the rest is JSON's alone.
#[utoipa::path(get, path = "/v1/periods/{period}", tag = "periods",
    params(PeriodInPath, FormatParameter),
    responses((status = OK, description = "The period", content(
                  (PeriodAnswer = "application/json"), (String = "text/csv"))),
              PeriodProblems, FormatProblems))]
pub(crate) async fn get_period(
    State(state): State<SharedState>,
    reader: CostReader,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let Path(text) = path?;
    let period = parse_period("period", &text)?;
    let mut snapshot = reader.snapshot().await?;
    let versions = versions(&mut snapshot, period).await?;

    let bill_totals = snapshot.bill_totals(period).await?;
    let totals = totals(&mut snapshot, &whole_periods(vec![period])).await?;
    let control = control(&mut snapshot, &[period], CostBasis::Unblended).await?;
    let served = snapshot.periods().contains(&period);
    let data = PeriodDetail {
        period,
        status: served.then(|| snapshot.period_status(period, state.today()).as_str()),
        freshness: freshness(&snapshot, period, state.clock.now()),
        versions,
        bill_totals: bill_totals.map(|totals| totals.into_iter().map(BillPart::from).collect()),
    };
    let served_periods: &[BillingPeriod] = if served { &[period] } else { &[] };
    let context = MetaContext {
        periods: served_periods,
        cost: CostBasis::Unblended,
        today: state.today(),
        query: Echo::default(),
    };
    let meta = Meta::new(&mut snapshot, context, totals, data.versions.len()).await?;
    let links = Links::to_self(format!("/v1/periods/{period}"))
        .and("costs", format!("/v1/costs?period={period}"))
        .and("periods", "/v1/periods");
    if format == Format::Csv {
        let told = Told::of(&meta, &control, &links).headers();
        return TABLE.answer(&format!("versions-{period}"), &data.versions, told);
    }
    Ok(([(header::VARY, "accept")], Json(PeriodAnswer { data, meta, control, links })).into_response())
}

async fn versions(snapshot: &mut Snapshot, period: BillingPeriod) -> Result<Vec<Version>, Problem> {
    let versions = snapshot.load_versions(period).await?;
    if versions.is_empty() {
        return Err(not_loaded("period", format!("no data is loaded for {period}"), snapshot.periods()));
    }
    Ok(versions.into_iter().map(Version::from).collect())
}

fn freshness(snapshot: &Snapshot, period: BillingPeriod, now: DateTime<Utc>) -> Vec<Freshness> {
    let loads = snapshot.current_loads().filter(|load| load.period == period);
    loads.map(|load| freshness_of(load, now)).collect()
}

fn freshness_of(load: &LoadVersion, now: DateTime<Utc>) -> Freshness {
    Freshness {
        export: load.export.clone(),
        version: load.version,
        manifest_written_at: load.manifest_written_at,
        refreshed_at: load.finished_at,
        // A manifest from the future is a clock that runs ahead: it is new.
        age_seconds: (now - load.manifest_written_at).num_seconds().max(0),
    }
}
