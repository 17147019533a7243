//! What can be asked of the costs that are kept: the words of `/v1/costs`, as types.

use std::fmt;
use std::ops::AddAssign;
use std::str::FromStr;
use std::sync::Arc;

use bill::tags::TagKey;
use bill::usage::TokenClass;
use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;

use super::Values;

/// One question about costs. Rows are always grouped by currency as well: amounts are never summed across currencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostQuestion {
    /// Which lines of the bill.
    pub scope: Scope,
    /// How time divides the rows.
    pub granularity: Granularity,
    /// What divides the rows beside time; the order is kept in [`CostRow::values`].
    pub group_by: Vec<Dimension>,
    /// All of them must hold, but for alternatives.
    pub filters: Vec<Filter>,
    /// Which cost of a line is added up.
    pub cost: CostBasis,
    /// The order of rows. Rows that tie are ordered by date and dimensions, so that an answer is the same each time.
    pub order_by: Option<OrderBy>,
}

/// Which lines of the bill are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything billed in these periods, whatever its usage date.
    Periods(Vec<BillingPeriod>),
    /// Everything used from `start` to before `end`, in whichever period it was billed.
    UsageDates {
        /// The first day, inclusive.
        start: NaiveDate,
        /// The day after the last one.
        end: NaiveDate,
    },
}

/// How time divides the rows of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Granularity {
    /// Not at all.
    #[default]
    Total,
    /// By billing period.
    Monthly,
    /// By usage date (UTC).
    Daily,
}

/// Which cost of a line is added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CostBasis {
    /// `line_item_unblended_cost`: rate × usage, as invoiced before discounts.
    #[default]
    Unblended,
    /// `line_item_net_unblended_cost`: after discounts; where the export has none, unblended.
    NetUnblended,
    /// `pricing_public_on_demand_cost`: list price; AWS leaves it 0 on Marketplace models.
    List,
}

impl CostBasis {
    /// The word in questions and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unblended => "unblended",
            Self::NetUnblended => "net_unblended",
            Self::List => "list",
        }
    }

    /// The column of the tables of costs that holds it.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Unblended => "unblended_cost",
            Self::NetUnblended => "net_unblended_cost",
            Self::List => "list_cost",
        }
    }
}

/// Something that rows can be grouped or filtered by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The management account that is invoiced.
    Payer,
    /// The account that used.
    Account,
    /// AWS region code.
    Region,
    /// Team slug; `unattributed` where no rule claims the line.
    Team,
    /// Opaque id of the principal.
    Principal,
    /// What the principal is: `iam_user`, `assumed_role`, …
    Identity,
    /// Role name.
    Role,
    /// Role session name.
    Session,
    /// The person behind the principal, where the bill says so.
    Person,
    /// Model provider.
    Provider,
    /// Canonical model name.
    Model,
    /// What was counted: `input`, `output`, `guardrail:ContentPolicy`, …
    TokenKind,
    /// `none`, `read`, `write`, `write_1h`, …
    Cache,
    /// `standard`, `batch`, `flex`, `priority`, …
    Tier,
    /// `in-region-or-geo`, `global`, `mantle/…`
    Routing,
    /// `line_item_line_item_type`.
    ChargeType,
    /// `bill_billing_entity`.
    BillingEntity,
    /// Product name, or product code where the bill gives no name.
    Product,
    /// `line_item_usage_type`, as billed.
    UsageType,
    /// `line_item_operation`.
    Operation,
    /// `bill_invoice_id`; not set until the month is final.
    Invoice,
    /// A cost allocation tag of one view.
    Tag(TagKey),
}

impl Dimension {
    /// Every dimension but tags, in the order in which they are documented.
    pub const NAMED: [Self; 21] = [
        Self::Payer,
        Self::Account,
        Self::Region,
        Self::Team,
        Self::Principal,
        Self::Identity,
        Self::Role,
        Self::Session,
        Self::Person,
        Self::Provider,
        Self::Model,
        Self::TokenKind,
        Self::Cache,
        Self::Tier,
        Self::Routing,
        Self::ChargeType,
        Self::BillingEntity,
        Self::Product,
        Self::UsageType,
        Self::Operation,
        Self::Invoice,
    ];
}

impl fmt::Display for Dimension {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Payer => "payer",
            Self::Account => "account",
            Self::Region => "region",
            Self::Team => "team",
            Self::Principal => "principal",
            Self::Identity => "identity",
            Self::Role => "role",
            Self::Session => "session",
            Self::Person => "person",
            Self::Provider => "provider",
            Self::Model => "model",
            Self::TokenKind => "token_kind",
            Self::Cache => "cache",
            Self::Tier => "tier",
            Self::Routing => "routing",
            Self::ChargeType => "charge_type",
            Self::BillingEntity => "billing_entity",
            Self::Product => "product",
            Self::UsageType => "usage_type",
            Self::Operation => "operation",
            Self::Invoice => "invoice",
            Self::Tag(key) => return write!(formatter, "tag:{key}"),
        })
    }
}

