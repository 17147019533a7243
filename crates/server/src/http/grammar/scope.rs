//! Which lines are asked for: `period`, or `start` and `end`.

use bill::BillingPeriod;
use chrono::NaiveDate;

use super::MOST_PERIODS;
use super::fault::{Fault, Faults, shown};
use super::lists::split;
use super::parameters::Parameters;
use crate::http::problem::ProblemKind;

/// The scope as asked, before it is known what is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AskedScope {
    /// Nothing was said: the latest period with data.
    LatestPeriod,
    /// These periods, sorted, each once.
    Periods(Vec<BillingPeriod>),
    /// Usage dates, half-open.
    UsageDates {
        /// The first day, inclusive.
        start: NaiveDate,
        /// The day after the last one.
        end: NaiveDate,
    },
}

impl AskedScope {
    /// Reads `period`, `start` and `end`; what is wrong goes to the faults.
    pub(crate) fn read(parameters: &Parameters, faults: &mut Faults) -> Self {
        let periods = read_periods(parameters, faults);
        let start = parameters.single("start").and_then(|text| faults.keep(parse_day("start", text)));
        let end = parameters.single("end").and_then(|text| faults.keep(parse_day("end", text)));
        let given = |name| parameters.list(name).next().is_some();
        match (given("period"), given("start"), given("end")) {
            (_, false, false) if periods.is_empty() => return Self::LatestPeriod,
            (_, false, false) => return Self::Periods(periods),
            (true, ..) => faults.push(conflict("period", "give either `period` or `start` and `end`, not both")),
            (false, true, false) => {
                faults.push(conflict("start", "`start` needs an `end`: the day after the last one"))
            }
            (false, false, true) => faults.push(conflict("end", "`end` needs a `start`: the first day")),
            (false, true, true) => {}
        }
        let (Some(start), Some(end)) = (start, end) else { return Self::LatestPeriod };
        if start >= end {
            let detail = format!("`end` is the day after the last one and must be later than `start` ({start})");
            faults.push(Fault::invalid_value("end", detail));
        }
        Self::UsageDates { start, end }
    }
}

/// Reads one billing period given as a parameter.
pub(crate) fn parse_period(parameter: &str, text: &str) -> Result<BillingPeriod, Fault> {
    text.parse().map_err(|_| {
        let detail = format!("`{}` is not a billing period; write a year and a month, such as 2026-10", shown(text));
        Fault::invalid_value(parameter, detail)
    })
}

fn conflict(parameter: &str, detail: &str) -> Fault {
    Fault::new(ProblemKind::ConflictingParameters, parameter, detail)
}

fn read_periods(parameters: &Parameters, faults: &mut Faults) -> Vec<BillingPeriod> {
    let texts: Vec<String> = parameters.list("period").flat_map(split).collect();
    if texts.len() > MOST_PERIODS {
        let detail = format!("{} periods are asked for; at most {MOST_PERIODS} are answered at once", texts.len());
        faults.push(Fault::new(ProblemKind::LimitExceeded, "period", detail));
        return Vec::new();
    }
    let mut periods: Vec<BillingPeriod> =
        texts.iter().filter_map(|text| faults.keep(parse_period("period", text))).collect();
    periods.sort_unstable();
    periods.dedup();
    periods
}

/// Reads one day given as a parameter.
pub(crate) fn parse_day(parameter: &str, text: &str) -> Result<NaiveDate, Fault> {
    // chrono also reads `2026-1-5` and `+12026-01-05`; one way to write a day is enough.
    let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = text.parse::<NaiveDate>().ok().filter(|_| shape && text.as_bytes()[4] == b'-');
    let in_range = day.filter(|_| text.bytes().next().is_some_and(|digit| digit != b'0'));
    in_range.ok_or_else(|| {
        Fault::invalid_value(
            parameter,
            format!("`{}` is not a day; write a date in UTC, such as 2026-10-01", shown(text)),
        )
    })
}
