//! `GET /v1/principals/{id}`: what a principal is, what it cost, and whose it is.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use bill::Amount;
use serde::Serialize;
use store::snapshot::{
    AsOf, CostQuestion, Dimension, Granularity, Label, PrincipalDetail, Scope, Snapshot, TeamClaims,
};
use utoipa::ToSchema;

use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, CostRows, Figures, Links, Meta, MetaContext, Row, control, totals};
use crate::http::as_of::in_version_of;
use crate::http::conditional::Versioned;
use crate::http::documentation::{CostParameters, NotModified, PrincipalProblems};
use crate::http::grammar::{ReportQuery, shown};
use crate::http::path::segment;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::showback::{RuleFigures, divide, lines_with};

/// The most tags that are listed: a principal that calls with many resources has many.
const MOST_TAGS: usize = 200;

/// One principal through all periods.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrincipalAnswer {
    /// The principal.
    data: PrincipalData,
    /// What the answer says about itself.
    meta: Meta,
    /// The control figures of all periods.
    control: Vec<ControlFigures>,
    /// Where to go from here.
    links: Links,
}

/// What a principal is, what it cost, and whose it is. `by_month`, `by_model`, `by_account` and the rules of all `teams` divide
/// the same money and add up to `meta.totals`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrincipalData {
    /// The opaque id.
    #[schema(example = "prn_0123456789abcdef0123")]
    id: String,
    /// As billed, whole.
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    arn: String,
    /// What it is: `iam_user`, `assumed_role`, `sso_user`…
    #[schema(example = "iam_user")]
    identity: String,
    /// AWS partition.
    #[schema(example = "aws")]
    partition: Option<String>,
    /// The account that it belongs to; it may differ from the account that is charged.
    #[schema(example = "123456789012")]
    account: Option<String>,
    /// User or service name.
    name: Option<String>,
    /// IAM path of a user or role.
    path: Option<String>,
    /// Role name.
    role: Option<String>,
    /// Role session name.
    session: Option<String>,
    /// IAM Identity Center permission set.
    permission_set: Option<String>,
    /// The person behind it, where the bill says so.
    person: Option<String>,
    /// The tags on its lines, in every view, the largest of each currency first. Views are of the same money: never add them
    /// to one another.
    tags: Vec<LabelCosts>,
    /// The teams that own its cost, and by which rules.
    teams: Vec<TeamShares>,
    /// By billing period.
    #[schema(value_type = Vec<Row>)]
    by_month: CostRows,
    /// By model, largest first.
    #[schema(value_type = Vec<Row>)]
    by_model: CostRows,
    /// By the account that is charged, largest first.
    #[schema(value_type = Vec<Row>)]
    by_account: CostRows,
}

/// A tag with a value, and what lines that carry both cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LabelCosts {
    /// The key as in `tag:<key>`.
    #[schema(example = "cost-center")]
    key: String,
    /// The value.
    #[schema(example = "12345")]
    value: String,
    /// The exact cost.
    #[schema(value_type = String, example = "12.5")]
    cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    currency: String,
    /// How many lines of the bill this is.
    line_items: i64,
    /// Where to go from here.
    links: Links,
}

/// A team that owns cost of a principal, and by which rules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamShares {
    /// The id of the team; `unattributed` where no rule claims the lines.
    #[schema(example = "data-science")]
    slug: String,
    /// How people write it.
    #[schema(example = "Data Science")]
    name: String,
    /// The rules that gave it, or the reasons why none did.
    rules: Vec<RuleFigures>,
}

/// Get a principal
///
/// What it is, the tags on its lines, the teams that own its cost and by which rules, and its cost by month, model and account,
/// over all loaded periods.
#[utoipa::path(get, path = "/v1/principals/{principal}", tag = "principals",
    params(("principal" = String, Path, description = "The id of the principal", example = "prn_0123456789abcdef0123"),
           CostParameters),
    responses((status = OK, description = "The principal", body = PrincipalAnswer), NotModified, PrincipalProblems))]
