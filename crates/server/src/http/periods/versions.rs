//! The versions of a period, as answers show them.

use bill::{Amount, BillingPeriod};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use store::snapshot::{BillTotal, Difference, LoadVersion};
use utoipa::ToSchema;

/// One version of one period of one export.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    /// The name of the export.
    #[schema(example = "bedrock-cur2")]
    export: String,
    /// The billing period.
    #[schema(value_type = String, example = "2026-10")]
    period: BillingPeriod,
    /// Counted from 1 for each period of an export.
    #[schema(example = 2)]
    version: i32,
    /// `loading`, `current`, `superseded` or `failed`. Only `current` is served.
    #[schema(example = "current")]
    state: String,
    /// What the manifest was: the SHA-256 of its bytes.
    manifest_identity: String,
    /// When AWS wrote the manifest.
    manifest_written_at: DateTime<Utc>,
    /// When reading began.
    started_at: DateTime<Utc>,
    /// When it was made current, or failed.
    finished_at: Option<DateTime<Utc>>,
    /// Why it failed; never told to a caller who may see a part of the bill.
    failure: Option<String>,
    /// What did not tie out; never told to a caller who may see a part of the bill.
    differences: Vec<VersionDifference>,
    /// Lines of the bill that are in it, Bedrock only; null where the caller may see a part of the bill.
    line_items: Option<i64>,
    /// Rows kept, by day; null where the caller may see a part of the bill.
    rows_kept: Option<i64>,
    /// The first usage date; null where the caller may see a part of the bill.
    first_usage_date: Option<NaiveDate>,
    /// The last usage date; null where the caller may see a part of the bill.
    last_usage_date: Option<NaiveDate>,
    /// Whether the export has the net unblended cost.
    has_net_unblended: bool,
    /// Whether every line of the whole bill carries an invoice id.
    invoiced: bool,
}

/// A part of a version in which the rows and the control question disagree.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionDifference {
    /// The invoice, where set.
    invoice: Option<String>,
    /// The billing entity.
    billing_entity: Option<String>,
    /// The charge type.
    #[schema(example = "Usage")]
    charge_type: Option<String>,
    /// The currency.
    #[schema(example = "USD")]
    currency: Option<String>,
    /// What the control question counted.
    #[schema(value_type = String, example = "12.5")]
    expected: Amount,
    /// What the rows hold.
    #[schema(value_type = String, example = "12.25")]
    found: Amount,
    /// Lines that the control question counted.
    expected_line_items: i64,
    /// Lines that the rows hold.
    found_line_items: i64,
}

/// A part of the whole bill of a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BillPart {
    /// The invoice; null until the month is final.
    invoice: Option<String>,
    /// The billing entity.
    #[schema(example = "AWS")]
    billing_entity: Option<String>,
    /// The charge type.
    #[schema(example = "Usage")]
    charge_type: Option<String>,
    /// The currency.
    #[schema(example = "USD")]
    currency: String,
    /// Unblended cost of all lines.
    #[schema(value_type = String, example = "98211.42")]
    bill_total: Amount,
    /// Unblended cost of Bedrock lines.
    #[schema(value_type = String, example = "1234.5")]
    bedrock_total: Amount,
    /// All lines.
    line_items: i64,
    /// Bedrock lines.
    bedrock_line_items: i64,
}

impl From<LoadVersion> for Version {
    fn from(load: LoadVersion) -> Self {
        Self {
            export: load.export,
            period: load.period,
            version: load.version,
            state: load.state,
            manifest_identity: load.manifest_identity,
            manifest_written_at: load.manifest_written_at,
            started_at: load.started_at,
            finished_at: load.finished_at,
            failure: load.failure,
            differences: load.differences.into_iter().map(VersionDifference::from).collect(),
            line_items: load.line_items,
            rows_kept: load.fact_rows,
            first_usage_date: load.usage_dates.map(|(first, _)| first),
            last_usage_date: load.usage_dates.map(|(_, last)| last),
            has_net_unblended: load.has_net_unblended,
            invoiced: load.invoiced,
        }
    }
}

impl From<Difference> for VersionDifference {
    fn from(difference: Difference) -> Self {
        Self {
            invoice: difference.invoice,
            billing_entity: difference.billing_entity,
            charge_type: difference.charge_type,
            currency: difference.currency,
            expected: difference.expected,
            found: difference.found,
            expected_line_items: difference.expected_line_items,
            found_line_items: difference.found_line_items,
        }
    }
}

impl From<BillTotal> for BillPart {
    fn from(total: BillTotal) -> Self {
        Self {
            invoice: total.invoice,
            billing_entity: total.billing_entity,
            charge_type: total.charge_type,
            currency: total.currency,
            bill_total: total.bill_total,
            bedrock_total: total.bedrock_total,
            line_items: total.line_items,
            bedrock_line_items: total.bedrock_line_items,
        }
    }
}
