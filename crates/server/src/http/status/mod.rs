//! `GET /v1/status`: is everything all right, and if not, what.

mod warnings;

use access::{Extent, Persons, Sight};
use axum::Json;
use axum::extract::{RawQuery, State};
use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::StoreError;
use store::snapshot::{CostBasis, LoadVersion, Snapshot};
use utoipa::ToSchema;

use self::warnings::Warning;
use super::ApiState;
use super::access::Anyone;
use super::answer::{Links, data_version};
use super::documentation::PlainProblems;
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
    /// What is served of it, the latest period first.
    periods: Vec<ServedPeriod>,
    /// How its refreshes last ended, since this process was started.
    last_refreshes: Vec<LastRefresh>,
}

/// One period of an export that is served.
#[derive(Debug, Serialize, ToSchema)]
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
struct StoreView {
    data_version: String,
    as_of: Option<DateTime<Utc>>,
    ownership_version: i32,
    periods: Vec<(String, ServedPeriod)>,
    warnings: Vec<Warning>,
}

/// Get the status
///
/// Versions, exports, how refreshes ended, and what someone should look at: failed loads, money that no grammar knows, money
/// without an owner.
#[utoipa::path(get, path = "/v1/status", tag = "service",
    responses((status = OK, description = "The status", body = StatusAnswer), PlainProblems))]
pub(crate) async fn get_status(
    State(state): State<ApiState>,
    Anyone(caller): Anyone,
    RawQuery(query): RawQuery,
) -> Result<Json<StatusAnswer>, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    // Whoever may not read costs hears how the service is, and no figure.
    let sight =
        state.gate.sight_of(&caller).unwrap_or(Sight { extent: Extent::nothing(), persons: Persons::Pseudonymous });
    let outcomes = state.board.outcomes();
    let mut warnings = warnings::of_service(state.unauthenticated_warning, &outcomes, &sight);
    // The reason quotes rules and tags of everybody.
    let ownership_failure = state.board.ownership_failure().filter(|_| sight.is_whole());
    warnings.extend(ownership_failure.map(Warning::ownership_failed));
    let refreshes = outcomes.into_iter().map(|outcome| LastRefresh::seen(outcome, &sight)).collect();
    let view = match view_store(&state, sight).await {
        Ok(view) => Some(view),
        Err(error) => {
            tracing::warn!(error = chain(&error), "the store could not tell its status");
            warnings.push(Warning::store_unreachable());
            None
        }
    };
    let store_reachable = view.is_some();
    let (data_version, as_of, ownership_version, periods) = match view {
        Some(mut view) => {
            warnings.append(&mut view.warnings);
            (Some(view.data_version), view.as_of, Some(view.ownership_version), view.periods)
        }
        None => (None, None, None, Vec::new()),
    };
    let exports = exports(&state.exports, periods, refreshes);
    let service_version = env!("CARGO_PKG_VERSION");
    let data = Status { service_version, store_reachable, data_version, as_of, ownership_version, exports, warnings };
    let links = Links::to_self("/v1/status").and("periods", "/v1/periods").and("readyz", "/readyz");
    Ok(Json(StatusAnswer { data, links }))
}

async fn view_store(state: &ApiState, sight: Sight) -> Result<StoreView, StoreError> {
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
    Ok(StoreView {
        data_version: data_version(&snapshot),
        as_of: snapshot.as_of(),
        ownership_version: snapshot.ownership_version(),
        periods: served,
        warnings,
    })
}

fn served_period(snapshot: &Snapshot, load: &LoadVersion, state: &ApiState) -> (String, ServedPeriod) {
    let served = ServedPeriod {
        period: load.period,
        status: snapshot.period_status(load.period, state.today()).as_str(),
        version: load.version,
        manifest_written_at: load.manifest_written_at,
        age_seconds: (state.clock.now() - load.manifest_written_at).num_seconds().max(0),
    };
    (load.export.clone(), served)
}

/// Every export that is configured, served or was refreshed, by name.
fn exports(
    configured: &[String],
    periods: Vec<(String, ServedPeriod)>,
    refreshes: Vec<(String, LastRefresh)>,
) -> Vec<ExportStatus> {
    let served = periods.iter().map(|(export, _)| export);
    let refreshed = refreshes.iter().map(|(export, _)| export);
    let mut names: Vec<String> = configured.iter().chain(served).chain(refreshed).cloned().collect();
    names.sort_unstable();
    names.dedup();
    let mut exports: Vec<ExportStatus> = names
        .into_iter()
        .map(|export| ExportStatus { export, periods: Vec::new(), last_refreshes: Vec::new() })
        .collect();
    for (name, refresh) in refreshes {
        if let Some(export) = exports.iter_mut().find(|export| export.export == name) {
            export.last_refreshes.push(refresh);
        }
    }
    for (name, period) in periods {
        if let Some(export) = exports.iter_mut().find(|export| export.export == name) {
            export.periods.push(period);
        }
    }
    for export in &mut exports {
        export.periods.sort_by_key(|served| std::cmp::Reverse(served.period));
    }
    exports
}

impl LastRefresh {
    /// The export, and how its refresh ended, as far as someone with this sight may hear of it.
    fn seen(outcome: RefreshOutcome, sight: &Sight) -> (String, Self) {
        let RefreshOutcome { export, period, result, message, at } = outcome;
        let period = Some(period).filter(|period| !period.is_empty());
        (export, Self { period, result, message: sight.is_whole().then_some(message), at })
    }
}
