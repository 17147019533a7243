//! `limit`, `cursor`, `top` and `compare`: how the rows of an answer are arranged.

use std::ops::RangeInclusive;

use bill::BillingPeriod;
use store::snapshot::Granularity;

use super::fault::{Fault, Faults, shown};
use super::parameters::Parameters;
use super::scope::{AskedScope, parse_period};
use crate::http::cursor::{Cursor, GivenCursor};
use crate::http::problem::ProblemKind;

/// How many rows a page may have.
pub(crate) const PAGE_LENGTHS: RangeInclusive<u16> = 1..=10_000;
/// How many groups may be kept apart from others.
pub(crate) const TOPS: RangeInclusive<u16> = 1..=1000;

/// The arrangement as asked, before it is known what is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AskedArrangement {
    /// The page; `None` where all rows are wanted at once.
    pub(crate) page: Option<AskedPage>,
    /// How many groups of each currency are kept apart from others.
    pub(crate) top: Option<u16>,
    /// What is compared with.
    pub(crate) compare: Option<AskedComparison>,
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AskedPage {
    /// How many rows it may have.
    pub(crate) limit: u16,
    /// Where it begins; `None` for the first.
    pub(crate) cursor: Option<GivenCursor>,
}

/// What is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedComparison {
    /// The period before the one that is asked for.
    Previous,
    /// This one.
    Period(BillingPeriod),
}

impl AskedArrangement {
    /// Reads `limit`, `cursor`, `top` and `compare`; what is wrong goes to the faults.
    pub(crate) fn read(parameters: &Parameters, rest: &Arranged<'_>, faults: &mut Faults) -> Self {
        let page = read_page(parameters, faults);
        let top = read_number(parameters, "top", "a number of groups", &TOPS, faults);
        if top.is_some() && parameters.list("group_by").all(str::is_empty) {
            let detail = "`top` needs a `group_by`: the dimensions by which the largest are looked for";
            faults.push(Fault::new(ProblemKind::ConflictingParameters, "top", detail));
        }
        Self { page, top, compare: read_comparison(parameters, rest, faults) }
    }
}

/// What a question has that its arrangement must go with.
pub(crate) struct Arranged<'q> {
    pub(crate) scope: &'q AskedScope,
    pub(crate) granularity: Granularity,
}

fn read_page(parameters: &Parameters, faults: &mut Faults) -> Option<AskedPage> {
    let limit = read_number(parameters, "limit", "a length of a page", &PAGE_LENGTHS, faults);
    let cursor = parameters.single("cursor").and_then(|text| {
        let read = Cursor::read_any(text);
        faults.keep(read.map_err(|error| Fault::invalid_value("cursor", error.to_string())))
    });
    let is_asked = limit.is_some() || cursor.is_some();
    is_asked.then(|| AskedPage { limit: limit.unwrap_or(*PAGE_LENGTHS.end()), cursor })
}

fn read_number(
    parameters: &Parameters,
    name: &str,
    what: &str,
    range: &RangeInclusive<u16>,
    faults: &mut Faults,
) -> Option<u16> {
    let text = parameters.single(name)?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number = text.parse().ok().filter(|number| is_plain && range.contains(number));
    faults.keep(number.ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        let detail = format!("`{}` is not {what}; write a number from {least} to {most}", shown(text));
        Fault::invalid_value(name, detail)
    }))
}

fn read_comparison(parameters: &Parameters, rest: &Arranged<'_>, faults: &mut Faults) -> Option<AskedComparison> {
    let text = parameters.single("compare")?;
    let conflict = |detail| Err(Fault::new(ProblemKind::ConflictingParameters, "compare", detail));
    let goes_together = match rest.scope {
        AskedScope::UsageDates { .. } => conflict("billing periods are compared: give a `period`, and no days"),
        AskedScope::Periods(periods) if periods.len() > 1 => conflict("one period is compared: give one `period`"),
        _ if rest.granularity != Granularity::Total => {
            conflict("whole periods are compared: leave `granularity` out, or ask for the days of each period")
        }
        _ => Ok(()),
    };
    faults.keep(goes_together);
    let comparison = match text {
        "previous" => Ok(AskedComparison::Previous),
        _ => parse_compared(text).map(AskedComparison::Period),
    };
    let comparison = faults.keep(comparison)?;
    if let (AskedComparison::Period(compared), AskedScope::Periods(periods)) = (comparison, rest.scope)
        && periods.as_slice() == [compared]
    {
        faults.push(with_itself(compared));
    }
    Some(comparison)
}

fn parse_compared(text: &str) -> Result<BillingPeriod, Fault> {
    parse_period("compare", text).map_err(|_| {
        let detail = format!("`{}` is neither `previous` nor a billing period, such as 2026-09", shown(text));
        Fault::invalid_value("compare", detail).near(text, &["previous"])
    })
}

/// Every change would be nothing.
pub(crate) fn with_itself(period: BillingPeriod) -> Fault {
    let detail = format!("{period} is compared with itself; write another period, or `previous` for the one before");
    Fault::invalid_value("compare", detail)
}
