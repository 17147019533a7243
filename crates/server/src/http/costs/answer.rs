//! The answer to a question about costs, whichever way it was put.

use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use serde::Serialize;
use store::snapshot::{Arrangement, CostQuestion, Scope, Snapshot};
use utoipa::ToSchema;

use super::paging::{Page, link, page_version};
use crate::http::ApiState;
use crate::http::access::CostReader;
use crate::http::answer::{
    ComparedWith, ControlFigures, CostRows, Links, Meta, MetaContext, Row, control, totals, ungrouped,
};
use crate::http::conditional::Versioned;
use crate::http::export::Export;
use crate::http::format::Format;
use crate::http::grammar::{AskedPage, CostsQuery, Echo, Fault};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::resolve::{resolve, resolve_comparison};

/// Costs, what they come to, and the control figures that they belong to: all of one data version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostsAnswer {
    /// The rows, in the order asked. They add up to `meta.totals`, or the rows of all pages do.
    #[schema(value_type = Vec<Row>)]
    data: CostRows,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of each billing period that the answer is about, whatever was filtered for.
    control: Vec<ControlFigures>,
    /// Where to go from here; `next`, where there is another page.
    links: Links,
}

impl CostsAnswer {
    /// The header that leads to the next page.
    fn next_page(&self) -> HeaderMap {
        self.links.header_of("next")
    }
}

/// How a question is put.
pub(super) struct Asking<'r> {
    /// By HEAD nothing is sent.
    pub(super) method: &'r Method,
    /// What is accepted.
    pub(super) headers: &'r HeaderMap,
}

/// Answers a question.
///
/// # Errors
/// Where it is about what is not loaded, not to be seen by this reader, too large, of another data version, or in no format
/// that is accepted.
pub(super) async fn answer(
    state: &ApiState,
    reader: CostReader,
    asked: CostsQuery,
    asking: &Asking<'_>,
) -> Result<Response, Problem> {
    let format = Format::choose(asked.format, asking.headers, &Format::ALL)?;
    if format != Format::Json {
        require_whole(asked.arrangement.page.as_ref())?;
    }
    let reader = reader.revealing(asked.reveal)?;
    let mut snapshot = match page_version(asked.arrangement.page.as_ref()) {
        Some(version) => reader.snapshot_of_page(Some(version)).await?,
        None => reader.snapshot_as_of(asked.as_of).await?,
    };
    let (scope, mut periods) = resolve(&asked.scope, &mut snapshot).await?;
    let (reveal, as_of, arranged) = (asked.reveal, asked.as_of, asked.arrangement.clone());
    let question = asked.about(scope);
    let (top, compare) = (arranged.top, arranged.compare);
    let compare = compare.map(|compare| resolve_comparison(compare, &periods, &snapshot)).transpose()?;
    let echo = Echo::of(&question).arranged(top, compare).of_version(as_of).revealing(reveal);
    let page = arranged.page.map(|page| Page::of(page, &echo, &snapshot)).transpose()?;

    let arrangement = Arrangement { top, compare, slice: page.as_ref().map(Page::slice) };
    let mut rows = match format {
        Format::Json => snapshot.arranged_costs(&question, &arrangement).await?,
        // Sent as they are read.
        Format::Csv | Format::Ndjson | Format::Parquet => Vec::new(),
    };
    let next = page.as_ref().and_then(|page| page.cut(&mut rows));
    let data = Row::arranged(rows, &question.group_by);
    let totals = totals(&mut snapshot, &question).await?;
    let compared = compared_with(compare, &question, &mut snapshot).await?;
    periods.extend(compare);
    periods.sort_unstable();
    let control = control(&mut snapshot, &periods, question.cost).await?;

    let query = page.as_ref().map_or_else(|| echo.clone(), |page| page.echo(&echo));
    let links = link(Links::default(), "self", &query).and("periods", "/v1/periods").and("teams", "/v1/teams");
    let links = page.map_or_else(|| links.clone(), |page| page.links(links.clone(), &echo, next.as_deref()));
    let context = MetaContext { periods: &periods, cost: question.cost, today: state.today(), query };
    let mut meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    meta = meta.with_next_cursor(next).with_comparison(compared);
    if matches!(question.scope, Scope::UsageDates { .. }) {
        meta = meta.with_note(
            "Lines were chosen by usage date in whichever period they are billed; `control` is about whole billing periods.",
        );
        if let Some(note) = months_not_loaded(&question.scope, snapshot.periods()) {
            meta = meta.with_note(note);
        }
    }
    if format == Format::Json {
        let answer = CostsAnswer { data, meta, control, links };
        return Ok((answer.next_page(), Versioned::of(&snapshot, answer)).into_response());
    }
    let undivided = Echo::of(&ungrouped(&question)).arranged(None, compare).of_version(as_of).revealing(reveal);
    let described = link(Links::default(), "describedby", &undivided);
    let described_by = described.get("describedby");
    let export = Export { snapshot, question, arrangement, format, meta: &meta, control: &control, described_by };
    export.answer(asking.method, &state.limits).await
}

/// A table has all rows: a part of it would look like the whole.
fn require_whole(page: Option<&AskedPage>) -> Result<(), Fault> {
    let Some(page) = page else { return Ok(()) };
    let name = if page.cursor.is_some() { "cursor" } else { "limit" };
    let detail = format!("a table has no pages: leave `{name}` out, or ask for JSON");
    Err(Fault::new(ProblemKind::ConflictingParameters, name, detail))
}

/// What the same question comes to in the other period.
async fn compared_with(
    period: Option<BillingPeriod>,
    question: &CostQuestion,
    snapshot: &mut Snapshot,
) -> Result<Option<ComparedWith>, Problem> {
    let Some(period) = period else { return Ok(None) };
    let question = CostQuestion { scope: Scope::Periods(vec![period]), ..question.clone() };
    Ok(Some(ComparedWith { period, totals: totals(snapshot, &question).await? }))
}

/// An answer over days must not look as if it were about months that nobody has read.
fn months_not_loaded(scope: &Scope, loaded: &[BillingPeriod]) -> Option<String> {
    let Scope::UsageDates { start, end } = scope else { return None };
    let months = std::iter::successors(Some(BillingPeriod::containing(*start)), |month| Some(month.next()));
    let missing: Vec<String> = months
        .take_while(|month| month.first_day() < *end)
        .filter(|month| !loaded.contains(month))
        .take(24)
        .map(|month| month.to_string())
        .collect();
    (!missing.is_empty()).then(|| format!("Not loaded, and therefore not counted: {}.", missing.join(", ")))
}
