//! What JSON says in `meta` and `control`, as headers: structured fields (RFC 9651), money as strings.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use bill::Amount;
use chrono::SecondsFormat;
use serde::Serialize;
use store::snapshot::Snapshot;

use super::{ControlFigures, Links, Meta};
use crate::http::conditional::Versioned;
use crate::http::format::table::Table;
use crate::http::problem::Problem;

/// The version of all data in the answer.
pub(crate) const DATA_VERSION: HeaderName = HeaderName::from_static("data-version");
/// When that version was published.
pub(crate) const DATA_AS_OF: HeaderName = HeaderName::from_static("data-as-of");
/// How far the billing periods have come.
pub(crate) const PERIOD_STATUS: HeaderName = HeaderName::from_static("period-status");
/// What all rows come to, in each currency.
pub(crate) const COST_TOTALS: HeaderName = HeaderName::from_static("cost-totals");
/// The control figures of all periods of the answer together, in each currency.
pub(crate) const CONTROL_TOTALS: HeaderName = HeaderName::from_static("control-totals");

/// What is told about an answer that has rows alone.
pub(crate) struct Told<'a> {
    /// What it says about itself.
    pub(crate) meta: &'a Meta,
    /// The figures that it belongs to.
    pub(crate) control: &'a [ControlFigures],
    /// Where all of that can be had as JSON.
    pub(crate) described_by: Option<&'a str>,
    /// Where the next page is, where there is one.
    pub(crate) next: Option<&'a str>,
}

impl<'a> Told<'a> {
    /// What is told about the rows of an answer whose links are these.
    pub(crate) fn of(meta: &'a Meta, control: &'a [ControlFigures], links: &'a Links) -> Self {
        Self { meta, control, described_by: links.get("self"), next: links.get("next") }
    }

    /// The rows of an answer of one data version as a file of this name, with all of this in its headers.
    ///
    /// # Errors
    /// Never: what is JSON can be written as CSV.
    pub(crate) fn above<T: Serialize>(
        &self,
        table: &Table,
        name: &str,
        rows: &[T],
        snapshot: &Snapshot,
    ) -> Result<Response, Problem> {
        let answer = table.answer(name, rows, self.headers())?;
        Ok(Versioned::of(snapshot, answer).sent_as(|answer| answer))
    }

    /// In the answer's headers.
    pub(crate) fn headers(&self) -> HeaderMap {
        let told = [
            (DATA_VERSION, Some(self.meta.data_version.clone())),
            (DATA_AS_OF, self.as_of()),
            (PERIOD_STATUS, Some(self.period_status())),
            (COST_TOTALS, Some(self.cost_totals())),
            (CONTROL_TOTALS, Some(self.control_totals())),
            (header::LINK, Some(self.link())),
        ];
        let told = told.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value?).ok()?)));
        told.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// In a file that has room for it.
    pub(crate) fn in_file(&self) -> Vec<(String, String)> {
        let told = [
            ("data_version", Some(self.meta.data_version.clone())),
            ("as_of", self.as_of()),
            ("period_status", Some(self.period_status())),
            ("cost_totals", Some(self.cost_totals())),
            ("control_totals", Some(self.control_totals())),
            ("described_by", self.described_by.map(str::to_owned)),
        ];
        told.into_iter().filter_map(|(name, value)| Some((format!("chargeback.{name}"), value?))).collect()
    }

    /// `</v1/models?period=2026-10>; rel="describedby"; type="application/json"`
    fn link(&self) -> String {
        let described_by =
            self.described_by.map(|path| format!("<{path}>; rel=\"describedby\"; type=\"application/json\""));
        let next = self.next.map(|path| format!("<{path}>; rel=\"next\""));
        described_by.into_iter().chain(next).collect::<Vec<_>>().join(", ")
    }

    fn as_of(&self) -> Option<String> {
        self.meta.as_of.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    /// `provisional="2026-08 2026-09", open="2026-10"`
    fn period_status(&self) -> String {
        let mut periods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (period, status) in &self.meta.period_status {
            periods.entry(status).or_default().push(period);
        }
        let members = periods.into_iter().map(|(status, periods)| format!("{status}=\"{}\"", periods.join(" ")));
        members.collect::<Vec<_>>().join(", ")
    }

    /// `"EUR";cost="3";line_items=1, "USD";cost="1.3";line_items=6`
    fn cost_totals(&self) -> String {
        let totals = self.meta.totals.iter();
        let members = totals
            .map(|total| format!("\"{}\";cost=\"{}\";line_items={}", total.currency, total.cost, total.line_items));
        members.collect::<Vec<_>>().join(", ")
    }

    /// `"USD";bedrock_total="1.3";attributed="1.25";unattributed="0.05";delta="0"`
    fn control_totals(&self) -> String {
        let mut sums: BTreeMap<&str, BTreeMap<&str, Amount>> = BTreeMap::new();
        for figures in self.control {
            let sum = sums.entry(&figures.currency).or_default();
            for (name, amount) in figures.counted() {
                *sum.entry(name).or_default() += amount;
            }
        }
        let mut text = String::new();
        for (currency, figures) in sums {
            let separator = if text.is_empty() { "" } else { ", " };
            // Memory does not refuse.
            let _ = write!(text, "{separator}\"{currency}\"");
            for (name, amount) in figures {
                let _ = write!(text, ";{name}=\"{amount}\"");
            }
        }
        text
    }
}
