//! `GET /v1/tags/{key}/values/{value}/showback`: what a showback of a team is, for all lines with one value of a tag.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use bill::tags::TagKey;
use serde::Serialize;
use store::StoreError;
use store::snapshot::{CostQuestion, Dimension, Scope, Snapshot};
use utoipa::ToSchema;

use super::{key_in_path, require_known};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, CostRows, Figures, Links, Meta, MetaContext, Row, Told, control, totals};
use crate::http::as_of::in_version_of;
use crate::http::conditional::Versioned;
use crate::http::documentation::{FormatParameter, FormatProblems, NotModified, PeriodAndCostParameters, TagProblems};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{ReportQuery, shown};
use crate::http::path::segment;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::resolve::resolve_one;
use crate::http::showback::{
    Change, Lines, WHAT, WHO, by_day, divide_in_ways, lines_with, table_of_lines, totals_and_change,
};

/// A line for each figure of each side.
const TABLE: Table = table_of_lines!(["period", "tag", "tag_value"], ["cache", "identity", "person"]);

/// The lines with one value of a tag in one period, from every side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagShowbackAnswer {
    /// The showback.
    data: TagShowback,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of the period, over all lines.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// What the lines with one value of a tag cost in a period. Each `by_…` divides the same money and adds up to `totals`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagShowback {
    /// The key as in `tag:<key>`.
    #[schema(example = "cost-center")]
    key: String,
    /// The value.
    #[schema(example = "12345")]
    value: String,
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
    /// By the team that owns the lines, largest first, like all that follow.
    #[schema(value_type = Vec<Row>)]
    by_team: CostRows,
    /// By model.
    #[schema(value_type = Vec<Row>)]
    by_model: CostRows,
    /// By token kind and cache.
    #[schema(value_type = Vec<Row>)]
    by_token_kind: CostRows,
    /// By account.
    #[schema(value_type = Vec<Row>)]
    by_account: CostRows,
    /// By principal, with its identity and the person behind it.
    #[schema(value_type = Vec<Row>)]
    by_principal: CostRows,
    /// By charge type.
    #[schema(value_type = Vec<Row>)]
    by_charge_type: CostRows,
}

/// Get a tag's showback
///
/// One call for a whole dashboard about a value of a tag, such as a cost center: totals, change against the previous period,
/// and the same money by day, team, model, token kind, account, principal and charge type. The period is the latest one unless
/// `period` says otherwise. Key and value are percent-encoded, each as one segment of the path.
///
/// In CSV every figure is a line, and `by` says of which side it is: `total` (with its change), `day`, `team`, `model`,
/// `token_kind`, `account`, `principal` or `charge_type`. The lines of each side add up to `total`; lines of different sides are the
/// same money again.
#[utoipa::path(get, path = "/v1/tags/{key}/values/{value}/showback", tag = "tags",
    params(("key" = String, Path, description = "The key as in `tag:<key>`, percent-encoded: a slash is `%2F`",
                example = "cost-center"),
           ("value" = String, Path, description = "The value, percent-encoded", example = "12345"),
           PeriodAndCostParameters, FormatParameter),
    responses((status = OK, description = "The showback", content(
                  (TagShowbackAnswer = "application/json"), (String = "text/csv"))),
              NotModified, TagProblems, FormatProblems))]
