//! The few parameters of routes that answer one fixed question: `period`, `cost`, `as_of`, `reveal` and `format`.

use bill::BillingPeriod;
use store::snapshot::{AsOf, CostBasis};

use super::as_of::read_as_of;
use super::costs::{read_cost_basis, read_reveal};
use super::echo::Echo;
use super::fault::Faults;
use super::formats::read_format;
use super::parameters::{Accepted, Parameters};
use super::scope::parse_period;
use super::words;
use crate::http::format::Format;

/// The parameters of a route that has all of `period`, `cost`, `as_of`, `reveal` and `format`, some, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportQuery {
    /// The billing period, where one is named.
    pub(crate) period: Option<BillingPeriod>,
    /// Which cost is added up.
    pub(crate) cost: CostBasis,
    /// Which data version answers; `None` for the newest.
    pub(crate) as_of: Option<AsOf>,
    /// Whether the persons behind pseudonyms are asked for.
    pub(crate) reveal: bool,
    /// The format, where one is named.
    pub(crate) format: Option<Format>,
}

impl ReportQuery {
    /// All of them.
    pub(crate) const PERIOD_COST_AND_FORMAT: Accepted =
        Accepted { single: &["period", "cost", "as_of", "reveal", "format"], list: &[], bracketed: &[] };
    /// `format` alone.
    pub(crate) const FORMAT: Accepted = Accepted { single: &["format"], list: &[], bracketed: &[] };
    /// `cost`, `as_of` and `reveal`.
    pub(crate) const COST: Accepted = Accepted { single: &["cost", "as_of", "reveal"], list: &[], bracketed: &[] };
    /// No parameter at all.
    pub(crate) const NOTHING: Accepted = Accepted { single: &[], list: &[], bracketed: &[] };

    /// Reads a query string.
    ///
    /// # Errors
    /// All faults at once.
    pub(crate) fn parse(query: Option<&str>, accepted: &Accepted) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let parameters = Parameters::read(query, accepted, &mut faults);
        let read = Self::read(&parameters, &mut faults);
        faults.none_or(read)
    }

    /// Reads its parameters among others; what is wrong goes to the faults.
    pub(crate) fn read(parameters: &Parameters, faults: &mut Faults) -> Self {
        let period = parameters.single("period").and_then(|text| faults.keep(parse_period("period", text)));
        let cost = read_cost_basis(parameters, faults);
        let as_of = read_as_of(parameters, faults);
        let reveal = read_reveal(parameters, faults);
        let format = read_format(parameters, &Format::TABULAR, faults);
        Self { period, cost, as_of, reveal, format }
    }

    /// The parameters as understood, for an answer about this period, or about all.
    pub(crate) fn echo(&self, period: Option<BillingPeriod>) -> Echo {
        let mut echo = Echo::default();
        if let Some(period) = period {
            echo.push("period", period.to_string());
        }
        echo.push("cost", words::cost_basis(self.cost));
        echo.of_version(self.as_of).revealing(self.reveal)
    }
}
