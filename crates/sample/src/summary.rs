use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::path::PathBuf;

use bill::{Amount, BillingPeriod};

use crate::LineItem;

/// What was written: the truth that a reader of the export has to arrive at, added up exactly while writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The export's own folder.
    pub folder: PathBuf,
    /// One for each billing period, oldest first. A restated month appears once, with what is current now.
    pub periods: Vec<PeriodSummary>,
}

impl Summary {
    /// What was written for one month.
    pub fn period(&self, period: BillingPeriod) -> Option<&PeriodSummary> {
        self.periods.iter().find(|summary| summary.period == period)
    }
}

/// The truth about one version of one month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodSummary {
    /// The billing period.
    pub period: BillingPeriod,
    /// 1 for the first delivery, 2 for the restated one.
    pub version: u32,
    /// The manifest at the level of the partition.
    pub manifest: PathBuf,
    /// The data files that the manifest names, empty chunks included.
    pub data_files: Vec<PathBuf>,
    /// Counts and costs of the lines in them.
    pub totals: Totals,
}

/// Exact counts and costs of a set of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Line items.
    pub lines: u64,
    /// Those of Amazon Bedrock, by the rule of AWS's CUDOS dashboard.
    pub bedrock_lines: u64,
    /// Cost of all lines, by currency.
    pub bill: BTreeMap<String, Costs>,
    /// Cost of the lines of Amazon Bedrock, by currency.
    pub bedrock: BTreeMap<String, Costs>,
}

impl Totals {
    pub(crate) fn count(&mut self, line: &LineItem<'_>) {
        self.lines += 1;
        add(&mut self.bill, &line.currency, line.costs());
        if line.is_bedrock() {
            self.bedrock_lines += 1;
            add(&mut self.bedrock, &line.currency, line.costs());
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.lines += other.lines;
        self.bedrock_lines += other.bedrock_lines;
        merge(&mut self.bill, &other.bill);
        merge(&mut self.bedrock, &other.bedrock);
    }
}

fn add(costs: &mut BTreeMap<String, Costs>, currency: &str, more: Costs) {
    match costs.get_mut(currency) {
        Some(sum) => *sum += more,
        None => {
            costs.insert(currency.to_owned(), more);
        }
    }
}

fn merge(into: &mut BTreeMap<String, Costs>, from: &BTreeMap<String, Costs>) {
    for (currency, costs) in from {
        *into.entry(currency.clone()).or_default() += *costs;
    }
}

/// The three costs of a set of lines in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// `line_item_unblended_cost`.
    pub unblended: Amount,
    /// `line_item_net_unblended_cost`; the unblended cost where a line has none.
    pub net_unblended: Amount,
    /// `pricing_public_on_demand_cost`; nothing where a line has none.
    pub list: Amount,
}

impl AddAssign for Costs {
    fn add_assign(&mut self, other: Self) {
        self.unblended += other.unblended;
        self.net_unblended += other.net_unblended;
        self.list += other.list;
    }
}

/// How far the writing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The month being written.
    pub period: BillingPeriod,
    /// 1 for the first delivery, 2 for the restated one.
    pub version: u32,
    /// Lines of this version written so far.
    pub lines_written: u64,
    /// Lines that this version will have.
    pub lines: u64,
}
