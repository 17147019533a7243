use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// A billing month in UTC, written `2026-10`.
///
/// This is the month on the invoice, and the partition of the export (`BILLING_PERIOD=2026-10`). It is not the month in
/// which something was used: a refund billed in October may carry a September date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BillingPeriod {
    first_day: NaiveDate,
}

impl BillingPeriod {
    /// The period of a year and a month from 1 to 12; `None` for any other month, or a year outside 1970 to 9999.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        if !(1970..=9999).contains(&year) {
            return None;
        }
        NaiveDate::from_ymd_opt(year, month, 1).map(|first_day| Self { first_day })
    }

    /// The period in which a day lies.
    pub fn containing(day: NaiveDate) -> Self {
        Self { first_day: day.with_day(1).unwrap_or(day) }
    }

    /// The first day, inclusive.
    pub fn first_day(self) -> NaiveDate {
        self.first_day
    }

    /// The day after the last one: the exclusive end of the period.
    pub fn end(self) -> NaiveDate {
        self.next().first_day
    }

    /// The month before.
    pub fn previous(self) -> Self {
        Self { first_day: self.first_day.checked_sub_months(Months::new(1)).unwrap_or(self.first_day) }
    }

    /// The month after.
    pub fn next(self) -> Self {
        Self { first_day: self.first_day.checked_add_months(Months::new(1)).unwrap_or(self.first_day) }
    }

    /// Whether a day lies in this month.
    pub fn contains(self, day: NaiveDate) -> bool {
        Self::containing(day) == self
    }
}

impl fmt::Display for BillingPeriod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.first_day.year(), self.first_day.month())
    }
}

/// A text that is not a billing period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a billing period; write a year and a month, such as 2026-10")]
pub struct ParseBillingPeriodError(String);

impl FromStr for BillingPeriod {
    type Err = ParseBillingPeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseBillingPeriodError(text.chars().take(40).collect());
        let (year, month) = text.split_once('-').ok_or_else(error)?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(error());
        }
        let (Ok(year), Ok(month)) = (year.parse(), month.parse()) else { return Err(error()) };
        Self::new(year, month).ok_or_else(error)
    }
}

impl TryFrom<String> for BillingPeriod {
    type Error = ParseBillingPeriodError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BillingPeriod> for String {
    fn from(period: BillingPeriod) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_written_as_it_is_read() {
        let october: BillingPeriod = "2026-10".parse().expect("a period");
        assert_eq!(october.to_string(), "2026-10");
        assert_eq!(october.next().to_string(), "2026-11");
        assert_eq!("2026-01".parse::<BillingPeriod>().expect("a period").previous().to_string(), "2025-12");
        assert_eq!(october.end().to_string(), "2026-11-01");
    }

    #[test]
    fn anything_else_is_refused_with_what_would_be_right() {
        for text in ["", "2026", "2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", "2026-1o", "+026-10"] {
            let error = text.parse::<BillingPeriod>().expect_err(text).to_string();
            assert!(error.contains("such as 2026-10"), "{error}");
        }
    }
}
