//! A world for a test: a database of its own, an export of its own, and the real router over them.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of the world")]

pub mod s3;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::api_key::NewKey;
use access::{Caller, Grants};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bill::principal::SessionFold;
use bill::{Amount, BillingPeriod};
use chrono::{DateTime, TimeDelta, Utc};
use engine::{EmbeddedEngine, Engine, EngineOptions, ExportLocation, ExportSource, NoQueryLog};
use ledger::Ownership;
use sample::{LineItem, SampleOptions};
use serde_json::Value;
use server::clock::Clock;
use server::config::{CostFilesConfig, DrilldownConfig, LimitsConfig, WebhooksConfig};
use server::drilldowns::{DrilldownDesk, DrilldownRunner};
use server::gate::{ClaimGrants, Gate, GateOptions};
use server::http::{AnswerMemory, ApiState, CostFileDesk, CostFileRunner, ServedMeasures, router};
use server::limits::Limits;
use server::metrics::Metrics;
use server::refresh::board::{RefreshBoard, RefreshOutcome};
use server::refresh::{RefreshRequest, Refresher};
use sqlx::PgPool;
use store::keys::KeyToCreate;
use store::{Store, VersionWatch};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Some time in the month after the newest sample month.
pub fn now() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().expect("a time")
}

pub fn period(text: &str) -> BillingPeriod {
    text.parse().expect("a period")
}

pub fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

/// A decimal string of an answer.
pub fn decimal(value: &Value) -> Amount {
    amount(value.as_str().expect("a decimal string"))
}

pub struct World {
    pub store: Store,
    pub refresher: Refresher,
    pub router: Router,
    pub versions: VersionWatch,
    pub pool: PgPool,
    pub state: ApiState,
    folder: TempDir,
}

/// Tests ask more in a second than callers do in a minute.
fn generous() -> LimitsConfig {
    let many = 1_000_000.try_into().expect("not zero");
    LimitsConfig { answers_per_minute: many, refusals_per_minute: many, ..LimitsConfig::default() }
}

/// Likewise.
fn generous_drilldowns() -> DrilldownConfig {
    let many = 1_000_000.try_into().expect("not zero");
    DrilldownConfig { per_day: many, at_once: many, ..DrilldownConfig::default() }
}

/// Likewise.
fn generous_cost_files() -> CostFilesConfig {
    let many = 1_000_000.try_into().expect("not zero");
    CostFilesConfig { per_day: many, at_once: many, ..CostFilesConfig::default() }
}

