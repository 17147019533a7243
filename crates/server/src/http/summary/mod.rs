//! `GET /v1/summary`: everything that a page about the whole organisation shows, in one call and of one data version.

mod table;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::StoreError;
use store::snapshot::{
    ArrangedRow, Arrangement, AsOf, CostQuestion, Dimension, OrderBy, OrderKey, Scope, Snapshot, Unclassified,
};
use utoipa::ToSchema;

use super::SharedState;
use super::access::CostReader;
use super::answer::{ControlFigures, CostRows, Figures, Links, Meta, MetaContext, Row, TokenCounts, Told, control};
use super::conditional::Versioned;
use super::documentation::{FormatParameter, FormatProblems, NotModified, PeriodAndCostParameters, ReportProblems};
use super::format::Format;
use super::grammar::ReportQuery;
use super::principals::{PrincipalCosts, WHO};
use super::problem::Problem;
use super::resolve::resolve_one;
use super::showback::{Change, RuleFigures, WHAT, by_day, divide, divide_in_ways, totals_and_change, whole_bill};
use super::tags::{TagKeyCosts, tag_costs};

/// So many principals of each currency are named; the others are one figure.
const TOP_PRINCIPALS: u16 = 10;
/// The most tags whose coverage is told.
const MOST_TAGS: usize = 20;

/// A period of the whole organisation, as far as the caller sees it, from every side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryAnswer {
    /// The summary.
    data: Summary,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of the period.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// What Bedrock cost in a period. Each `by_…` divides the same money and adds up to `totals`; so do `top_principals` and
/// `other_principals` together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// What it comes to in each currency.
    totals: Vec<Figures>,
    /// Against the period before; null where that is not loaded.
    change: Option<Change>,
    /// By usage date, the first day first.
    #[schema(value_type = Vec<Row>)]
    by_day: CostRows,
    /// By team, largest first, like all that follow; what no rule claims is `unattributed`.
    #[schema(value_type = Vec<Row>)]
    by_team: CostRows,
    /// By model.
    #[schema(value_type = Vec<Row>)]
    by_model: CostRows,
    /// By account.
    #[schema(value_type = Vec<Row>)]
    by_account: CostRows,
    /// By token kind and cache.
    #[schema(value_type = Vec<Row>)]
    by_token_kind: CostRows,
    /// By charge type.
    #[schema(value_type = Vec<Row>)]
    by_charge_type: CostRows,
    /// The ten largest principals of each currency.
    top_principals: Vec<PrincipalCosts>,
    /// What all other principals come to, in each currency in which there are any.
    other_principals: Vec<OtherPrincipals>,
    /// What no rule claims, by the reason why; nothing where everything has an owner. These are the lines of the team
    /// `unattributed`.
    unattributed: Vec<RuleFigures>,
    /// What no grammar knows, by usage type; nothing where everything is known.
    unclassified: Vec<UnclassifiedFigures>,
    /// How much of the bill carries which tags: the twenty keys on most lines. Views of the same money, never to be added to
    /// one another.
    tags: Vec<TagKeyCosts>,
}

/// What principals that are not named one by one come to in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OtherPrincipals {
    /// How many they are.
    #[schema(example = 1990)]
    principals: i64,
    /// The exact cost.
    #[schema(value_type = String, example = "12.5")]
    cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    currency: String,
    /// Tokens by class.
    tokens: TokenCounts,
    /// Lines of the bill.
    line_items: i64,
}

/// A usage type that no grammar knows, and what it cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnclassifiedCost)]
pub(crate) struct UnclassifiedFigures {
    /// The usage type, as billed.
    #[schema(example = "USE1-SomethingNew-units")]
    usage_type: Option<String>,
    /// The product.
    #[schema(example = "Amazon Bedrock")]
    product: Option<String>,
    /// The exact cost.
    #[schema(value_type = String, example = "0.0001")]
    cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    currency: String,
    /// Lines of the bill.
    line_items: i64,
}

impl From<Unclassified> for UnclassifiedFigures {
    fn from(unclassified: Unclassified) -> Self {
        let Unclassified { usage_type, product, cost, currency, line_items } = unclassified;
        Self { usage_type, product, cost, currency, line_items }
    }
}

/// Get a summary
///
/// One call for a page about the whole organisation, or about what the caller sees of it: totals, change against the previous
/// period, the same money by day, team, model, account, token kind and charge type, the largest principals, what has no owner or
/// is not known and why, and how much carries which tags. The period is the latest one unless `period` says otherwise.
///
/// In CSV every figure is a line, and `by` says of which side it is: `total` (with its change), `day`, `team`, `model`, `account`,
/// `token_kind`, `charge_type`, `principal` (the largest; `other_principals` is what `count` others come to), `unattributed`,
/// `unclassified`, or `tag` (a key with `count` values, and how much of the bill carries it). The lines of each side up to
/// `charge_type` add up to `total`, and so do `principal` and `other_principals` together; lines of different sides are the same
/// money again.
#[utoipa::path(get, path = "/v1/summary", tag = "costs", params(PeriodAndCostParameters, FormatParameter),
    responses((status = OK, description = "The summary", content(
                  (SummaryAnswer = "application/json"), (String = "text/csv"))),
              NotModified, ReportProblems, FormatProblems))]
