//! The answer to a question about costs, whichever way it was put.

use axum::http::HeaderMap;
use bill::BillingPeriod;
use serde::Serialize;
use store::snapshot::{Arrangement, CostQuestion, Scope, Snapshot};
use utoipa::ToSchema;

use super::paging::{Page, link};
use crate::http::ApiState;
use crate::http::access::CostReader;
use crate::http::answer::{ComparedWith, ControlFigures, CostRows, Links, Meta, MetaContext, Row, control, totals};
use crate::http::conditional::Versioned;
use crate::http::grammar::{CostsQuery, Echo};
use crate::http::problem::Problem;
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
    pub(super) fn next_page(&self) -> HeaderMap {
        self.links.header_of("next")
    }
}

/// Answers a question.
///
/// # Errors
/// Where it is about what is not loaded, not to be seen by this reader, too large, or of another data version.
pub(super) async fn answer(
    state: &ApiState,
    reader: CostReader,
    asked: CostsQuery,
) -> Result<Versioned<CostsAnswer>, Problem> {
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot().await?;
    let (scope, mut periods) = resolve(&asked.scope, &mut snapshot).await?;
    let (reveal, arranged) = (asked.reveal, asked.arrangement.clone());
    let question = asked.about(scope);
    let (top, compare) = (arranged.top, arranged.compare);
    let compare = compare.map(|compare| resolve_comparison(compare, &periods, &snapshot)).transpose()?;
    let echo = Echo::of(&question).arranged(top, compare).revealing(reveal);
    let page = arranged.page.map(|page| Page::of(page, &echo, &snapshot)).transpose()?;

    let slice = page.as_ref().map(Page::slice);
    let mut rows = snapshot.arranged_costs(&question, &Arrangement { top, compare, slice }).await?;
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
    Ok(Versioned::of(&snapshot, CostsAnswer { data, meta, control, links }))
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
