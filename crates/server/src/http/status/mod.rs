//! `GET /v1/status`: is everything all right, and if not, what.

mod warnings;

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
    /// What someone should look at; empty when all is well.
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
    /// What was published, or why it failed.
    message: String,
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
    RawQuery(query): RawQuery,
) -> Result<Json<StatusAnswer>, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let outcomes = state.board.outcomes();
    let mut warnings = warnings::of_service(state.unauthenticated_warning, &outcomes);
    warnings.extend(state.board.ownership_failure().map(Warning::ownership_failed));
    let view = match view_store(&state).await {
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
    let exports = exports(&state.exports, periods, outcomes);
    let service_version = env!("CARGO_PKG_VERSION");
    let data = Status { service_version, store_reachable, data_version, as_of, ownership_version, exports, warnings };
    let links = Links::to_self("/v1/status").and("periods", "/v1/periods").and("readyz", "/readyz");
    Ok(Json(StatusAnswer { data, links }))
}

async fn view_store(state: &ApiState) -> Result<StoreView, StoreError> {
    let mut snapshot = state.store.snapshot().await?;
    let periods = snapshot.periods().to_vec();
    let mut warnings = warnings::of_loads(&mut snapshot, &periods).await?;
    let control = snapshot.control(&periods, CostBasis::Unblended).await?;
    warnings.extend(control.iter().flat_map(warnings::of_control));
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
    outcomes: Vec<RefreshOutcome>,
) -> Vec<ExportStatus> {
    let served = periods.iter().map(|(export, _)| export);
    let refreshed = outcomes.iter().map(|outcome| &outcome.export);
    let mut names: Vec<String> = configured.iter().chain(served).chain(refreshed).cloned().collect();
    names.sort_unstable();
    names.dedup();
    let mut exports: Vec<ExportStatus> = names
        .into_iter()
        .map(|export| ExportStatus { export, periods: Vec::new(), last_refreshes: Vec::new() })
        .collect();
    for export in &mut exports {
        let of_export = outcomes.iter().filter(|outcome| outcome.export == export.export);
        export.last_refreshes = of_export.cloned().map(LastRefresh::from).collect();
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

impl From<RefreshOutcome> for LastRefresh {
    fn from(outcome: RefreshOutcome) -> Self {
        let RefreshOutcome { period, result, message, at, .. } = outcome;
        Self { period: Some(period).filter(|period| !period.is_empty()), result, message, at }
    }
}