pub(crate) async fn get_tag_showback(
    State(state): State<SharedState>,
    reader: CostReader,
    path: Result<Path<(String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::PERIOD_COST_AND_FORMAT)?;
    let format = Format::choose(asked.format, &headers, &Format::TABULAR)?;
    let Path((key, value)) = path?;
    let key = key_in_path(&key)?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let period = resolve_one(asked.period, &snapshot)?;
    let scope = Scope::Periods(vec![period]);
    let question = lines_with(Dimension::Tag(key.clone()), &value, scope, asked.cost);
    let sums = known_totals(&mut snapshot, &key, &value, period, &question).await?;

    let data = showback(&mut snapshot, &key, &value, period, &question, sums).await?;
    let control = control(&mut snapshot, &[period], asked.cost).await?;

    let query = asked.echo(Some(period));
    let tag = format!("/v1/tags/{}", segment(&key.to_string()));
    let path = format!("{tag}/values/{}/showback", segment(&value));
    let links = Links::to_self(format!("{path}?{}", query.query_string()))
        .and_as_of("previous", format!("{path}?period={}", period.previous()), asked.as_of)
        .and_as_of("tag", format!("{tag}?period={period}"), asked.as_of)
        .and("period", format!("/v1/periods/{period}"));
    let context = MetaContext { periods: &[period], cost: asked.cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, data.totals.clone(), data.by_day.len()).await?;
    if format == Format::Csv {
        // The name of a file cannot hold what a tag can.
        let (name, about) = (format!("tag-showback-{period}"), data.about());
        return Told::of(&meta, &control, &links).above(&TABLE, &name, &data.lines().about(&about), &snapshot);
    }
    Ok(Versioned::of(&snapshot, TagShowbackAnswer { data, meta, control, links }).into_response())
}

/// What a table is about.
#[derive(Debug, Serialize)]
struct About {
    period: BillingPeriod,
    tag: String,
    tag_value: String,
}

impl TagShowback {
    fn about(&self) -> About {
        About { period: self.period, tag: self.key.clone(), tag_value: self.value.clone() }
    }

    fn lines(&self) -> Lines {
        let sides = [
            ("day", &self.by_day),
            ("team", &self.by_team),
            ("model", &self.by_model),
            ("token_kind", &self.by_token_kind),
            ("account", &self.by_account),
            ("principal", &self.by_principal),
            ("charge_type", &self.by_charge_type),
        ];
        let totals = Lines::of_totals(&self.totals, self.change.as_ref());
        sides.into_iter().fold(totals, |lines, (by, rows)| lines.and_by(by, rows))
    }
}

/// What the lines with the value come to, and how that changed. Any line in sight must carry it, in the period asked for or in
/// any other, so that a dashboard is told of a month without cost that it has none, and of a mistyped value that it is none.
async fn known_totals(
    snapshot: &mut Snapshot,
    key: &TagKey,
    value: &str,
    period: BillingPeriod,
    question: &CostQuestion,
) -> Result<(Vec<Figures>, Option<Change>), Problem> {
    let then = in_version_of(snapshot);
    let unknown = || {
        let (name, path) = (shown(&key.to_string()), segment(&key.to_string()));
        let detail = format!(
            "no line carries the tag `{name}` with the value `{}`{then}; `/v1/tags/{}` lists its values",
            shown(value),
            shown(&path)
        );
        Problem::about("value", ProblemKind::UnknownTag, detail)
    };
    // The database cannot hold the character NUL, so that no value of the bill has it; an empty value counts as not set.
    if value.is_empty() || value.contains('\0') {
        return Err(unknown());
    }
    let (of_period, change) = totals_and_change(snapshot, question, period).await?;
    if of_period.is_empty() {
        let everywhere = CostQuestion { scope: Scope::Periods(snapshot.periods().to_vec()), ..question.clone() };
        if totals(snapshot, &everywhere).await?.is_empty() {
            require_known(snapshot, key, period).await?;
            return Err(unknown());
        }
    }
    Ok((of_period, change))
}

async fn showback(
    snapshot: &mut Snapshot,
    key: &TagKey,
    value: &str,
    period: BillingPeriod,
    question: &CostQuestion,
    (totals, change): (Vec<Figures>, Option<Change>),
) -> Result<TagShowback, StoreError> {
    let (team, account) = (&[Dimension::Team][..], &[Dimension::Account][..]);
    let [by_team, by_account, by_principal] = divide_in_ways(snapshot, question, [team, account, &WHO]).await?;
    let [by_model, by_token_kind, by_charge_type] = divide_in_ways(snapshot, question, WHAT).await?;
    Ok(TagShowback {
        key: key.to_string(),
        value: value.to_owned(),
        period,
        change,
        totals,
        by_day: by_day(snapshot, question).await?,
        by_team,
        by_model,
        by_token_kind,
        by_account,
        by_principal,
        by_charge_type,
    })
}
