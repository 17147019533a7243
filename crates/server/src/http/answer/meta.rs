//! How true an answer is: its data version, its time, how far its periods have come, and how it was understood.

use std::collections::BTreeMap;

use bill::BillingPeriod;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use store::StoreError;
use store::snapshot::{CostBasis, Snapshot};
use utoipa::ToSchema;

use super::{ComparedWith, Figures};
use crate::http::grammar::{Echo, words};

/// What an answer says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Meta {
    /// What the whole answer comes to in each currency, counted by a question of its own and not from the rows.
    pub(crate) totals: Vec<Figures>,
    /// How many rows `data` has.
    #[schema(example = 12)]
    rows: usize,
    /// Where the next page begins, as `cursor` of the same question; left out where no page follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
    /// What stands beside the rows, with `compare`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    compare: Option<ComparedWith>,
    /// The version of all data in this answer. It changes when a period is published or ownership rules change, and is the
    /// same for every caller.
    #[schema(example = "v12")]
    pub(crate) data_version: String,
    /// When that version was published (UTC).
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// How far each billing period has come: `open` or `provisional`.
    #[schema(value_type = BTreeMap<String, String>, example = json!({"2026-10": "provisional"}))]
    pub(crate) period_status: BTreeMap<String, &'static str>,
    /// The number of the ownership rules in force; 0 where there are none.
    #[schema(example = 3)]
    ownership_version: i32,
    /// Which cost of a line was added up.
    #[schema(value_type = String, example = "unblended")]
    cost: &'static str,
    /// The question as understood.
    query: Echo,
    /// What a reader should know about these figures.
    notes: Vec<String>,
}

/// What [`Meta`] is made from, beside the snapshot.
pub(crate) struct MetaContext<'a> {
    /// The periods that the answer is about.
    pub(crate) periods: &'a [BillingPeriod],
    /// Which cost was added up.
    pub(crate) cost: CostBasis,
    /// The current date in UTC.
    pub(crate) today: NaiveDate,
    /// The question as understood.
    pub(crate) query: Echo,
}

impl Meta {
    /// What an answer of this many rows says about itself.
    pub(crate) async fn new(
        snapshot: &mut Snapshot,
        context: MetaContext<'_>,
        totals: Vec<Figures>,
        rows: usize,
    ) -> Result<Self, StoreError> {
        let MetaContext { periods, cost, today, query } = context;
        let notes = notes_on_cost(snapshot, periods, cost).await?;
        let status = |period: &BillingPeriod| (period.to_string(), snapshot.period_status(*period, today).as_str());
        Ok(Self {
            totals,
            rows,
            next_cursor: None,
            compare: None,
            data_version: data_version(snapshot),
            as_of: snapshot.as_of(),
            period_status: periods.iter().map(status).collect(),
            ownership_version: snapshot.ownership_version(),
            cost: words::cost_basis(cost),
            query,
            notes,
        })
    }

    /// Says where the next page begins, where there is one.
    pub(crate) fn with_next_cursor(mut self, cursor: Option<String>) -> Self {
        self.next_cursor = cursor;
        self
    }

    /// Says what the rows are compared with, where they are.
    pub(crate) fn with_comparison(mut self, compare: Option<ComparedWith>) -> Self {
        self.compare = compare;
        self
    }

    /// Adds a note.
    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// The data version as it is written in answers.
pub(crate) fn data_version(snapshot: &Snapshot) -> String {
    format!("v{}", snapshot.data_version())
}

async fn notes_on_cost(
    snapshot: &mut Snapshot,
    periods: &[BillingPeriod],
    cost: CostBasis,
) -> Result<Vec<String>, StoreError> {
    Ok(match cost {
        CostBasis::Unblended => Vec::new(),
        CostBasis::List => {
            vec![
                "List cost is 0 on models sold through AWS Marketplace: AWS gives no public price for them.".to_owned(),
            ]
        }
        CostBasis::NetUnblended => {
            let lacking: Vec<BillingPeriod> = snapshot
                .current_loads()
                .filter(|load| periods.contains(&load.period) && !load.has_net_unblended)
                .map(|load| load.period)
                .collect();
            let in_sight = if lacking.is_empty() { Vec::new() } else { snapshot.loads_in_sight(&lacking).await? };
            let note = |export: &str, period: BillingPeriod| {
                format!("Export `{export}` has no net unblended cost for {period}: its unblended cost is used.")
            };
            let lacking = in_sight.iter().filter(|load| !load.has_net_unblended);
            lacking.map(|load| note(&load.export, load.period)).collect()
        }
    })
}
