use std::collections::BTreeMap;
use std::ops::{AddAssign, Range};
use std::sync::Arc;

use bill::tags::TagSet;
use bill::usage::TokenClass;
use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;

use super::amounts::Amounts;
use super::charges::Charges;
use crate::snapshot::{CostBasis, Dimension, Tokens};

/// What one load comes to under one version of the rules: small, and the same for good.
#[derive(Debug)]
pub(crate) struct LoadSummary {
    pub(super) period: BillingPeriod,
    /// The owners: by slug, `None` for what no rule claims. Rows name them by their place.
    pub(super) teams: Vec<Option<Arc<str>>>,
    pub(super) currencies: Vec<Arc<str>>,
    /// `team_period_cost`: rows are about places in `charges`.
    pub(super) by_charge: Rows,
    pub(super) charges: Charges,
    /// `team_day_cost`: rows are about places in `days`.
    pub(super) by_day: Rows,
    pub(super) days: Vec<NaiveDate>,
    /// `subject_cost` with its owners: rows are about places in `callers`.
    pub(super) by_caller: Rows,
    pub(super) callers: Vec<Caller>,
    pub(super) rules: Vec<Rule>,
    /// By currency.
    pub(super) control: BTreeMap<Arc<str>, ControlSums>,
    /// Columns of tags, and keys in them.
    pub(super) tag_keys: Vec<(String, String)>,
    pub(super) bytes: u64,
}

impl LoadSummary {
    /// What it takes, about.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Rows of one table, those of each team together, column by column: a question reads one of the three costs of a hundred
/// thousand rows, and what is not read need not come from memory.
#[derive(Debug, Default)]
pub(super) struct Rows {
    keys: Vec<RowKey>,
    costs: [Amounts; 3],
    tokens: Counted,
    line_items: Vec<i64>,
    /// Where the rows of each team are.
    of_team: Vec<Range<usize>>,
}

/// What a row is about, beside the team.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowKey {
    pub(super) currency: u32,
    /// The place of the charge, day or caller.
    pub(super) about: u32,
}

/// The tokens of rows.
#[derive(Debug)]
enum Counted {
    /// Of all classes.
    Each([Amounts; TokenClass::ALL.len()]),
    /// Of the class of the charge.
    OfCharge(Amounts),
}

impl Default for Counted {
    fn default() -> Self {
        Self::Each(Default::default())
    }
}

impl Rows {
    /// What a row of a table of charges takes in memory at most.
    pub(super) const CHARGE_BYTES: usize = size_of::<RowKey>() + 4 * size_of::<Amount>() + size_of::<i64>();
    /// What another row takes at most.
    pub(super) const BYTES: usize =
        size_of::<RowKey>() + 3 * size_of::<Amount>() + size_of::<Tokens>() + size_of::<i64>();

    /// Rows of so many teams.
    pub(super) fn new(rows: Vec<Row>, teams: usize) -> Self {
        Self::with_tokens(rows, teams, |rows| {
            Counted::Each(TokenClass::ALL.map(|class| rows.iter().map(|row| row.sums.tokens.of_class(class)).collect()))
        })
    }

    /// The same, of rows that are about these charges: each has tokens of the class of its charge, or none.
    pub(super) fn of_charges(rows: Vec<Row>, teams: usize, charges: &Charges) -> Self {
        let counted =
            |row: &Row| charges.class(row.about as usize).map_or(Amount::ZERO, |class| row.sums.tokens.of_class(class));
        Self::with_tokens(rows, teams, |rows| Counted::OfCharge(rows.iter().map(counted).collect()))
    }

    fn with_tokens(mut rows: Vec<Row>, teams: usize, tokens: impl FnOnce(&[Row]) -> Counted) -> Self {
        // What is looked up for each row then lies in one direction, as memory likes it.
        rows.sort_unstable_by_key(|row| (row.team, row.about, row.currency));
        let start = |team: usize| rows.partition_point(|row| (row.team as usize) < team);
        Self {
            keys: rows.iter().map(|row| RowKey { currency: row.currency, about: row.about }).collect(),
            costs: [0, 1, 2].map(|basis| rows.iter().map(|row| row.sums.costs[basis]).collect()),
            tokens: tokens(&rows),
            line_items: rows.iter().map(|row| row.sums.line_items).collect(),
            of_team: (0..teams).map(|team| start(team)..start(team + 1)).collect(),
        }
    }