/// Ends a task when it is not needed any more.
pub struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl World {
    /// Nothing refreshed yet; the team tag owns.
    pub async fn new(pool: PgPool) -> Self {
        let store = Store::from_pool(pool.clone());
        store.apply_ownership(&Ownership::by_team_tag(), now()).await.expect("rules");
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::Fixed(now());
        let board = RefreshBoard::default();
        let options = EngineOptions { memory_limit_bytes: 256 << 20, spill_folder: None, threads: Some(2) };
        let location = ExportLocation::Disk(folder.path().join("export"));
        let refresher = Refresher {
            store: store.clone(),
            engine: Engine::Embedded(EmbeddedEngine::new(options).expect("an engine")),
            query_log: Arc::new(NoQueryLog),
            exports: vec![ExportSource { name: "sample".to_owned(), location }],
            fold: SessionFold::new(&[]).expect("no rules"),
            clock,
            board: board.clone(),
            on_step: Arc::new(|_, _, _| {}),
        };
        let versions = VersionWatch::default();
        let metrics = Metrics::default();
        let state = ApiState {
            store: store.clone(),
            clock,
            board,
            versions: versions.clone(),
            gate: Gate::open(),
            limits: Limits::new(&generous()),
            drilldowns: DrilldownDesk::new(generous_drilldowns()),
            cost_files: CostFileDesk::new(generous_cost_files()),
            unauthenticated_warning: false,
            exports: ["sample".to_owned()].into(),
            memory: AnswerMemory::new(64 << 20, metrics.clone()),
            metrics,
            wake: Arc::default(),
            stop: CancellationToken::new(),
            webhooks: WebhooksConfig::default(),
            served_measures: ServedMeasures::default(),
        };
        Self { store, refresher, router: router(state.clone()), versions, pool, state, folder }
    }

    /// With the sample export of this many lines a month refreshed.
    pub async fn with_sample(pool: PgPool, lines: u64) -> Self {
        let world = Self::new(pool).await;
        let options = SampleOptions { lines, folder: world.export_folder(), ..SampleOptions::default() };
        sample::write(&options, |_| {}).expect("a sample");
        world.refresh_well().await;
        world
    }

    /// The same world behind another gate.
    pub fn behind(&self, gate: Gate) -> Router {
        router(ApiState { gate, ..self.state.clone() })
    }

    /// The same world with other limits.
    pub fn limited(&self, limits: &LimitsConfig, gate: Gate) -> Router {
        router(ApiState { limits: Limits::new(limits), gate, ..self.state.clone() })
    }

    /// The same world, which keeps this many bytes of answers in memory.
    pub fn remembering(&self, bytes: u64) -> Router {
        router(ApiState { memory: AnswerMemory::new(bytes, self.state.metrics.clone()), ..self.state.clone() })
    }

    /// Hears of new data versions from here on, and waits until the newest is known.
    pub async fn watch_versions(&self) -> AbortOnDrop {
        let (store, versions) = (self.store.clone(), self.versions.clone());
        let watch = tokio::spawn(async move { store.watch_versions(versions).await });
        self.wait_for_version().await;
        AbortOnDrop(watch)
    }

    /// Waits until the newest data version has been announced.
    pub async fn wait_for_version(&self) {
        let newest: i64 = sqlx::query_scalar("select data_version from serving")
            .fetch_one(&self.pool)
            .await
            .expect("the data version");
        for _ in 0..400 {
            if self.versions.current() == Some(newest) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the watch says {:?} and not {newest}", self.versions.current());
    }

    /// The same world as this caller sees it.
    pub fn as_caller(&self, caller: Caller) -> Router {
        self.behind(Gate::same_for_all(caller))
    }

    /// The same world, in which callers are known by API keys.
    pub fn guarded(&self) -> Router {
        self.behind(self.gate())
    }

    /// A gate that knows callers by API keys.
    pub fn gate(&self) -> Gate {
        Gate::guarded(GateOptions {
            store: self.store.clone(),
            versions: self.versions.clone(),
            api_keys: true,
            openid: None,
            grants: ClaimGrants::default(),
            session_lasts: None,
        })
    }

    /// The `Authorization` header of a new key that is good for some days.
    pub async fn key(&self, grants: &Grants, days: i64) -> String {
        let key = NewKey::random();
        let expires_at = Some(now() + TimeDelta::days(days));
        let new = KeyToCreate { name: "test".to_owned(), hash: key.hash(), grants: grants.clone(), expires_at };
        self.store.create_key(&new, &Caller::command_line(), None, now()).await.expect("a key");
        format!("Bearer {}", key.expose())
    }

    /// Fetches the lines of all drill-downs that wait, and tells how many times the export was asked.
    pub async fn fetch_lines(&self) -> usize {
        let runner = DrilldownRunner { refresher: self.refresher.clone(), desk: self.state.drilldowns.clone() };
        runner.work_off().await.expect("the database")
    }

    /// What writes the cost files that wait.
    pub fn cost_file_runner(&self) -> CostFileRunner {
        let (store, clock) = (self.store.clone(), self.state.clock);
        CostFileRunner { store, clock, desk: self.state.cost_files.clone() }
    }

    pub fn export_folder(&self) -> PathBuf {
        self.folder.path().join("export")
    }

    /// Writes a month of exactly these lines.
    pub fn write(&self, period: BillingPeriod, lines: &[LineItem<'_>]) {
        sample::write_lines(self.export_folder(), "sample", period, lines).expect("an export");
    }

    pub fn data_file(&self, period: BillingPeriod) -> PathBuf {
        let folder = self.export_folder().join("data").join(format!("BILLING_PERIOD={period}"));
        only_file(&folder)
    }

    pub fn manifest_file(&self, period: BillingPeriod) -> PathBuf {
        only_file(&self.export_folder().join("metadata").join(format!("BILLING_PERIOD={period}")))
    }

    pub async fn refresh(&self) -> Vec<RefreshOutcome> {
        self.refresher.refresh(&RefreshRequest::default()).await
    }

    pub async fn refresh_well(&self) {
        for outcome in self.refresh().await {
            assert_ne!(outcome.result, "failed", "{outcome:?}");
        }
    }

    /// The one sentence with which the refresh fails.
    pub async fn refresh_badly(&self) -> String {
        let outcomes = self.refresh().await;
        let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome.result == "failed").collect();
        let [failed] = failed.as_slice() else { panic!("one failure was expected: {outcomes:?}") };
        failed.message.replace(&self.folder.path().display().to_string(), "FOLDER")
    }

    /// Asks the API; the answer must be JSON.
    pub async fn ask(&self, path: &str) -> (StatusCode, Value) {
        let (status, text) = self.ask_for_text(path).await;
        (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}")))
    }

    /// Asks the API for whatever it answers.
    pub async fn ask_for_text(&self, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    }

    /// Asks the API, which must answer well.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }
}

fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .collect();
    let [file] = files.as_slice() else { panic!("one file was expected: {files:?}") };
    file.clone()
}

/// `row[keys] = cost` for every row, to compare at a glance.
pub fn costs_by(answer: &Value, keys: &[&str]) -> Vec<(Vec<Option<String>>, String)> {
    let rows = answer["data"].as_array().expect("rows");
    rows.iter()
        .map(|row| {
            let key = keys.iter().map(|key| row[*key].as_str().map(str::to_owned)).collect();
            (key, row["cost"].as_str().expect("a cost").to_owned())
        })
        .collect()
}

/// The sum of the rows' costs in a currency.
pub fn sum_of_rows(answer: &Value, currency: &str) -> Amount {
    let rows = answer["data"].as_array().expect("rows");
    rows.iter().filter(|row| row["currency"] == currency).map(|row| decimal(&row["cost"])).sum()
}

/// The address of the test's own database.
pub fn database_url(pool: &PgPool) -> String {
    let server = std::env::var("DATABASE_URL").expect("DATABASE_URL");
    let options = pool.connect_options();
    let database = options.get_database().expect("a database");
    let (address, query) = server.split_once('?').map_or((server.as_str(), ""), |(address, query)| (address, query));
    let (host, _) = address.rsplit_once('/').expect("an address with a database");
    format!("{host}/{database}?{query}")
}
