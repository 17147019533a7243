use arrow::array::RecordBatch;
use bill::principal::RECORDED_SINCE;
use chrono::NaiveDate;

use super::RefreshError;
use super::columns::{Amounts, Counts, Days, Texts};

/// The columns that say what a line charges for, in the order in which [`super::charge::read_charge`] takes them.
const CHARGE_COLUMNS: [&str; 16] = [
    "billing_entity",
    "invoice_id",
    "legal_entity",
    "charge_type",
    "product_code",
    "product_name",
    "operation",
    "usage_type",
    "region_code",
    "product_model",
    "product_provider",
    "product_inference_type",
    "product_feature",
    "pricing_unit",
    "description_unit",
    "resource_id",
];

/// What one row of `sql/daily_cost.sql` says in words.
pub(crate) struct RowText<'b> {
    pub(crate) usage_date: NaiveDate,
    pub(crate) payer: Option<&'b str>,
    pub(crate) account: Option<&'b str>,
    pub(crate) account_name: Option<&'b str>,
    pub(crate) principal: Option<&'b str>,
    /// The maps `tags`, `resource_tags` and `cost_category`, as JSON.
    pub(crate) tags: [Option<&'b str>; 3],
    pub(crate) charge: [Option<&'b str>; 16],
    pub(crate) currency: [u8; 3],
}

impl RowText<'_> {
    /// No principal, because AWS did not record them yet.
    pub(crate) fn predates_principals(&self) -> bool {
        self.principal.is_none() && self.usage_date < RECORDED_SINCE
    }
}

/// The rows of a batch.
pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<RowText<'_>>, RefreshError> {
    let texts = |name| Texts::of(batch, name);
    let charge = CHARGE_COLUMNS.into_iter().map(texts).collect::<Result<Vec<_>, _>>()?;
    let tags = ["tags", "resource_tags", "cost_category"].into_iter().map(texts).collect::<Result<Vec<_>, _>>()?;
    let days = Days::of(batch, "usage_date")?;
    let (payer, account) = (texts("payer_account_id")?, texts("usage_account_id")?);
    let (account_name, principal) = (texts("usage_account_name")?, texts("iam_principal")?);
    let currencies = texts("currency")?;
    (0..batch.num_rows())
        .map(|row| {
            Ok(RowText {
                usage_date: days.get(row).ok_or(RefreshError::NoUsageDate)?,
                payer: payer.get(row)?,
                account: account.get(row)?,
                account_name: account_name.get(row)?,
                principal: principal.get(row)?.filter(|arn| !arn.trim().is_empty()),
                tags: take(&tags, row)?,
                charge: take(&charge, row)?,
                currency: currency(currencies.get(row)?)?,
            })
        })
        .collect()
}

fn take<'b, const N: usize>(columns: &[Texts<'b>], row: usize) -> Result<[Option<&'b str>; N], RefreshError> {
    let mut values = [None; N];
    for (value, column) in values.iter_mut().zip(columns) {
        *value = column.get(row)?;
    }
    Ok(values)
}

/// A currency is three capital letters, or the bill cannot be added up.
pub(crate) fn currency(text: Option<&str>) -> Result<[u8; 3], RefreshError> {
    let wrong = || RefreshError::Currency { found: text.unwrap_or("nothing").chars().take(20).collect() };
    let code: [u8; 3] = text.unwrap_or_default().as_bytes().try_into().map_err(|_| wrong())?;
    if code.iter().all(u8::is_ascii_uppercase) { Ok(code) } else { Err(wrong()) }
}

/// What the rows of a batch cost.
pub(crate) struct Money<'b> {
    pub(crate) unblended: Amounts<'b>,
    pub(crate) net_unblended: Amounts<'b>,
    pub(crate) list: Amounts<'b>,
    pub(crate) quantity: Amounts<'b>,
    pub(crate) line_items: Counts<'b>,
}

impl<'b> Money<'b> {
    pub(crate) fn of(batch: &'b RecordBatch) -> Result<Self, RefreshError> {
        Ok(Self {
            unblended: Amounts::of(batch, "unblended_cost")?,
            net_unblended: Amounts::of(batch, "net_unblended_cost")?,
            list: Amounts::of(batch, "list_cost")?,
            quantity: Amounts::of(batch, "usage_quantity")?,
            line_items: Counts::of(batch, "line_items")?,
        })
    }
}
