use arrow::array::RecordBatch;
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

/// The columns in which rows of `sql/daily_cost.sql` say something in words.
///
/// Of a million rows most say the same as others. Texts lie in a batch in such a way that rows with the same [`Views`] have the
/// same texts: whoever has seen them need not look at these again.
pub(crate) struct Rows<'b> {
    count: usize,
    days: Days<'b>,
    charge: [Texts<'b>; 16],
    /// The maps `tags`, `resource_tags` and `cost_category`, as JSON.
    tags: [Texts<'b>; 3],
    principal: Texts<'b>,
    /// Who pays, and who uses.
    accounts: [Texts<'b>; 2],
    /// The account that uses, and its name.
    names: [Texts<'b>; 2],
    currency: Texts<'b>,
}

/// Where the texts of some columns of a row lie.
pub(super) type Views<const N: usize> = [u128; N];

impl<'b> Rows<'b> {
    pub(crate) fn of(batch: &'b RecordBatch) -> Result<Self, RefreshError> {
        Ok(Self {
            count: batch.num_rows(),
            days: Days::of(batch, "usage_date")?,
            charge: texts(batch, CHARGE_COLUMNS)?,
            tags: texts(batch, ["tags", "resource_tags", "cost_category"])?,
            principal: Texts::of(batch, "iam_principal")?,
            accounts: texts(batch, ["payer_account_id", "usage_account_id"])?,
            names: texts(batch, ["usage_account_id", "usage_account_name"])?,
            currency: Texts::of(batch, "currency")?,
        })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn usage_date(&self, row: usize) -> Result<NaiveDate, RefreshError> {
        self.days.get(row).ok_or(RefreshError::NoUsageDate)
    }

    pub(crate) fn currency(&self, row: usize) -> Result<[u8; 3], RefreshError> {
        currency(self.currency.get(row)?)
    }

    /// What it charges for, as [`super::charge::read_charge`] takes it.
    pub(super) fn charge(&self, row: usize) -> Result<[Option<&'b str>; 16], RefreshError> {
        said(&self.charge, row)
    }

    pub(super) fn charge_views(&self, row: usize) -> Views<16> {
        views(&self.charge, row)
    }

    pub(super) fn tags(&self, row: usize) -> Result<[Option<&'b str>; 3], RefreshError> {
        said(&self.tags, row)
    }

    pub(super) fn tag_views(&self, row: usize) -> Views<3> {
        views(&self.tags, row)
    }

    pub(super) fn principal(&self, row: usize) -> Result<Option<&'b str>, RefreshError> {
        Ok(self.principal.get(row)?.filter(|arn| !arn.trim().is_empty()))
    }

    pub(super) fn principal_view(&self, row: usize) -> Views<1> {
        [self.principal.view(row)]
    }

    /// Who pays, and who uses.
    pub(super) fn accounts(&self, row: usize) -> Result<[Option<&'b str>; 2], RefreshError> {
        said(&self.accounts, row)
    }

    pub(super) fn account_views(&self, row: usize) -> Views<2> {
        views(&self.accounts, row)
    }

    /// The account that uses, and its name.
    pub(super) fn account_name(&self, row: usize) -> Result<[Option<&'b str>; 2], RefreshError> {
        said(&self.names, row)
    }

    pub(super) fn account_name_views(&self, row: usize) -> Views<2> {
        views(&self.names, row)
    }
}

fn texts<'b, const N: usize>(batch: &'b RecordBatch, names: [&'static str; N]) -> Result<[Texts<'b>; N], RefreshError> {
    let columns = names.into_iter().map(|name| Texts::of(batch, name)).collect::<Result<Vec<_>, _>>()?;
    Ok(std::array::from_fn(|place| columns[place]))
}

fn said<'b, const N: usize>(columns: &[Texts<'b>; N], row: usize) -> Result<[Option<&'b str>; N], RefreshError> {
    let mut values = [None; N];
    for (value, column) in values.iter_mut().zip(columns) {
        *value = column.get(row)?;
    }
    Ok(values)
}

fn views<const N: usize>(columns: &[Texts<'_>; N], row: usize) -> Views<N> {
    columns.each_ref().map(|column| column.view(row))
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
