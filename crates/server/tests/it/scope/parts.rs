//! Services beside one another, and readers who see a part of what they serve.

use std::collections::BTreeMap;

use access::{Caller, Extent, Grant, Grants, Permission};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bill::Amount;
use engine::{ExportLocation, ExportSource};
use serde_json::Value;
use server::refresh::board::RefreshOutcome;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tower::ServiceExt;

use super::bill_of_teams::{Month, rules};
use crate::support::{World, decimal, now};

/// The export that has an account of its own, beside the one of [`World`].
pub(crate) const OTHER_EXPORT: &str = "other";

/// An answer, with what tells the same things apart for no reason left out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub etag: Option<String>,
    pub body: Value,
}

pub(crate) async fn ask(router: &Router, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let status = response.status();
    let etag = response.headers().get(header::ETAG).map(|tag| tag.to_str().expect("a tag").to_owned());
    let told = ["cost-totals", "control-totals", "period-status", "data-version", "link"].map(|name| {
        let is_table =
            response.headers().contains_key("cost-totals") || response.headers().contains_key("data-version");
        response.headers().get(name).filter(|_| is_table).map(|value| value.to_str().expect("plain text").to_owned())
    });
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    // A table is one text. What it tells of itself is in its headers.
    let mut body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::Array(vec![text_of(&bytes).into()]));
    forget_files(&mut body);
    if told.iter().any(Option::is_some) {
        body = serde_json::json!({ "data": body, "told": told });
    }
    Answer { status, etag, body }
}

pub(crate) async fn ask_well(router: &Router, path: &str) -> Value {
    let answer = ask(router, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

/// A table as text, but for the files that it was read from.
fn text_of(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).expect("a table is UTF-8");
    let written_at = regex::Regex::new("manifest_written_at\"\":\"\"[^\"]*").expect("a pattern");
    let text = written_at.replace_all(text, "").into_owned();
    if text.contains("manifest_identity") { without_files(&text) } else { text }
}

fn without_files(table: &str) -> String {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let names = reader.headers().expect("a header").clone();
    let kept = |name: &str| !["manifest_identity", "manifest_written_at"].contains(&name);
    let line = |record: csv::StringRecord| {
        let cells = names.iter().zip(record.iter()).filter(|(name, _)| kept(name)).map(|(_, cell)| cell.to_owned());
        cells.collect::<Vec<_>>().join("|")
    };
    reader.records().map(|record| line(record.expect("a line"))).collect::<Vec<_>>().join("\n")
}

/// Two exports are never the same files, and each request has an id.
fn forget_files(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["manifest_identity", "manifest_written_at", "age_seconds", "request_id"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(forget_files);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_files),
        _ => {}
    }
}

/// A service with these months, in a database of its own beside that of the test.
pub(crate) struct Service {
    pub world: World,
    pool: PgPool,
    database: String,
}

impl Service {
    pub(crate) async fn with(test: &PgPool, name: &str, months: &[Month]) -> Self {
        let own = test.connect_options();
        // The name of a test's database is a digest, and as long as a name may be.
        let of_test = own.get_database().expect("a test has a database");
        let database = format!("{name}_{}", of_test.chars().skip(12).take(40).collect::<String>());
        for statement in ["drop database if exists", "create database"] {
            execute(test, format!("{statement} \"{database}\"")).await;
        }
        let options = own.as_ref().clone().database(&database);
        let pool = PgPoolOptions::new().max_connections(3).connect_with(options).await.expect("a connection");
        store::MIGRATOR.run(&pool).await.expect("the schema");

        let mut world = World::new(pool.clone()).await;
        let other = tempfile::tempdir().expect("a folder");
        let location = ExportLocation::Disk(other.path().to_owned());
        world.refresher.exports.push(ExportSource { name: OTHER_EXPORT.to_owned(), location });
        world.store.apply_ownership(&rules(), now()).await.expect("the rules come into force");
        for month in months {
            let folder = if month.export == OTHER_EXPORT { other.path().to_owned() } else { world.export_folder() };
            sample::write_lines(folder, month.export, month.period, &month.lines).expect("an export");
        }
        world.refresh_well().await;
        // An answer about net cost says where an export has none.
        let without_net = format!(
            "update load set has_net_unblended = false from export
              where export.export_id = load.export_id and (export.name = '{OTHER_EXPORT}' or period = '2026-10-01')"
        );
        execute(&pool, without_net).await;
        Self { world, pool, database }
    }

    /// A month that is served could not be read again, and another could never be read; both say why.
    pub(crate) async fn failed_to_load(&self, failure: &str) {
        for (period, version) in [("2026-10-01", 2), ("2026-08-01", 1)] {
            let load = format!(
                "insert into load (export_id, period, version, state, manifest_identity, manifest_written_at,
                                   started_at, finished_at, failure)
                 select export_id, '{period}', {version}, 'failed', 'newer', now(), now(), now(), '{failure}' from export"
            );
            execute(&self.pool, load).await;
        }
    }

    /// Something went wrong, and the message quotes the bill.
    pub(crate) fn fails_loudly(&self, message: &str) {
        self.world.state.board.post(RefreshOutcome {
            export: "sample".to_owned(),
            period: "2026-10".to_owned(),
            result: "failed",
            message: message.to_owned(),
            at: now(),
        });
        self.world.state.board.post_ownership(Some(message.to_owned()));
    }

    /// The API as somebody sees it who may read this much.
    pub(crate) fn seen_by(&self, extent: Extent) -> Router {
        let grant = Grant { permissions: [Permission::CostsRead].into(), extent };
        self.seen_with([&grant].into_iter().collect())
    }

    pub(crate) fn seen_with(&self, grants: Grants) -> Router {
        self.world.as_caller(Caller { grants, ..Caller::anonymous() })
    }

    pub(crate) async fn end(self, test: &PgPool) {
        self.pool.close().await;
        execute(test, format!("drop database \"{}\" with (force)", self.database)).await;
    }
}

async fn execute(pool: &PgPool, statement: impl Into<String>) {
    sqlx::query(AssertSqlSafe(statement.into())).execute(pool).await.expect("the database does as it is told");
}

/// Cost and lines in each currency.
pub(crate) type Sums = BTreeMap<String, (Amount, i64)>;

/// What an answer comes to.
pub(crate) fn totals(answer: &Value) -> Sums {
    let totals = answer["meta"]["totals"].as_array().expect("totals");
    let figures = |total: &Value| (decimal(&total["cost"]), total["line_items"].as_i64().expect("a count"));
    totals.iter().map(|total| (total["currency"].as_str().expect("a currency").to_owned(), figures(total))).collect()
}

/// What the control figures say of Bedrock over all periods: the whole, of teams, of none, unknown, and what is missing.
pub(crate) fn control(answer: &Value) -> BTreeMap<String, [Amount; 5]> {
    let mut sums = BTreeMap::new();
    for control in answer["control"].as_array().expect("control") {
        let currency = control["currency"].as_str().expect("a currency").to_owned();
        let figures = ["bedrock_total", "attributed", "unattributed", "unclassified", "delta"];
        let sum = sums.entry(currency).or_insert([Amount::ZERO; 5]);
        for (sum, figure) in sum.iter_mut().zip(figures) {
            *sum += decimal(&control[figure]);
        }
    }
    sums
}

pub(crate) fn plus(mut one: Sums, other: &Sums) -> Sums {
    for (currency, (cost, lines)) in other {
        let (cost_so_far, lines_so_far) = one.entry(currency.clone()).or_default();
        *cost_so_far += *cost;
        *lines_so_far += lines;
    }
    one
}
