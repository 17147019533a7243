//! The question of `/v1/costs`: as a query string, and in [`super::json`] as a body.

use store::snapshot::{AsOf, CostBasis, CostQuestion, Dimension, Filter, Granularity, OrderBy, Scope};

use super::arrangement::{Arranged, AskedArrangement};
use super::as_of::read_as_of;
use super::dimensions::{read_filters, read_group_by, read_order_by};
use super::fault::Faults;
use super::formats::read_format;
use super::parameters::{Accepted, Parameters};
use super::scope::AskedScope;
use super::words::{COST_BASES, GRANULARITIES, REVEAL, value_of};
use crate::http::format::Format;

/// A question about costs as asked, before it is known what is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CostsQuery {
    /// Which lines.
    pub(crate) scope: AskedScope,
    /// Which data version answers; `None` for the newest.
    pub(crate) as_of: Option<AsOf>,
    /// Whether the persons behind pseudonyms are asked for.
    pub(crate) reveal: bool,
    /// How the rows are wanted.
    pub(crate) arrangement: AskedArrangement,
    /// The format, where one is named.
    pub(crate) format: Option<Format>,
    granularity: Granularity,
    group_by: Vec<Dimension>,
    filters: Vec<Filter>,
    cost: CostBasis,
    order_by: Option<OrderBy>,
}

impl CostsQuery {
    /// The parameters of `/v1/costs`.
    pub(crate) const PARAMETERS: Accepted = Accepted {
        single: &[
            "start",
            "end",
            "granularity",
            "cost",
            "order_by",
            "as_of",
            "reveal",
            "top",
            "compare",
            "limit",
            "cursor",
            "format",
        ],
        list: &["period", "group_by"],
        bracketed: &["filter", "exclude"],
    };

    /// Reads a query string.
    ///
    /// # Errors
    /// All faults at once.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let parameters = Parameters::read(query, &Self::PARAMETERS, &mut faults);
        let read = Self::read(&parameters, &mut faults);
        faults.none_or(read)
    }

    /// Reads parameters, in whichever way they were given; what is wrong goes to the faults.
    pub(super) fn read(parameters: &Parameters, faults: &mut Faults) -> Self {
        let scope = AskedScope::read(parameters, faults);
        let granularity = parameters.single("granularity").map(|word| value_of("granularity", &GRANULARITIES, word));
        let granularity = granularity.and_then(|word| faults.keep(word)).unwrap_or_default();
        let group_by = read_group_by(parameters, faults);
        let filters = read_filters(parameters, faults);
        let cost = read_cost_basis(parameters, faults);
        let order_by = read_order_by(parameters, &group_by, faults);
        let as_of = read_as_of(parameters, faults);
        let reveal = read_reveal(parameters, faults);
        let arrangement = AskedArrangement::read(parameters, &Arranged { scope: &scope, granularity }, faults);
        let format = read_format(parameters, &Format::ALL, faults);
        Self { scope, as_of, reveal, arrangement, format, granularity, group_by, filters, cost, order_by }
    }

    /// The question to the store, once the scope is known.
    pub(crate) fn about(self, scope: Scope) -> CostQuestion {
        let Self { granularity, group_by, filters, cost, order_by, .. } = self;
        CostQuestion { scope, granularity, group_by, filters, cost, order_by }
    }
}

/// Reads `cost=`, which several routes have.
pub(crate) fn read_cost_basis(parameters: &Parameters, faults: &mut Faults) -> CostBasis {
    let basis = parameters.single("cost").map(|word| value_of("cost", &COST_BASES, word));
    basis.and_then(|basis| faults.keep(basis)).unwrap_or_default()
}

/// Reads `reveal=`, which several routes have.
pub(crate) fn read_reveal(parameters: &Parameters, faults: &mut Faults) -> bool {
    let reveal = parameters.single("reveal").map(|word| value_of("reveal", &REVEAL, word));
    reveal.and_then(|reveal| faults.keep(reveal)).unwrap_or_default()
}