/// A text that names no dimension.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a dimension")]
pub struct ParseDimensionError(pub String);

impl FromStr for Dimension {
    type Err = ParseDimensionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseDimensionError(text.to_owned());
        if let Some(key) = text.strip_prefix("tag:") {
            return key.parse().map(Self::Tag).map_err(|_| error());
        }
        Self::NAMED.iter().find(|dimension| dimension.to_string() == text).cloned().ok_or_else(error)
    }
}

/// Keeps the lines whose dimension has one of these values, or, with `exclude`, all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What is looked at.
    pub dimension: Dimension,
    /// The values; `None` stands for lines on which the dimension is not set.
    pub values: Vec<Option<String>>,
    /// Keep what does not match instead.
    pub exclude: bool,
    /// Of the alternatives that keep, it is enough that one holds; and likewise of those that exclude: they leave out what
    /// all of them match.
    pub alternative: bool,
}

/// The order of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBy {
    /// By cost, or by a dimension that is grouped by.
    pub key: OrderKey,
    /// Largest, or last, first. Where a dimension is not set comes last in either direction.
    pub descending: bool,
}

/// What rows are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderKey {
    /// The cost of the row.
    Cost,
    /// A dimension that is grouped by.
    Dimension(Dimension),
}

/// One row of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostRow {
    /// The billing period, with [`Granularity::Monthly`].
    pub period: Option<BillingPeriod>,
    /// The usage date, with [`Granularity::Daily`].
    pub date: Option<NaiveDate>,
    /// The values of the grouped dimensions in the order asked, with the principal as billed and the name of the account where
    /// the rows are grouped by these.
    pub values: Values,
    /// Exact sum of the cost asked for.
    pub cost: Amount,
    /// Its currency.
    pub currency: Arc<str>,
    /// Tokens by class.
    pub tokens: Tokens,
    /// How many lines of the bill are in this row.
    pub line_items: i64,
}

impl CostRow {
    /// No cost in this currency.
    pub(super) fn nothing(currency: &str) -> Self {
        Self {
            period: None,
            date: None,
            values: Values::default(),
            cost: Amount::ZERO,
            currency: currency.into(),
            tokens: Tokens::default(),
            line_items: 0,
        }
    }

    /// Adds the figures of another row, which must be of the same currency.
    pub(super) fn add(&mut self, other: &Self) {
        self.cost += other.cost;
        self.tokens += other.tokens;
        self.line_items += other.line_items;
    }
}

/// Tokens by class, in single tokens. Lines that do not count tokens (images, model units, guardrails) add nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Fresh input.
    pub input: Amount,
    /// Output.
    pub output: Amount,
    /// Input read from the prompt cache.
    pub cache_read: Amount,
    /// Input written to the prompt cache.
    pub cache_write: Amount,
}

impl Tokens {
    /// The tokens of a class.
    pub fn of_class(&self, class: TokenClass) -> Amount {
        match class {
            TokenClass::Input => self.input,
            TokenClass::Output => self.output,
            TokenClass::CacheRead => self.cache_read,
            TokenClass::CacheWrite => self.cache_write,
        }
    }

    /// The part that tokens of a class add to.
    pub(crate) fn of_class_mut(&mut self, class: TokenClass) -> &mut Amount {
        match class {
            TokenClass::Input => &mut self.input,
            TokenClass::Output => &mut self.output,
            TokenClass::CacheRead => &mut self.cache_read,
            TokenClass::CacheWrite => &mut self.cache_write,
        }
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.output += other.output;
        self.cache_read += other.cache_read;
        self.cache_write += other.cache_write;
    }
}

/// The control figures of one period and currency: what every answer about it must add up to. Where only a part of the bill
/// may be seen, they are about that part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The billing period.
    pub period: BillingPeriod,
    /// The currency of all figures.
    pub currency: String,
    /// The whole bill, Bedrock or not; `None` for a part, whose reader has no business with it.
    pub bill_total: Option<Amount>,
    /// Bedrock's share of it, as the control question counted it; of a part, what its daily facts come to.
    pub bedrock_total: Amount,
    /// What rules give to teams.
    pub attributed: Amount,
    /// What no rule claims.
    pub unattributed: Amount,
    /// What no grammar knows; a part of both of the above.
    pub unclassified: Amount,
}

impl Control {
    /// `bedrock_total − attributed − unattributed`: nothing, or the period would not be served.
    pub fn delta(&self) -> Amount {
        self.bedrock_total - self.attributed - self.unattributed
    }
}