    /// Where the rows of a team are.
    pub(super) fn of_team(&self, team: usize) -> Range<usize> {
        self.of_team.get(team).cloned().unwrap_or_default()
    }

    pub(super) fn key(&self, row: usize) -> RowKey {
        self.keys[row]
    }

    pub(super) fn cost(&self, row: usize, basis: usize) -> Amount {
        self.costs[basis].get(row)
    }

    pub(super) fn line_items(&self, row: usize) -> i64 {
        self.line_items[row]
    }

    /// Adds the tokens of a row, which are of this class where it is about a charge.
    pub(super) fn add_tokens(&self, row: usize, class: Option<TokenClass>, to: &mut Tokens) {
        match (&self.tokens, class) {
            (Counted::Each(tokens), _) => {
                for (class, tokens) in TokenClass::ALL.into_iter().zip(tokens) {
                    *to.of_class_mut(class) += tokens.get(row);
                }
            }
            (Counted::OfCharge(tokens), Some(class)) => *to.of_class_mut(class) += tokens.get(row),
            (Counted::OfCharge(_), None) => {}
        }
    }
}

/// One sum: of a team, a currency, and a charge, day or caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) team: u32,
    pub(super) currency: u32,
    /// The place of the charge, day or caller.
    pub(super) about: u32,
    pub(super) sums: Sums,
}

/// What is added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Unblended, net unblended and list cost.
    pub(super) costs: [Amount; 3],
    pub(super) tokens: Tokens,
    pub(super) line_items: i64,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        for (sum, cost) in self.costs.iter_mut().zip(other.costs) {
            *sum += cost;
        }
        self.tokens += other.tokens;
        self.line_items += other.line_items;
    }
}

/// Where a cost is among the three.
pub(super) fn place_of(basis: CostBasis) -> usize {
    match basis {
        CostBasis::Unblended => 0,
        CostBasis::NetUnblended => 1,
        CostBasis::List => 2,
    }
}

/// Who a line is about, as far as it can be asked for, and why it is whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Caller {
    pub(super) payer: Option<Arc<str>>,
    pub(super) account: Option<Arc<str>>,
    pub(super) principal: Option<Arc<Principal>>,
    pub(super) tags: Arc<TagSet>,
    /// The place of the rule, or of the reason why none holds.
    pub(super) rule: u32,
}

/// A principal, as billed.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Principal {
    pub(super) opaque_id: String,
    pub(super) arn: String,
    pub(super) identity: String,
    pub(super) role: Option<String>,
    pub(super) session: Option<String>,
    pub(super) person: Option<String>,
}

impl Caller {
    pub(super) fn value(&self, dimension: &Dimension) -> Option<&str> {
        let principal = self.principal.as_deref();
        match dimension {
            Dimension::Payer => self.payer.as_deref(),
            Dimension::Account => self.account.as_deref(),
            Dimension::Principal => principal.map(|principal| principal.opaque_id.as_str()),
            Dimension::Identity => principal.map(|principal| principal.identity.as_str()),
            Dimension::Role => principal.and_then(|principal| principal.role.as_deref()),
            Dimension::Session => principal.and_then(|principal| principal.session.as_deref()),
            Dimension::Person => principal.and_then(|principal| principal.person.as_deref()),
            Dimension::Tag(key) => self.tags.get(key),
            _ => None,
        }
    }
}

/// A rule that gave cost to a team, or the reason why none did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rule {
    pub(super) number: Option<i32>,
    pub(super) name: Option<String>,
    pub(super) because: String,
}

/// What the control question and the rules counted in one currency: unblended, net unblended and list cost each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ControlSums {
    pub(super) bill_total: [Amount; 3],
    pub(super) bedrock_total: [Amount; 3],
    pub(super) attributed: [Amount; 3],
    pub(super) unattributed: [Amount; 3],
    pub(super) unclassified: [Amount; 3],
}

impl AddAssign for ControlSums {
    fn add_assign(&mut self, other: Self) {
        for place in 0..3 {
            self.bill_total[place] += other.bill_total[place];
            self.bedrock_total[place] += other.bedrock_total[place];
            self.attributed[place] += other.attributed[place];
            self.unattributed[place] += other.unattributed[place];
            self.unclassified[place] += other.unclassified[place];
        }
    }
}
