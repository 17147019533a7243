use std::sync::atomic::AtomicU64;

use bill::Amount;
use chrono::{DateTime, TimeDelta, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use store::Summaries;
use store::snapshot::Control;

use super::served::View;
use crate::http::freshness;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PeriodLabels {
    export: String,
    period: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MoneyLabels {
    period: String,
    currency: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EngineLabels {
    engine: String,
}

type Money = Family<MoneyLabels, Gauge<f64, AtomicU64>>;
type ByPeriod = Family<PeriodLabels, Gauge>;

/// What the database tells at this moment, as measures.
pub(super) fn registry(view: Option<&View>, summaries: &Summaries, now: DateTime<Utc>, whole_bill: bool) -> Registry {
    let mut registry = Registry::with_prefix("chargeback");
    add_summaries(&mut registry, summaries);
    let reachable = Gauge::<i64>::default();
    reachable.set(view.is_some().into());
    registry.register("store_reachable", "Whether the database answers", reachable);
    if let Some(view) = view {
        add_freshness(&mut registry, view, now);
        add_refreshes(&mut registry, view, now);
        add_queries(&mut registry, view);
        if whole_bill {
            add_money(&mut registry, &view.served.control);
        }
    }
    registry
}

fn add_summaries(registry: &mut Registry, summaries: &Summaries) {
    let gauge = |value: u64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(value.try_into().unwrap_or(i64::MAX));
        gauge
    };
    registry.register("summaries_held", "Loads whose summaries are held in memory", gauge(summaries.loads() as u64));
    let help = "What the summaries that are held take in memory, about";
    registry.register_with_unit("summaries_held", help, Unit::Bytes, gauge(summaries.bytes()));
    let answered = ConstCounter::new(summaries.answered());
    registry.register("questions_from_summaries", "Questions about costs that were answered from memory", answered);
}

fn add_freshness(registry: &mut Registry, view: &View, now: DateTime<Utc>) {
    let version = Gauge::<i64>::default();
    version.set(view.served.data_version);
    registry.register("data_version", "The data version that is served", version);
    let (age, lag) = (ByPeriod::default(), ByPeriod::default());
    for load in &view.served.loads {
        let labels = PeriodLabels { export: load.export.clone(), period: load.period.to_string() };
        age.get_or_create(&labels).set(seconds(now - load.manifest_written_at));
        if let Some(published_at) = load.published_at {
            lag.get_or_create(&labels).set(seconds(published_at - load.manifest_written_at));
        }
    }
    let help = "How long ago AWS wrote the manifest of what is served";
    registry.register_with_unit("data_age", help, Unit::Seconds, age);
    let help = "How long after its manifest was written it was published";
    registry.register_with_unit("publishing_lag", help, Unit::Seconds, lag);
}

fn add_refreshes(registry: &mut Registry, view: &View, now: DateTime<Utc>) {
    let (at, succeeded, behind) = (ByPeriod::default(), ByPeriod::default(), ByPeriod::default());
    for part in &view.parts {
        let period = part.period.map(|period| period.to_string()).unwrap_or_default();
        let labels = PeriodLabels { export: part.export.clone(), period };
        if let Some(finished_at) = part.finished_at {
            at.get_or_create(&labels).set(finished_at.timestamp());
        }
        succeeded.get_or_create(&labels).set((part.result.as_deref() != Some("failed")).into());
        let is_it = |load: &&super::served::ServedLoad| load.export == part.export && Some(load.period) == part.period;
        let served = view.served.loads.iter().find(is_it).map(|load| load.manifest_written_at);
        behind.get_or_create(&labels).set(seconds(freshness::behind(part, served, now)));
    }
    let help =
        "When the last refresh ended, in seconds since 1970; without a period where the export could not be listed";
    registry.register_with_unit("last_refresh_timestamp", help, Unit::Seconds, at);
    registry.register("last_refresh_succeeded", "Whether the last refresh ended well", succeeded);
    let help = "How long the newest manifest that was found waits to be served";
    registry.register_with_unit("manifest_lag", help, Unit::Seconds, behind);
    if let Some(next_at) = view.next_refresh_at {
        let next = Gauge::<i64>::default();
        next.set(next_at.timestamp());
        let help = "When the next scheduled refresh is due, in seconds since 1970";
        registry.register_with_unit("next_refresh_timestamp", help, Unit::Seconds, next);
    }
}

fn add_queries(registry: &mut Registry, view: &View) {
    let (scanned, price) =
        (Family::<EngineLabels, Gauge>::default(), Family::<EngineLabels, Gauge<f64, AtomicU64>>::default());
    for day in &view.queries_today {
        let labels = EngineLabels { engine: day.engine.clone() };
        scanned.get_or_create(&labels).set(day.scanned_bytes);
        price.get_or_create(&labels).set(float(day.price));
    }
    let help = "What the queries of today (UTC) have read, on all instances";
    registry.register_with_unit("queries_today_scanned", help, Unit::Bytes, scanned);
    let help = "What the queries of today (UTC) cost, on all instances";
    registry.register_with_unit("queries_today_price", help, Unit::Other("usd".to_owned()), price);
}

fn add_money(registry: &mut Registry, control: &[Control]) {
    let (delta, unclassified, unattributed) = (Money::default(), Money::default(), Money::default());
    for figures in control {
        let labels = MoneyLabels { period: figures.period.to_string(), currency: figures.currency.clone() };
        delta.get_or_create(&labels).set(float(figures.delta()));
        unclassified.get_or_create(&labels).set(float(figures.unclassified));
        unattributed.get_or_create(&labels).set(float(figures.unattributed));
    }
    registry.register("tie_out_delta", "What is between the bill and the sum of its teams: 0", delta);
    let help = "Money on usage types that no rule of the grammar knows";
    registry.register("unclassified_cost", help, unclassified);
    registry.register("unattributed_cost", "Money that no team owns", unattributed);
}

fn seconds(time: TimeDelta) -> i64 {
    time.num_seconds().max(0)
}

/// The nearest float, for Prometheus knows nothing else. It is shown and never added up. Every decimal can be read as one.
fn float(amount: Amount) -> f64 {
    amount.to_string().parse().unwrap_or(f64::NAN)
}
