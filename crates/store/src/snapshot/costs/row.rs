//! A row of the answer, read.

use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, Row};

use crate::error::{Doing, StoreError};
use crate::numeric::Numeric;
use crate::snapshot::{ArrangedRow, Arrangement, CostQuestion, CostRow, Dimension, Granularity, Tokens, Values};

/// Reads the columns in the order in which they were selected.
pub(in crate::snapshot) fn read_row(
    row: &PgRow,
    question: &CostQuestion,
    arrangement: &Arrangement,
) -> Result<ArrangedRow, StoreError> {
    let mut columns = Columns { row, next: 0 };
    let (mut period, mut date) = (None, None);
    match question.granularity {
        Granularity::Total => {}
        Granularity::Monthly => period = Some(BillingPeriod::containing(columns.take::<NaiveDate>()?)),
        Granularity::Daily => date = Some(columns.take()?),
    }
    let dimensions = question.group_by.iter().map(|_| columns.take()).collect::<Result<_, _>>()?;
    let principal_arn = if question.group_by.contains(&Dimension::Principal) { columns.take()? } else { None };
    let account_name = if question.group_by.contains(&Dimension::Account) { columns.take()? } else { None };
    let currency = columns.take::<&str>()?.into();
    let cost = columns.amount()?;
    let compared = if arrangement.compare.is_some() { Some(columns.amount()?) } else { None };
    let tokens = Tokens {
        input: columns.amount()?,
        output: columns.amount()?,
        cache_read: columns.amount()?,
        cache_write: columns.amount()?,
    };
    let line_items = columns.take()?;
    let folded = if arrangement.top.is_some() { Some(columns.take()?) } else { None };
    let values = Values::told_beside(dimensions, principal_arn, account_name);
    let row = CostRow { period, date, values, cost, currency, tokens, line_items };
    Ok(ArrangedRow { row, compared, folded })
}

/// The columns of a row, one after another.
struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    fn take<T>(&mut self) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        let position = self.next;
        self.next += 1;
        self.row.try_get(position).doing("the reading of a row of costs")
    }

    fn amount(&mut self) -> Result<Amount, StoreError> {
        self.take().map(|Numeric(amount)| amount)
    }
}
