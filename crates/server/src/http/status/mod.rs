//! `GET /v1/status`: is everything all right, and if not, what.

mod warnings;

use access::{Extent, Persons, Sight};
use axum::Json;
use axum::extract::{RawQuery, State};
use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::StoreError;
use store::refreshes::RefreshPart;
use store::snapshot::{CostBasis, LoadVersion, Snapshot};
use utoipa::ToSchema;

use self::warnings::Warning;
use super::SharedState;
use super::access::Anyone;
use super::answer::{Links, data_version};
use super::documentation::PlainProblems;
use super::freshness;
use super::grammar::ReportQuery;
use super::problem::{Problem, chain};
use crate::refresh::board::RefreshOutcome;

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusAnswer {
    /// The status.
    data: Status,
    /// Where to go from here.
    links: Links,
}

/// How the service is. It is answered even while the database is away.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// The version of the service.
    #[schema(value_type = String, example = "0.1.0")]
    service_version: &'static str,
    /// Whether the database answers.
    store_reachable: bool,
    /// The version of all data that is served; null while the database is away.
    #[schema(example = "v12")]
    data_version: Option<String>,
    /// When that version was published (UTC).
    as_of: Option<DateTime<Utc>>,
    /// The number of the ownership rules in force.
    ownership_version: Option<i32>,
    /// The exports that are configured or served.
    exports: Vec<ExportStatus>,
    /// What someone should look at; empty when all is well. A caller who does not see the whole bill hears of nothing that is
    /// counted over it, only of `unauthenticated`, `refresh_failed`, `nothing_loaded` and `store_unreachable`.
    warnings: Vec<Warning>,
}

/// How one export is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportStatus {
    /// Its name.
    #[schema(example = "bedrock-cur2")]
    export: String,
    /// How long ago AWS wrote the newest manifest that is served; null where nothing is.
    age_seconds: Option<i64>,
    /// How long the newest manifest that was found waits to be served; 0 where it is.
    behind_seconds: i64,
    /// When a refresh of it last ended, on whichever instance.
    last_refreshed_at: Option<DateTime<Utc>>,
    /// When it will be looked at again; sooner where somebody asks for it.
    next_refresh_at: Option<DateTime<Utc>>,
    /// What is served of it, the latest period first.
    periods: Vec<ServedPeriod>,
    /// How its refreshes last ended, on whichever instance.
    last_refreshes: Vec<LastRefresh>,
}

/// One period of an export that is served.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ServedPeriod {
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// How far the period has come.
    #[schema(value_type = String, example = "open")]
    status: &'static str,
    /// The version that is served.
    #[schema(example = 2)]
    version: i32,
    /// When AWS wrote its manifest.
    manifest_written_at: DateTime<Utc>,
    /// How long ago that was.
    age_seconds: i64,
    /// When this version was published.
    published_at: Option<DateTime<Utc>>,
    /// How long after its manifest was written.
    lag_seconds: Option<i64>,
}

/// How a refresh of one period ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastRefresh {
    /// The billing period; null where the export as a whole could not be read.
    #[schema(example = "2026-10")]
    period: Option<String>,
    /// `published`, `unchanged` or `failed`.
    #[schema(value_type = String, example = "published")]
    result: &'static str,
    /// What was published, or why it failed; null where the caller does not see the whole bill, which it may quote.
    message: Option<String>,
    /// When it ended.
    at: DateTime<Utc>,
}

/// What the store says about itself.
#[derive(Default)]
struct StoreView {
    data_version: Option<String>,
    as_of: Option<DateTime<Utc>>,
    ownership_version: Option<i32>,
    periods: Vec<(String, ServedPeriod)>,
    parts: Vec<RefreshPart>,
    next_refresh_at: Option<DateTime<Utc>>,
    warnings: Vec<Warning>,
}

impl StoreView {
    /// Where it does not answer.
    fn unreachable() -> Self {
        Self { warnings: vec![Warning::store_unreachable()], ..Self::default() }
    }
}

/// Get the status
///
/// Versions, exports, how refreshes ended, and what someone should look at: failed loads, money that no grammar knows, money
/// without an owner.
#[utoipa::path(get, path = "/v1/status", tag = "service",
    responses((status = OK, description = "The status", body = StatusAnswer), PlainProblems))]