pub(crate) async fn get_summary(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::PERIOD_COST_AND_FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let period = resolve_one(asked.period, &snapshot)?;

    let (data, tags_left_out) = summary(&mut snapshot, period, &asked).await?;
    let control = control(&mut snapshot, &[period], asked.cost).await?;

    let query = asked.echo(Some(period));
    let of_period = |path: &str| format!("{path}?period={period}");
    let links = Links::to_self(format!("/v1/summary?{}", query.query_string()))
        .and_as_of("previous", format!("/v1/summary?period={}", period.previous()), asked.as_of)
        .and_as_of("teams", of_period("/v1/teams"), asked.as_of)
        .and_as_of("models", of_period("/v1/models"), asked.as_of)
        .and_as_of("principals", of_period("/v1/principals"), asked.as_of)
        .and_as_of("tags", of_period("/v1/tags"), asked.as_of)
        .and("period", format!("/v1/periods/{period}"));
    let context = MetaContext { periods: &[period], cost: asked.cost, today: state.today(), query };
    let mut meta = Meta::new(&mut snapshot, context, data.totals.clone(), data.by_day.len()).await?;
    if tags_left_out > 0 {
        meta = meta.with_note(format!("{tags_left_out} more tags are in use; /v1/tags lists them all."));
    }
    if format == Format::Csv {
        let (name, about) = (format!("summary-{period}"), table::About { period });
        return Told::of(&meta, &control, &links).above(&table::TABLE, &name, &data.lines().about(&about), &snapshot);
    }
    Ok(Versioned::of(&snapshot, SummaryAnswer { data, meta, control, links }).into_response())
}

async fn summary(
    snapshot: &mut Snapshot,
    period: BillingPeriod,
    asked: &ReportQuery,
) -> Result<(Summary, usize), StoreError> {
    let question = &whole_bill(Scope::Periods(vec![period]), asked.cost);
    let (totals, change) = totals_and_change(snapshot, question, period).await?;
    let (top_principals, other_principals) = principals(snapshot, period, asked.as_of, question).await?;
    let unattributed = snapshot.rule_shares("unattributed", &[period], question.cost).await?;
    let unclassified = snapshot.unclassified(&[period], question.cost).await?;
    let mut tags = tag_costs(snapshot, period, asked, &totals).await?;
    tags.sort_by_key(|tag| std::cmp::Reverse(tag.line_items()));
    let tags_left_out = tags.len().saturating_sub(MOST_TAGS);
    tags.truncate(MOST_TAGS);
    let [by_model, by_token_kind, by_charge_type] = divide_in_ways(snapshot, question, WHAT).await?;
    let summary = Summary {
        period,
        change,
        totals,
        by_day: by_day(snapshot, question).await?,
        by_team: divide(snapshot, question, vec![Dimension::Team]).await?,
        by_model,
        by_account: divide(snapshot, question, vec![Dimension::Account]).await?,
        by_token_kind,
        by_charge_type,
        top_principals,
        other_principals,
        unattributed: unattributed.into_iter().map(RuleFigures::from).collect(),
        unclassified: unclassified.into_iter().map(UnclassifiedFigures::from).collect(),
        tags,
    };
    Ok((summary, tags_left_out))
}

/// The largest principals of each currency, and what the others come to.
async fn principals(
    snapshot: &mut Snapshot,
    period: BillingPeriod,
    as_of: Option<AsOf>,
    question: &CostQuestion,
) -> Result<(Vec<PrincipalCosts>, Vec<OtherPrincipals>), StoreError> {
    let largest_first = Some(OrderBy { key: OrderKey::Cost, descending: true });
    let question = CostQuestion { group_by: WHO.to_vec(), order_by: largest_first, ..question.clone() };
    let largest = Arrangement { top: Some(TOP_PRINCIPALS), ..Arrangement::default() };
    let rows = snapshot.arranged_costs(&question, &largest).await?;
    let is_of_others = |arranged: &ArrangedRow| arranged.folded.is_some_and(|count| count > 0);
    let (others, top): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_of_others);
    let top = top.into_iter().map(|arranged| PrincipalCosts::new(arranged.row, period, as_of));
    let others = others.into_iter().map(|arranged| OtherPrincipals {
        principals: arranged.folded.unwrap_or_default(),
        cost: arranged.row.cost,
        currency: arranged.row.currency.to_string(),
        tokens: (&arranged.row.tokens).into(),
        line_items: arranged.row.line_items,
    });
    Ok((top.collect(), others.collect()))
}
