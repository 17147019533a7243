//! `GET /v1/queries`: what was asked of engines, and what the service itself costs.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bill::{Amount, BillingPeriod};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use store::queries::{QueryDay, QueryRecord};
use utoipa::ToSchema;
use uuid::Uuid;

use super::SharedState;
use super::access::RefreshRunner;
use super::answer::Links;
use super::cursor::CursorQuestion;
use super::documentation::{FormatParameter, FormatProblems, PageParameters, RefreshListProblems};
use super::format::Format;
use super::format::table::Table;
use super::grammar::{Accepted, Echo, Faults, Parameters, read_format};
use super::keys::NO_STORE;
use super::page::Page;
use super::problem::Problem;
use super::refreshes::sees_the_whole_bill;

const PATH: &str = "/v1/queries";
const PARAMETERS: Accepted = Accepted { single: &["limit", "cursor", "format"], list: &[], bracketed: &[] };
/// Over how many days totals are given.
const TOTALLED_DAYS: i64 = 31;

/// A line each.
const TABLE: Table = Table {
    columns: &[
        "engine",
        "execution_id",
        "refresh",
        "question",
        "fingerprint",
        "export",
        "period",
        "state",
        "failure",
        "scanned_bytes",
        "price",
        "price_currency",
        "queued_ms",
        "ran_ms",
        "rows",
        "started_at",
        "ended_at",
    ],
    decimals: &["price"],
    each: None,
};

/// Queries, newest first, and what they came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueriesAnswer {
    /// The queries of this page.
    data: Vec<Query>,
    /// What the queries of the last 31 days (UTC) came to, the latest day first: of all of them, not of this page. A query
    /// belongs to the day on which it ended.
    totals: Vec<DayTotal>,
    /// Where to go from here; `next`, where there are older ones.
    links: Links,
}

/// A query that was put to an engine.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EngineQuery)]
pub(crate) struct Query {
    /// What ran it: `embedded` or `athena`.
    #[schema(example = "athena")]
    engine: String,
    /// The id under which the engine runs it. A query that a restarted process picks up again stays one.
    #[schema(example = "a1b2c3d4-5678-90ab-cdef-1234567890ab")]
    execution_id: String,
    /// The refresh that put it, where one did and is still kept.
    #[schema(value_type = Option<String>)]
    refresh: Option<Uuid>,
    /// The name of the question: that of its file in `sql/`.
    #[schema(example = "daily_cost")]
    question: String,
    /// SHA-256 of its text.
    fingerprint: String,
    /// The export that was asked.
    #[schema(example = "bedrock-cur2")]
    export: String,
    /// The billing period that was asked.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// `running`, `succeeded`, `failed`, or `interrupted`: its process ended before it did.
    #[schema(example = "succeeded")]
    state: String,
    /// Why it failed; null where the caller does not see the whole bill, which it may quote.
    failure: Option<String>,
    /// Bytes read, where the engine says so.
    scanned_bytes: Option<i64>,
    /// What it cost; null where the engine charges nothing, or it is not known yet.
    #[schema(value_type = Option<String>, example = "0.00005")]
    price: Option<Amount>,
    /// The currency of the price.
    #[schema(example = "USD")]
    price_currency: String,
    /// How long it waited before it ran, in milliseconds.
    queued_ms: Option<i64>,
    /// How long it ran, in milliseconds.
    ran_ms: Option<i64>,
    /// Rows fetched; null where the caller does not see the whole bill.
    rows: Option<i64>,
    /// When it was first started.
    started_at: DateTime<Utc>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
}

/// What the queries of a day came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueryDayTotal)]
pub(crate) struct DayTotal {
    /// The day (UTC).
    #[schema(value_type = String, format = Date, example = "2026-11-05")]
    day: NaiveDate,
    /// What ran them.
    #[schema(example = "athena")]
    engine: String,
    /// How many.
    queries: i64,
    /// Bytes read, as far as the engine says so.
    scanned_bytes: i64,
    /// What they cost.
    #[schema(value_type = String, example = "0.00015")]
    price: Amount,
    /// The currency of the price.
    #[schema(example = "USD")]
    price_currency: String,
}

impl Query {
    fn new(query: QueryRecord, whole_bill: bool) -> Self {
        Self {
            engine: query.engine,
            execution_id: query.execution_id,
            refresh: query.refresh_id,
            question: query.question,
            fingerprint: query.fingerprint,
            export: query.export,
            period: query.period,
            state: query.state,
            failure: query.failure.filter(|_| whole_bill),
            scanned_bytes: query.scanned_bytes,
            price: query.price,
            price_currency: query.currency,
            queued_ms: query.queued_ms,
            ran_ms: query.ran_ms,
            rows: query.rows.filter(|_| whole_bill),
            started_at: query.started_at,
            ended_at: query.ended_at,
        }
    }
}

impl From<QueryDay> for DayTotal {
    fn from(day: QueryDay) -> Self {
        Self {
            day: day.day,
            engine: day.engine,
            queries: day.queries,
            scanned_bytes: day.scanned_bytes,
            price: day.price,
            price_currency: day.currency,
        }
    }
}

/// List queries
///
/// Every query that was put to an engine, newest first, and what they came to by day: what the service itself costs. The
/// values of their parameters are not shown; they may be persons.
#[utoipa::path(get, path = "/v1/queries", tag = "refreshes",
    params(PageParameters, FormatParameter),
    responses((status = OK, description = "The queries", content(
                  (QueriesAnswer = "application/json"), (String = "text/csv"))),
              RefreshListProblems, FormatProblems))]
pub(crate) async fn list_queries(
    State(state): State<SharedState>,
    RefreshRunner(admitted): RefreshRunner,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let page = Page::read(&parameters, CursorQuestion::new(PATH, &[], &admitted.extent), &mut faults);
    let named = read_format(&parameters, &Format::TABULAR, &mut faults);
    let page = faults.none_or(page)?;
    let format = Format::choose(named, &headers, &Format::TABULAR)?;
    let before = page.after.and_then(|position| i64::try_from(position).ok());
    let mut queries = state.store.queries(before, page.rows()).await?;
    let position = |query: &QueryRecord| u128::try_from(query.query_id).unwrap_or_default();
    let filters = Echo::default().in_format(named);
    let links = page.cut(PATH, &filters, &mut queries, position).and("refreshes", "/v1/refreshes");
    let first_day = state.today() - TimeDelta::days(TOTALLED_DAYS - 1);
    let totals = state.store.query_days(first_day).await?.into_iter().map(DayTotal::from).collect();
    let whole_bill = sees_the_whole_bill(&state, &admitted.caller);
    let data: Vec<Query> = queries.into_iter().map(|query| Query::new(query, whole_bill)).collect();
    if format == Format::Csv {
        return Ok((NO_STORE, TABLE.answer("queries", &data, links.header_of("next"))?).into_response());
    }
    Ok((NO_STORE, Json(QueriesAnswer { data, totals, links })).into_response())
}
