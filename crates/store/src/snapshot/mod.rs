//! Reading: everything an answer says comes from one [`Snapshot`], so that it is wholly of one data version.

mod arrangement;
mod as_of;
mod control;
mod costs;
mod coverage;
mod divisions;
mod export;
mod figures;
mod held;
mod history;
mod lines;
mod matching;
mod models;
mod open;
mod persons;
mod principals;
mod question;
mod reading;
mod scope;
mod tags;
mod teams;
mod unclassified;
mod values;

pub use arrangement::{ArrangedRow, Arrangement, RowSlice};
pub use as_of::{AsOf, NotServed};
use bill::{Amount, BillingPeriod};
use chrono::{DateTime, NaiveDate, Utc};
pub use costs::MOST_ROWS;
pub use coverage::{CoveredCost, Label, TagCoverage};
pub use export::CostStream;
pub use lines::{Line, LineQuestion, TieOut};
pub use models::ModelUse;
pub(crate) use open::Serving;
pub use open::Snapshot;
pub use principals::{PrincipalDetail, TeamClaims};
pub use question::{
    Control, CostBasis, CostQuestion, CostRow, Dimension, Filter, Granularity, OrderBy, OrderKey, ParseDimensionError,
    Scope, Tokens,
};
pub(crate) use scope::{UNATTRIBUTED, Visible};
pub use unclassified::Unclassified;
pub use values::Values;
pub(crate) use values::{Layout, Place, Side, ValueTable};

/// A team that has owned a cost under the rules in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// The id: lower-case letters, digits and dashes.
    pub slug: String,
    /// How people write it.
    pub name: String,
}

/// What one rule gives to one team within the periods asked for, or why lines are unattributed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleShare {
    /// The rule's number, from 1; `None` for unattributed lines.
    pub rule_number: Option<i32>,
    /// The rule's name; `None` for unattributed lines.
    pub rule: Option<String>,
    /// What made it match (`rule 3 "gateway": tag team = ds`), or the reason code of unattributed lines (`no_tag`).
    pub because: String,
    /// What it moves.
    pub cost: Amount,
    /// The currency of the cost.
    pub currency: String,
    /// Lines of the bill.
    pub line_items: i64,
}

/// One version of one period of one export. That it is there, and since when, is the same for everybody; what is in it is
/// told only to who may see the whole bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadVersion {
    /// The name of the export.
    pub export: String,
    /// The billing period.
    pub period: BillingPeriod,
    /// Counted from 1 for each period of an export.
    pub version: i32,
    /// `loading`, `current`, `superseded` or `failed`.
    pub state: String,
    /// What the manifest was when this was read.
    pub manifest_identity: String,
    /// When AWS wrote the manifest.
    pub manifest_written_at: DateTime<Utc>,
    /// When reading began.
    pub started_at: DateTime<Utc>,
    /// When it was made current, or failed.
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it failed, as a sentence.
    pub failure: Option<String>,
    /// What did not tie out, by charge type.
    pub differences: Vec<Difference>,
    /// Lines of the bill that were counted in, Bedrock only; `None` where a part of the bill is seen.
    pub line_items: Option<i64>,
    /// Rows kept, at day grain; `None` where a part of the bill is seen.
    pub fact_rows: Option<i64>,
    /// Whether the export has `line_item_net_unblended_cost`.
    pub has_net_unblended: bool,
    /// Whether every line of the whole bill carries an invoice id: AWS has finalised the month.
    pub invoiced: bool,
    /// The first and the last usage date; `None` where there is no line, or a part of the bill is seen.
    pub usage_dates: Option<(NaiveDate, NaiveDate)>,
}

/// A part of a load in which the rollup and the control question disagree.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Difference {
    /// The invoice, where set.
    pub invoice: Option<String>,
    /// The billing entity.
    pub billing_entity: Option<String>,
    /// The charge type.
    pub charge_type: Option<String>,
    /// The currency.
    pub currency: Option<String>,
    /// What the control question counted.
    pub expected: Amount,
    /// What the rollup holds.
    pub found: Amount,
    /// Lines that the control question counted.
    pub expected_line_items: i64,
    /// Lines that the rollup holds.
    pub found_line_items: i64,
}

/// The whole bill of a period, one row for each invoice, billing entity, charge type and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillTotal {
    /// The invoice; not set until the month is final.
    pub invoice: Option<String>,
    /// The billing entity.
    pub billing_entity: Option<String>,
    /// The charge type.
    pub charge_type: Option<String>,
    /// The currency.
    pub currency: String,
    /// Unblended cost of all lines.
    pub bill_total: Amount,
    /// Unblended cost of Bedrock lines.
    pub bedrock_total: Amount,
    /// All lines.
    pub line_items: i64,
    /// Bedrock lines.
    pub bedrock_line_items: i64,
}

/// How far a period has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodStatus {
    /// The month is running or its export is still being written.
    Open,
    /// Every line carries an invoice id; AWS may still restate it.
    Provisional,
}

impl PeriodStatus {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Provisional => "provisional",
        }
    }
}
