//! The HTTP API: what is asked, what is answered, and what is said when something is wrong.
//!
//! Handlers read one [`store::snapshot::Snapshot`] each, so that an answer is wholly of one data version; none waits for
//! AWS. [`router`] is one list. Reading order: `grammar` reads questions, `answer` is what answers are made of, then a
//! file or folder for each resource; `problem` is the only translation of errors, `middleware` is around everything.

pub(crate) mod access;
mod answer;
mod as_of;
mod audit;
mod body;
mod compression;
mod conditional;
mod cost_files;
mod costs;
mod cross_origin;
pub(crate) mod cursor;
mod dimensions;
mod docs;
mod documentation;
mod drilldowns;
mod events;
mod export;
mod format;
mod freshness;
pub(crate) mod grammar;
mod health;
mod index;
pub(crate) mod keys;
mod listing;
mod memory;
mod metrics;
mod middleware;
mod models;
mod page;
mod path;
mod periods;
mod principals;
mod problem;
mod queries;
mod refreshes;
mod resolve;
mod showback;
mod status;
mod summary;
mod tags;
mod teams;
mod throttle;
mod values;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use chrono::NaiveDate;
use store::{Store, VersionWatch};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower_http::csrf::CsrfLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::cost_files::{CostFileDesk, CostFileRunner};
pub use self::cross_origin::across_origins;
pub use self::documentation::examples::example_names;
pub(crate) use self::events::EventDocument;
use self::grammar::{nearest, shown};
pub use self::memory::AnswerMemory;
pub use self::metrics::ServedMeasures;
use self::problem::{Problem, ProblemKind};
use crate::clock::Clock;
use crate::config::WebhooksConfig;
use crate::drilldowns::DrilldownDesk;
use crate::gate::Gate;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::refresh::board::RefreshBoard;

/// What every handler can reach.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// What is remembered of the bill.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// How the last refreshes ended.
    pub board: RefreshBoard,
    /// Who may ask.
    pub gate: Gate,
    /// What one caller, and all of them together, may ask for.
    pub limits: Limits,
    /// Whether anyone who reaches the service may read it: `/v1/status` warns of it.
    pub unauthenticated_warning: bool,
    /// Which data version is served, known without asking.
    pub versions: VersionWatch,
    /// Where drill-downs are handed in.
    pub drilldowns: DrilldownDesk,
    /// Where cost files are handed in.
    pub cost_files: CostFileDesk,
    /// The names of the configured exports.
    pub exports: Arc<[String]>,
    /// What is measured.
    pub metrics: Metrics,
    /// Is told when a refresh was asked for.
    pub wake: Arc<Notify>,
    /// Where events may be sent.
    pub webhooks: WebhooksConfig,
    /// Is cancelled when the service stops: what would go on for ever ends.
    pub stop: CancellationToken,
    /// What `/metrics` has read of the data version that is served.
    pub served_measures: ServedMeasures,
    /// What was answered in the data version that is served.
    pub memory: AnswerMemory,
}

impl ApiState {
    fn today(&self) -> NaiveDate {
        self.clock.now().date_naive()
    }
}

/// The same for all handlers: a request takes hold of it several times, and copies none of it.
pub(crate) type SharedState = Arc<ApiState>;

/// The service.
pub fn router(state: ApiState) -> Router {
    let state = SharedState::new(state);
    let (router, _) = routes().split_for_parts();
    let router = router.fallback(unknown_path).method_not_allowed_fallback(method_not_allowed);
    // The last layer is the outermost: what is unchanged is not counted, and who asks is known before anything is.
    let router = router
        .layer(from_fn_with_state(state.clone(), throttle::count))
        .layer(from_fn_with_state(state.clone(), conditional::conditional))
        .layer(from_fn_with_state(state.clone(), access::authenticate))
        .layer(CsrfLayer::new().with_rejection_response(throttle::cross_site))
        .layer(from_fn_with_state(state.clone(), throttle::shed));
    compression::around(middleware::around(router, state.metrics.clone()).with_state(state))
}

/// The description of the API, generated from the handlers.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documentation::examples::with_examples(routes().into_openapi())
}

fn routes() -> OpenApiRouter<SharedState> {
    OpenApiRouter::with_openapi(documentation::base())
        .routes(routes!(costs::list_costs))
        .routes(routes!(costs::query_costs))
        .routes(routes!(teams::list_teams))
        .routes(routes!(teams::get_team))
        .routes(routes!(teams::get_team_showback))
        .routes(routes!(summary::get_summary))
        .routes(routes!(principals::list_principals))
        .routes(routes!(principals::get_principal))
        .routes(routes!(models::list_models))
        .routes(routes!(models::get_model))
        .routes(routes!(dimensions::list_dimensions))
        .routes(routes!(dimensions::list_dimension_values))
        .routes(routes!(tags::list_tags))
        .routes(routes!(tags::list_tag_values))
        .routes(routes!(tags::get_tag_showback))
        .routes(routes!(periods::list_periods))
        .routes(routes!(periods::get_period))
        .routes(routes!(cost_files::list_cost_files, cost_files::create_cost_file))
        .routes(routes!(cost_files::get_cost_file, cost_files::delete_cost_file))
        .routes(routes!(cost_files::get_cost_file_content))
        .routes(routes!(drilldowns::create_drilldown))
        .routes(routes!(drilldowns::get_drilldown, drilldowns::delete_drilldown))
        .routes(routes!(drilldowns::list_drilldown_rows))
        .routes(routes!(events::get_events))
        .routes(routes!(webhooks::list_webhooks, webhooks::create_webhook))
        .routes(routes!(webhooks::get_webhook, webhooks::delete_webhook))
        .routes(routes!(webhooks::enable_webhook))
        .routes(routes!(webhooks::rotate_webhook_secret))
        .routes(routes!(webhooks::test_webhook))
        .routes(routes!(webhooks::list_deliveries))
        .routes(routes!(webhooks::replay_delivery))
        .routes(routes!(status::get_status))
        .routes(routes!(refreshes::list_refreshes, refreshes::create_refresh))
        .routes(routes!(refreshes::get_refresh))
        .routes(routes!(queries::list_queries))
        .routes(routes!(metrics::get_metrics))
        .routes(routes!(access::get_me))
        .routes(routes!(access::get_sign_in))
        .routes(routes!(access::get_callback))
        .routes(routes!(access::post_sign_out))
        .routes(routes!(keys::list_keys, keys::create_key))
        .routes(routes!(keys::get_key, keys::revoke_key))
        .routes(routes!(keys::rotate_key))
        .routes(routes!(audit::list_audit_entries))
        .routes(routes!(index::get_index))
        .routes(routes!(index::get_openapi))
        .routes(routes!(docs::get_docs))
        .route("/docs/{*file}", get(docs::get_asset))
        .routes(routes!(problem::list_problems))
        .routes(routes!(problem::get_problem))
        .routes(routes!(health::get_livez))
        .routes(routes!(health::get_readyz))
}

async fn unknown_path(request: Request) -> Problem {
    let path = request.uri().path();
    let known = routes().into_openapi().paths.paths;
    let nearest = nearest(path.trim_end_matches('/'), known.keys().map(String::as_str));
    Problem::new(ProblemKind::UnknownPath, format!("there is nothing at `{}`", shown(path))).with_suggestion(nearest)
}

async fn method_not_allowed(request: Request) -> Problem {
    let detail = format!("`{}` cannot be done here; see the `Allow` header", shown(request.method().as_str()));
    Problem::new(ProblemKind::MethodNotAllowed, detail)
}
