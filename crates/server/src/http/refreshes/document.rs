use bill::{Amount, BillingPeriod};
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::refreshes::{CurrencyTotal, RefreshPart, RefreshRecord};
use utoipa::ToSchema;
use uuid::Uuid;

use super::path_of;
use crate::http::answer::Links;
use crate::refresh::Step;

/// A refresh.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refresh {
    /// The id, in paths and in the audit log.
    #[schema(value_type = String, example = "019f3b2a-6d77-7c0e-9f5c-6f3f1c1a2b3c")]
    id: Uuid,
    /// `queued`, `running`, `succeeded`, `failed`, or `abandoned`: the process that did it has ended, and it is taken up again.
    #[schema(value_type = String, example = "running")]
    state: &'static str,
    /// What it was asked for by: `start` of an instance, `schedule`, a `caller`, or the `command_line`.
    #[schema(value_type = String, example = "caller")]
    occasion: &'static str,
    /// Who asked, as the audit log names them; null where the service itself did.
    requested_by: Option<String>,
    /// Only these billing periods; all that the exports hold where empty.
    #[schema(value_type = Vec<String>, example = json!(["2026-10"]))]
    periods: Vec<BillingPeriod>,
    /// Whether what has not changed is read again.
    force: bool,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it was first taken up.
    started_at: Option<DateTime<Utc>>,
    /// When it was over.
    finished_at: Option<DateTime<Utc>>,
    /// How often it was taken up: more than once where a process ended before the refresh did.
    attempts: i32,
    /// How far it is.
    progress: Progress,
    /// Why it failed: the first sentence of those in `parts`. Null where the caller does not see the whole bill.
    failure: Option<String>,
    /// Bytes that its queries have read, as far as engines say so.
    scanned_bytes: i64,
    /// What its queries cost, in US dollars.
    #[schema(value_type = String, example = "0.00015")]
    price: Amount,
    /// The currency of the price.
    #[schema(value_type = String, example = "USD")]
    price_currency: &'static str,
    /// What it does to each period of each export.
    parts: Vec<Part>,
    /// Where to go from here.
    links: Links,
}

/// How far a refresh is.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = RefreshProgress)]
pub(crate) struct Progress {
    /// Periods that are over.
    #[schema(example = 2)]
    parts_done: usize,
    /// Periods that are known so far to be looked at.
    #[schema(example = 9)]
    parts: usize,
    /// The export that is being read.
    export: Option<String>,
    /// The billing period that is being read.
    #[schema(value_type = Option<String>, example = "2026-10")]
    period: Option<BillingPeriod>,
    /// The step that is being done.
    #[schema(example = "reading daily cost")]
    step: Option<String>,
    /// Its number …
    #[schema(example = 3)]
    step_number: Option<usize>,
    /// … of so many.
    #[schema(example = 6)]
    steps: usize,
    /// Rows of the answer that have been read.
    rows: i64,
}

/// What a refresh does to one period of one export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefreshPart)]
pub(crate) struct Part {
    /// The name of the export.
    #[schema(example = "bedrock-cur2")]
    export: String,
    /// The billing period; null where the export as a whole could not be read.
    #[schema(value_type = Option<String>, example = "2026-10")]
    period: Option<BillingPeriod>,
    /// What puts the questions: `embedded` or `athena`.
    #[schema(example = "embedded")]
    engine: Option<String>,
    /// The step that was begun last; null where there was nothing to read.
    #[schema(example = "checking against the control totals")]
    step: Option<String>,
    /// Rows of the answer that have been read.
    rows: i64,
    /// `published`, `unchanged` or `failed`; null while it is not over.
    #[schema(example = "published")]
    result: Option<String>,
    /// The result as a sentence; null where the caller does not see the whole bill, which it may quote.
    message: Option<String>,
    /// The version that was published, or that is what the export holds.
    version: Option<i32>,
    /// Bedrock lines of the bill that were counted in; null where the caller does not see the whole bill.
    line_items: Option<i64>,
    /// Rows kept; null where the caller does not see the whole bill.
    rows_kept: Option<i64>,
    /// What the control question counted; empty where the caller does not see the whole bill.
    totals: Vec<Total>,
    /// When AWS wrote the manifest that was found.
    manifest_written_at: Option<DateTime<Utc>>,
    /// Bytes that its queries have read, where the engine says so.
    scanned_bytes: Option<i64>,
    /// What its queries cost, in US dollars; null where nothing is charged.
    #[schema(value_type = Option<String>, example = "0.00005")]
    price: Option<Amount>,
    /// When its first step began.
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    finished_at: Option<DateTime<Utc>>,
}