pub(crate) async fn get_principal(
    State(state): State<SharedState>,
    reader: CostReader,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Versioned<PrincipalAnswer>, Problem> {
    let asked = ReportQuery::parse(query.as_deref(), &ReportQuery::COST)?;
    let Path(id) = id?;
    let mut snapshot = reader.revealing(asked.reveal)?.snapshot_as_of(asked.as_of).await?;
    let periods = snapshot.periods().to_vec();
    if periods.is_empty() {
        return Err(Problem::nothing_loaded());
    }
    let question = lines_with(Dimension::Principal, &id, Scope::Periods(periods.clone()), asked.cost);
    let (detail, totals) = find(&mut snapshot, &id, &question).await?;

    let (data, has_more_tags) = data(&mut snapshot, detail, &question, asked.as_of).await?;
    let control = control(&mut snapshot, &periods, asked.cost).await?;

    let query = asked.echo(None);
    let links = Links::to_self(format!("/v1/principals/{id}?{}", query.query_string()))
        .and_as_of("costs", format!("/v1/costs?filter%5Bprincipal%5D={id}"), asked.as_of)
        .and_as_of("principals", "/v1/principals", asked.as_of);
    let context = MetaContext { periods: &periods, cost: asked.cost, today: state.today(), query };
    let mut meta = Meta::new(&mut snapshot, context, totals, data.by_month.len()).await?;
    if has_more_tags {
        meta = meta
            .with_note(format!("Only the {MOST_TAGS} largest tags are listed; ask /v1/costs with group_by=tag:<key>."));
    }
    Ok(Versioned::of(&snapshot, PrincipalAnswer { data, meta, control, links }))
}

/// What the principal is and what its lines come to, if any line in sight is about it.
async fn find(
    snapshot: &mut Snapshot,
    id: &str,
    question: &CostQuestion,
) -> Result<(PrincipalDetail, Vec<Figures>), Problem> {
    let then = in_version_of(snapshot);
    let unknown = || {
        let detail =
            format!("no line names a principal `{}`{then}; `/v1/principals` finds ids by ARN or person", shown(id));
        Problem::about("principal", ProblemKind::UnknownPrincipal, detail)
    };
    // The database cannot hold the character NUL, so that no id has it.
    if id.contains('\0') {
        return Err(unknown());
    }
    let totals = totals(snapshot, question).await?;
    if totals.is_empty() {
        return Err(unknown());
    }
    Ok((snapshot.principal(id).await?.ok_or_else(unknown)?, totals))
}

async fn data(
    snapshot: &mut Snapshot,
    detail: PrincipalDetail,
    question: &CostQuestion,
    as_of: Option<AsOf>,
) -> Result<(PrincipalData, bool), Problem> {
    let Scope::Periods(periods) = &question.scope else { return Err(Problem::nothing_loaded()) };
    let rows_read = i64::try_from(MOST_TAGS + 1).unwrap_or(i64::MAX);
    let mut tags = snapshot.labels_of_principal(&detail.id, periods, question.cost, rows_read).await?;
    let has_more_tags = tags.len() > MOST_TAGS;
    tags.truncate(MOST_TAGS);
    let claims = snapshot.claims_on_principal(&detail.id, periods, question.cost).await?;
    let monthly = CostQuestion { granularity: Granularity::Monthly, ..question.clone() };
    let data = PrincipalData {
        id: detail.id,
        arn: detail.arn,
        identity: detail.identity,
        partition: detail.partition,
        account: detail.account,
        name: detail.name,
        path: detail.path,
        role: detail.role,
        session: detail.session,
        permission_set: detail.permission_set,
        person: detail.person,
        tags: tags.into_iter().map(|label| LabelCosts::new(label, as_of)).collect(),
        teams: claims.into_iter().map(TeamShares::from).collect(),
        by_month: Row::all(snapshot.costs(&monthly).await?, &[]),
        by_model: divide(snapshot, question, vec![Dimension::Model]).await?,
        by_account: divide(snapshot, question, vec![Dimension::Account]).await?,
    };
    Ok((data, has_more_tags))
}

impl LabelCosts {
    fn new(label: Label, as_of: Option<AsOf>) -> Self {
        let key = label.key.to_string();
        let path = format!("/v1/tags/{}/values/{}/showback", segment(&key), segment(&label.value));
        Self {
            key,
            value: label.value,
            cost: label.cost.cost,
            currency: label.cost.currency,
            line_items: label.cost.line_items,
            links: Links::default().and_as_of("showback", path, as_of),
        }
    }
}

impl From<TeamClaims> for TeamShares {
    fn from(claims: TeamClaims) -> Self {
        let rules = claims.rules.into_iter().map(RuleFigures::from).collect();
        Self { slug: claims.team.slug, name: claims.team.name, rules }
    }
}
