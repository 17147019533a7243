//! A showback as a table: every figure of every side is a line, and `by` says of which side it is.
//!
//! The lines of one side add up as they do in JSON; those of different sides are the same money again.

use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::snapshot::Tokens;

use super::{Change, RuleFigures};
use crate::http::answer::{CostRows, Figures, Row, TokenCounts};

/// One figure of one side. Keys that have no meaning there are empty.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Line {
    /// Of which side it is: `total`, `day`, `model`… A tag is `tag:<key>`, as a dimension.
    pub(crate) by: String,
    /// Which of that side: the day, the model, the id of the principal, the number of the rule.
    pub(crate) value: Option<String>,
    /// What people know it by: the ARN of a principal, the name of an account or of a rule.
    pub(crate) label: Option<String>,
    pub(crate) cost: Amount,
    pub(crate) currency: String,
    /// Left out where a side does not count them.
    pub(crate) tokens: Option<TokenCounts>,
    pub(crate) line_items: i64,
    /// Of a token kind.
    pub(crate) cache: Option<String>,
    /// Of a principal.
    pub(crate) identity: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) person: Option<String>,
    /// Why it is there, of a rule.
    pub(crate) because: Option<String>,
    /// How many the line is about, where it is about several.
    pub(crate) count: Option<i64>,
    /// Of all that Bedrock cost in the currency.
    pub(crate) percent: Option<Amount>,
    /// Of a total.
    pub(crate) change: Option<ChangeOfTotal>,
}

/// How a total moved since the period before.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ChangeOfTotal {
    previous_period: BillingPeriod,
    previous_cost: Amount,
    cost: Amount,
    percent: Option<Amount>,
}

/// A line, after what the whole table is about.
#[derive(Debug, Serialize)]
pub(crate) struct LineAbout<'a, About> {
    #[serde(flatten)]
    about: &'a About,
    #[serde(flatten)]
    line: Line,
}

/// The lines of a showback, in the order in which JSON has its sides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Vec<Line>);

impl Lines {
    /// The totals, with their change. A currency that cost something in the period before alone has a line as well, of cost 0.
    pub(crate) fn of_totals(totals: &[Figures], change: Option<&Change>) -> Self {
        let gone = change.map_or_else(Vec::new, |change| change.in_other_currencies_than(totals));
        let nothing = |currency: &str| Figures {
            cost: Amount::ZERO,
            currency: currency.to_owned(),
            tokens: (&Tokens::default()).into(),
            line_items: 0,
        };
        let totals = totals.iter().cloned().chain(gone.into_iter().map(nothing)).map(|total| Line {
            by: "total".to_owned(),
            change: change.and_then(|change| ChangeOfTotal::new(change, &total.currency)),
            cost: total.cost,
            currency: total.currency,
            tokens: Some(total.tokens),
            line_items: total.line_items,
            ..Line::default()
        });
        Self(totals.collect())
    }

    /// Adds a side.
    pub(crate) fn and_by(self, by: &str, rows: &CostRows) -> Self {
        self.and(rows.iter().map(|row| Line::of_row(by, row)))
    }

    /// Adds what rules gave, or why none did.
    pub(crate) fn and_rules(self, by: &str, rules: &[RuleFigures]) -> Self {
        self.and(rules.iter().map(|rule| Line {
            by: by.to_owned(),
            value: rule.rule_number.map(|number| number.to_string()),
            label: rule.rule.clone(),
            because: Some(rule.because.clone()),
            cost: rule.cost,
            currency: rule.currency.clone(),
            line_items: rule.line_items,
            ..Line::default()
        }))
    }

    /// Adds other lines.
    pub(crate) fn and(mut self, lines: impl Iterator<Item = Line>) -> Self {
        self.0.extend(lines);
        self
    }

    /// Says of each what the table is about.
    pub(crate) fn about<About>(self, about: &About) -> Vec<LineAbout<'_, About>> {
        self.0.into_iter().map(|line| LineAbout { about, line }).collect()
    }
}

impl Line {
    fn of_row(by: &str, row: &Row) -> Self {
        let (names, row) = row.parts();
        let value = |name: &str| {
            let place = names.iter().position(|known| known == name)?;
            row.values.dimension(place).map(str::to_owned)
        };
        Self {
            by: by.to_owned(),
            value: row.date.map(|date| date.to_string()).or_else(|| row.values.dimension(0).map(str::to_owned)),
            label: row.values.principal_arn().or(row.values.account_name()).map(str::to_owned),
            cost: row.cost,
            currency: row.currency.to_string(),
            tokens: Some((&row.tokens).into()),
            line_items: row.line_items,
            cache: value("cache"),
            identity: value("identity"),
            person: value("person"),
            ..Self::default()
        }
    }
}

impl ChangeOfTotal {
    fn new(change: &Change, currency: &str) -> Option<Self> {
        let of_currency = change.of_currency(currency)?;
        Some(Self {
            previous_period: change.previous_period,
            previous_cost: of_currency.previous_cost,
            cost: of_currency.cost,
            percent: of_currency.percent,
        })
    }
}

/// A table of lines: what it is about, the line, and what is known of some lines alone.
macro_rules! table_of_lines {
    ([$($about:literal),+], [$($rest:literal),+]) => {
        $crate::http::format::table::Table {
            columns: &[
                $($about,)+
                "by",
                "value",
                "label",
                "cost",
                "currency",
                "tokens.input",
                "tokens.output",
                "tokens.cache_read",
                "tokens.cache_write",
                "line_items",
                $($rest,)+
                "change.previous_period",
                "change.previous_cost",
                "change.cost",
                "change.percent",
            ],
            decimals: &["cost", "percent", "change.previous_cost", "change.cost", "change.percent"],
            each: None,
        }
    };
}
pub(crate) use table_of_lines;