/// What the bill of a period comes to in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefreshTotal)]
pub(crate) struct Total {
    /// The currency.
    #[schema(example = "USD")]
    currency: String,
    /// The whole bill.
    #[schema(value_type = String, example = "5120.33")]
    bill_total: Amount,
    /// Amazon Bedrock's share.
    #[schema(value_type = String, example = "612.5")]
    bedrock_total: Amount,
}

impl Refresh {
    /// As somebody sees it who sees the whole bill, or does not.
    pub(super) fn new(record: RefreshRecord, whole_bill: bool) -> Self {
        let path = path_of(record.refresh_id);
        let progress = Progress::of(&record);
        let failed = record.parts.iter().find(|part| part.result.as_deref() == Some("failed"));
        Self {
            id: record.refresh_id,
            state: record.state.as_str(),
            occasion: record.occasion.as_str(),
            requested_by: record.requested_by,
            periods: record.periods.into_iter().collect(),
            force: record.force,
            created_at: record.created_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            attempts: record.attempts,
            progress,
            failure: failed.filter(|_| whole_bill).and_then(|part| part.message.clone()),
            scanned_bytes: record.parts.iter().filter_map(|part| part.scanned_bytes).sum(),
            price: record.parts.iter().filter_map(|part| part.price).sum(),
            price_currency: "USD",
            parts: record.parts.into_iter().map(|part| Part::new(part, whole_bill)).collect(),
            links: Links::to_self(path),
        }
    }
}

impl Progress {
    fn of(record: &RefreshRecord) -> Self {
        let parts_done = record.parts.iter().filter(|part| part.result.is_some()).count();
        let under_way = record.parts.iter().find(|part| part.result.is_none() && part.step.is_some());
        let step = under_way.and_then(|part| part.step.clone());
        let is_step = |text: &String| Step::ALL.iter().position(|step| step.as_str() == text);
        Self {
            parts_done,
            parts: record.parts.len(),
            export: under_way.map(|part| part.export.clone()),
            period: under_way.and_then(|part| part.period),
            step_number: step.as_ref().and_then(is_step).map(|index| index + 1),
            step,
            steps: Step::ALL.len(),
            rows: under_way.map(|part| part.rows).unwrap_or_default(),
        }
    }
}

impl Part {
    fn new(part: RefreshPart, whole_bill: bool) -> Self {
        let totals = part.totals.into_iter().filter(|_| whole_bill).map(Total::from).collect();
        Self {
            export: part.export,
            period: part.period,
            engine: part.engine,
            step: part.step,
            rows: part.rows,
            result: part.result,
            message: part.message.filter(|_| whole_bill),
            version: part.version,
            line_items: part.line_items.filter(|_| whole_bill),
            rows_kept: part.fact_rows.filter(|_| whole_bill),
            totals,
            manifest_written_at: part.manifest_written_at,
            scanned_bytes: part.scanned_bytes,
            price: part.price,
            started_at: part.started_at,
            finished_at: part.finished_at,
        }
    }
}

impl From<CurrencyTotal> for Total {
    fn from(total: CurrencyTotal) -> Self {
        Self { currency: total.currency, bill_total: total.bill_total, bedrock_total: total.bedrock_total }
    }
}

/// One refresh.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefreshAnswer {
    /// The refresh.
    data: Refresh,
    /// Where to go from here.
    links: Links,
}

impl RefreshAnswer {
    pub(super) fn new(record: RefreshRecord, whole_bill: bool) -> Self {
        let links = Links::to_self(path_of(record.refresh_id))
            .and("refreshes", super::PATH)
            .and("queries", "/v1/queries")
            .and("status", "/v1/status");
        Self { data: Refresh::new(record, whole_bill), links }
    }
}
