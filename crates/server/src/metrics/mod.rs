//! What is measured while the service runs, for `GET /metrics`: requests, refusals, queries and refreshes of this process.
//!
//! No label is a person, a caller or a team: patterns of paths, names of questions and engines, and how things ended. What
//! the database knows is added when somebody looks (`http::metrics`).

mod labels;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use engine::{QueryAsked, QueryEnded};
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use store::refreshes::RefreshState;

use labels::{EndedLabels, QueryLabels, RequestLabels, RouteLabels};

/// In seconds: from what memory answers to what is given up.
const REQUEST_BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
/// In seconds: from a sample to the largest bill.
const WORK_BUCKETS: [f64; 11] = [0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

/// The measures of this process. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Measures>);

struct Measures {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram, Buckets>,
    rate_limited: Counter,
    from_memory: Counter,
    query_seconds: Family<QueryLabels, Histogram, Buckets>,
    scanned_bytes: Family<QueryLabels, Counter>,
    refresh_seconds: Family<EndedLabels, Histogram, Buckets>,
}

/// Makes histograms with these buckets.
#[derive(Clone)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut measures = Measures {
            registry: Registry::with_prefix("chargeback"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(Buckets(&REQUEST_BUCKETS)),
            rate_limited: Counter::default(),
            from_memory: Counter::default(),
            query_seconds: Family::new_with_constructor(Buckets(&WORK_BUCKETS)),
            scanned_bytes: Family::default(),
            refresh_seconds: Family::new_with_constructor(Buckets(&WORK_BUCKETS)),
        };
        measures.register();
        Self(Arc::new(measures))
    }
}

impl Measures {
    fn register(&mut self) {
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        let registry = &mut self.registry;
        registry.register("build", "The version of the service", version);
        registry.register("http_requests", "Requests that were answered", self.requests.clone());
        let help = "How long answers took";
        registry.register_with_unit("http_request", help, Unit::Seconds, self.request_seconds.clone());
        let help = "Requests that were refused because their caller had asked for too much";
        registry.register("rate_limited_requests", help, self.rate_limited.clone());
        let help = "Answers that had been worked out before, or were being worked out for somebody else";
        registry.register("answers_from_memory", help, self.from_memory.clone());
        let help = "How long queries to exports ran";
        registry.register_with_unit("query", help, Unit::Seconds, self.query_seconds.clone());
        let help = "What queries read, as far as engines say so";
        registry.register_with_unit("query_scanned", help, Unit::Bytes, self.scanned_bytes.clone());
        let help = "How long refreshes took that this process did";
        registry.register_with_unit("refresh", help, Unit::Seconds, self.refresh_seconds.clone());
    }
}

impl Metrics {
    /// A request was answered. The route is the pattern of its path, never the path.
    pub(crate) fn request_answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let route = RouteLabels { method: known_method(method), route: route.to_owned() };
        self.0.request_seconds.get_or_create(&route).observe(took.as_secs_f64());
        self.0.requests.get_or_create(&RequestLabels { method: route.method, route: route.route, status }).inc();
    }

    /// A caller was told that they ask for too much.
    pub(crate) fn rate_limited(&self) {
        self.0.rate_limited.inc();
    }

    /// An answer was there already.
    pub(crate) fn answered_from_memory(&self) {
        self.0.from_memory.inc();
    }

    /// A query ended.
    pub(crate) fn query_ended(&self, query: &QueryAsked, ended: &QueryEnded) {
        let labels = QueryLabels { engine: query.engine, question: query.question };
        self.0.query_seconds.get_or_create(&labels).observe(ended.ran.as_secs_f64());
        if let Some(scanned_bytes) = ended.scanned_bytes {
            self.0.scanned_bytes.get_or_create(&labels).inc_by(scanned_bytes);
        }
    }

    /// This process has done a refresh.
    pub(crate) fn refresh_ended(&self, state: RefreshState, took: Duration) {
        let labels = EndedLabels { state: state.as_str() };
        self.0.refresh_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Everything in Prometheus's text format, with these measures of the moment after it.
    pub(crate) fn encode(&self, of_the_moment: &Registry) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry)?;
        encode(&mut text, of_the_moment)?;
        Ok(text)
    }
}

/// A method can be any word: what is not usual is one label.
fn known_method(method: &str) -> &'static str {
    const USUAL: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    USUAL.into_iter().find(|usual| *usual == method).unwrap_or("other")
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics")
    }
}
