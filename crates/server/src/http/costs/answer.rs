//! The answer to a question about costs, whichever way it was put.

use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use chrono::NaiveDate;
use serde::Serialize;
use store::snapshot::{Arrangement, AsOf, CostQuestion, Scope, Snapshot};
use utoipa::ToSchema;

use super::paging::{Page, link, page_version};
use crate::http::SharedState;
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
    state: &SharedState,
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
        Some(version) => reader.snapshot_of_page(version, asked.as_of).await?,
        None => reader.snapshot_as_of(asked.as_of).await?,
    };
    if format != Format::Json {
        let export = export(snapshot, asked, format, state.today()).await?;
        return export.answer(asking.method, &state.limits).await;
    }
    let page = asked.arrangement.page.clone();
    let mut understood = Understood::new(asked, &mut snapshot).await?;
    let echo = understood.echo();
    let page = page.map(|page| Page::of(page, &echo, &snapshot)).transpose()?;
    understood.arrangement.slice = page.as_ref().map(Page::slice);
    let mut rows = snapshot.arranged_costs(&understood.question, &understood.arrangement).await?;
    let next = page.as_ref().and_then(|page| page.cut(&mut rows));
    let data = Row::arranged(rows, &understood.question.group_by);

    let query = page.as_ref().map_or_else(|| echo.clone(), |page| page.echo(&echo));
    let links = link(Links::default(), "self", &query).and("periods", "/v1/periods").and_as_of(
        "teams",
        "/v1/teams",
        understood.as_of,
    );
    let links = page.map_or_else(|| links.clone(), |page| page.links(links.clone(), &echo, next.as_deref()));
    let (meta, control) = understood.said(&mut snapshot, query, data.len(), state.today()).await?;
    let answer = CostsAnswer { data, meta: meta.with_next_cursor(next), control, links };
    Ok((answer.next_page(), Versioned::of(&snapshot, answer)).into_response())
}

/// The rows of a question alone, all of them, in a format that has no room for more.
///
/// # Errors
/// Where it is about what is not loaded, or the database fails.
pub(crate) async fn export(
    mut snapshot: Snapshot,
    asked: CostsQuery,
    format: Format,
    today: NaiveDate,
) -> Result<Export, Problem> {
    let understood = Understood::new(asked, &mut snapshot).await?;
    let (meta, control) = understood.said(&mut snapshot, understood.echo(), 0, today).await?;
    let described = link(Links::default(), "describedby", &understood.undivided());
    let described_by = described.get("describedby").map(str::to_owned);
    let Understood { question, arrangement, .. } = understood;
    Ok(Export { snapshot, question, arrangement, format, meta, control, described_by })
}

/// The question as it is understood, in the words that ask the same.
///
/// # Errors
/// Where it is about what is not loaded, or the database fails.
pub(crate) async fn question(asked: CostsQuery, snapshot: &mut Snapshot) -> Result<Echo, Problem> {
    Ok(Understood::new(asked, snapshot).await?.echo())
}

/// A question, once it is known what is loaded.
struct Understood {
    question: CostQuestion,
    arrangement: Arrangement,
    /// The periods that it is about, but for the one that is compared with.
    periods: Vec<BillingPeriod>,
    as_of: Option<AsOf>,
    reveal: bool,
}

impl Understood {
    async fn new(asked: CostsQuery, snapshot: &mut Snapshot) -> Result<Self, Problem> {
        let (scope, periods) = resolve(&asked.scope, snapshot).await?;
        let (reveal, as_of) = (asked.reveal, asked.as_of);
        let (top, compare) = (asked.arrangement.top, asked.arrangement.compare);
        let compare = compare.map(|compare| resolve_comparison(compare, &periods, snapshot)).transpose()?;
        let arrangement = Arrangement { top, compare, slice: None };
        Ok(Self { question: asked.about(scope), arrangement, periods, as_of, reveal })
    }

    /// In the words that ask the same.
    fn echo(&self) -> Echo {
        self.written(&self.question, self.arrangement.top)
    }

    /// What asks what all rows come to.
    fn undivided(&self) -> Echo {
        self.written(&ungrouped(&self.question), None)
    }

    fn written(&self, question: &CostQuestion, top: Option<u16>) -> Echo {
        let echo = Echo::of(question).arranged(top, self.arrangement.compare);
        echo.of_version(self.as_of).revealing(self.reveal)
    }

    /// What is said about the answer, and the figures that it belongs to.
    async fn said(
        &self,
        snapshot: &mut Snapshot,
        query: Echo,
        rows: usize,
        today: NaiveDate,
    ) -> Result<(Meta, Vec<ControlFigures>), Problem> {
        let totals = totals(snapshot, &self.question).await?;
        let compared = compared_with(self.arrangement.compare, &self.question, snapshot).await?;
        let mut periods = self.periods.clone();
        periods.extend(self.arrangement.compare);
        periods.sort_unstable();
        let control = control(snapshot, &periods, self.question.cost).await?;
        let context = MetaContext { periods: &periods, cost: self.question.cost, today, query };
        let mut meta = Meta::new(snapshot, context, totals, rows).await?.with_comparison(compared);
        if matches!(self.question.scope, Scope::UsageDates { .. }) {
            meta = meta.with_note(
                "Lines were chosen by usage date in whichever period they are billed; `control` is about whole billing periods.",
            );
            if let Some(note) = months_not_loaded(&self.question.scope, snapshot.periods()) {
                meta = meta.with_note(note);
            }
        }
        Ok((meta, control))
    }
}

/// A table has all rows: a part of it would look like the whole.
pub(crate) fn require_whole(page: Option<&AskedPage>) -> Result<(), Fault> {
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