pub(crate) async fn get_status(
    State(state): State<SharedState>,
    Anyone(caller): Anyone,
    RawQuery(query): RawQuery,
) -> Result<Json<StatusAnswer>, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    // Whoever may not read costs hears how the service is, and no figure.
    let sight =
        state.gate.sight_of(&caller).unwrap_or(Sight { extent: Extent::nothing(), persons: Persons::Pseudonymous });
    let view = view_store(&state, sight.clone()).await;
    let view =
        view.inspect_err(|error| tracing::warn!(error = chain(error), "the store could not tell its status")).ok();
    let parts = view.as_ref().map(|view| view.parts.as_slice()).unwrap_or_default();
    let outcomes = freshness::outcomes(parts, state.board.outcomes());
    let mut warnings = warnings::of_service(state.unauthenticated_warning, &outcomes, &sight);
    // The reason quotes rules and tags of everybody.
    let ownership_failure = state.board.ownership_failure().filter(|_| sight.is_whole());
    warnings.extend(ownership_failure.map(Warning::ownership_failed));
    let store_reachable = view.is_some();
    let view = view.unwrap_or_else(StoreView::unreachable);
    let exports = exports(&state, &view, outcomes, &sight);
    let StoreView { data_version, as_of, ownership_version, warnings: of_store, .. } = view;
    warnings.extend(of_store);
    let service_version = env!("CARGO_PKG_VERSION");
    let data = Status { service_version, store_reachable, data_version, as_of, ownership_version, exports, warnings };
    let links = Links::to_self("/v1/status").and("periods", "/v1/periods").and("readyz", "/readyz");
    Ok(Json(StatusAnswer { data, links }))
}

async fn view_store(state: &SharedState, sight: Sight) -> Result<StoreView, StoreError> {
    let mut snapshot = state.store.snapshot(sight).await?;
    let periods = snapshot.periods().to_vec();
    let mut warnings = Vec::new();
    if snapshot.sight().is_whole() {
        warnings = warnings::of_loads(&mut snapshot, &periods).await?;
        let control = snapshot.control(&periods, CostBasis::Unblended).await?;
        warnings.extend(control.iter().flat_map(warnings::of_control));
    }
    if periods.is_empty() {
        warnings.push(Warning::nothing_loaded());
    }
    let served = snapshot.current_loads().map(|load| served_period(&snapshot, load, state)).collect();
    let view = StoreView {
        data_version: Some(data_version(&snapshot)),
        as_of: snapshot.as_of(),
        ownership_version: Some(snapshot.ownership_version()),
        periods: served,
        warnings,
        ..StoreView::default()
    };
    // Its connection goes back before another is asked for.
    drop(snapshot);
    Ok(StoreView {
        parts: state.store.latest_refresh_parts().await?,
        next_refresh_at: state.store.next_scheduled_refresh().await?,
        ..view
    })
}

fn served_period(snapshot: &Snapshot, load: &LoadVersion, state: &SharedState) -> (String, ServedPeriod) {
    let written_at = load.manifest_written_at;
    let served = ServedPeriod {
        period: load.period,
        status: snapshot.period_status(load.period, state.today()).as_str(),
        version: load.version,
        manifest_written_at: written_at,
        age_seconds: (state.clock.now() - written_at).num_seconds().max(0),
        published_at: load.finished_at,
        lag_seconds: load.finished_at.map(|published_at| (published_at - written_at).num_seconds().max(0)),
    };
    (load.export.clone(), served)
}

/// Every export that is configured, served or was refreshed, by name.
fn exports(state: &SharedState, view: &StoreView, outcomes: Vec<RefreshOutcome>, sight: &Sight) -> Vec<ExportStatus> {
    let served = view.periods.iter().map(|(export, _)| export);
    let refreshed = outcomes.iter().map(|outcome| &outcome.export);
    let mut names: Vec<String> = state.exports.iter().chain(served).chain(refreshed).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| export(name, state, view, &outcomes, sight)).collect()
}

fn export(
    name: String,
    state: &SharedState,
    view: &StoreView,
    outcomes: &[RefreshOutcome],
    sight: &Sight,
) -> ExportStatus {
    let is_it = |(export, _): &&(String, ServedPeriod)| *export == name;
    let mut periods: Vec<ServedPeriod> = view.periods.iter().filter(is_it).map(|(_, served)| served.clone()).collect();
    periods.sort_by_key(|served| std::cmp::Reverse(served.period));
    let written_at = |period| periods.iter().find(|served| Some(served.period) == period);
    let behind = view.parts.iter().filter(|part| part.export == name).map(|part| {
        let served = written_at(part.period).map(|served| served.manifest_written_at);
        freshness::behind(part, served, state.clock.now()).num_seconds()
    });
    let behind_seconds = behind.max().unwrap_or_default();
    let ended: Vec<&RefreshOutcome> = outcomes.iter().filter(|outcome| outcome.export == name).collect();
    ExportStatus {
        age_seconds: periods.iter().map(|served| served.age_seconds).min(),
        behind_seconds,
        last_refreshed_at: ended.iter().map(|outcome| outcome.at).max(),
        next_refresh_at: view.next_refresh_at.filter(|_| state.exports.contains(&name)),
        last_refreshes: ended.into_iter().map(|outcome| LastRefresh::seen(outcome, sight)).collect(),
        periods,
        export: name,
    }
}

impl LastRefresh {
    /// How a refresh ended, as far as someone with this sight may hear of it.
    fn seen(outcome: &RefreshOutcome, sight: &Sight) -> Self {
        let RefreshOutcome { period, result, message, at, .. } = outcome.clone();
        let period = Some(period).filter(|period| !period.is_empty());
        Self { period, result, message: sight.is_whole().then_some(message), at }
    }
}
