//! Rows in the binary format of Postgres's `COPY`.
//!
//! Binary, because a refresh copies a million rows of dates and decimals, which take Postgres half as long as in text.

use bill::Amount;
use chrono::NaiveDate;

use crate::numeric::{BASE, NEGATIVE, PLACES};

/// Rows on their way to Postgres, in the [binary format](https://www.postgresql.org/docs/current/sql-copy.html) of `COPY`.
///
/// Fields are written in the order of the statement's columns, each by the method of its column's type.
#[derive(Debug)]
pub(crate) struct CopyRows(Vec<u8>);

/// Rows are handed to Postgres in pieces of about this size.
const PIECE_BYTES: usize = 256 * 1024;

/// The signature, no flags and no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In place of a number of fields.
const END: i16 = -1;
/// In place of a length.
const NULL: i32 = -1;
/// Postgres counts days from here. There is such a day: this is worked out when it is compiled.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day");

/// Of these an `i128` has no more than ten.
const MOST_DIGITS: usize = 10;

impl Default for CopyRows {
    fn default() -> Self {
        Self(HEADER.to_vec())
    }
}

impl CopyRows {
    /// Begins a row.
    pub(crate) fn row(&mut self, fields: i16) -> &mut Self {
        self.0.extend_from_slice(&fields.to_be_bytes());
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.0.extend_from_slice(&NULL.to_be_bytes());
        self
    }

    pub(crate) fn integer(&mut self, value: i32) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    pub(crate) fn bigint(&mut self, value: i64) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    /// The bytes of a short text in UTF-8: a code, a word.
    pub(crate) fn text(&mut self, text: &[u8]) -> &mut Self {
        self.field(text)
    }

    pub(crate) fn date(&mut self, day: NaiveDate) -> &mut Self {
        self.integer(day.to_epoch_days() - FIRST_DAY.to_epoch_days())
    }

    pub(crate) fn numeric(&mut self, amount: Amount) -> &mut Self {
        let (mut digits, mut count) = ([0_u16; MOST_DIGITS], 0);
        let mut rest = amount.raw().unsigned_abs();
        // What fits in 64 bits is divided many times faster.
        while rest > u128::from(u64::MAX) {
            digits[count] = digit(u64::try_from(rest % u128::from(BASE)).unwrap_or_default());
            rest /= u128::from(BASE);
            count += 1;
        }
        let mut rest = u64::try_from(rest).unwrap_or_default();
        while rest > 0 {
            digits[count] = digit(rest % BASE);
            rest /= BASE;
            count += 1;
        }
        let zeros = digits[..count].iter().take_while(|digit| **digit == 0).count();
        let written = &digits[zeros..count];
        let length = |digits: usize| i16::try_from(digits).unwrap_or_default();
        self.0.extend_from_slice(&(8 + 2 * i32::from(length(written.len()))).to_be_bytes());
        self.0.extend_from_slice(&length(written.len()).to_be_bytes());
        // The first digit counts for this power of the base.
        self.0.extend_from_slice(&(length(count) - length(PLACES) - 1).to_be_bytes());
        self.0.extend_from_slice(&(if amount.raw() < 0 { NEGATIVE } else { 0 }).to_be_bytes());
        self.0.extend_from_slice(&length(Amount::SCALE as usize).to_be_bytes());
        for digit in written.iter().rev() {
            self.0.extend_from_slice(&digit.to_be_bytes());
        }
        self
    }

    fn field(&mut self, bytes: &[u8]) -> &mut Self {
        // Numbers, days and codes of currencies: at most sixteen bytes.
        let length = i32::try_from(bytes.len()).expect("a field of less than two gigabytes");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Says that no row follows.
    pub(crate) fn end(&mut self) {
        self.0.extend_from_slice(&END.to_be_bytes());
    }

    /// Whether there is enough to be sent.
    pub(crate) fn is_a_piece(&self) -> bool {
        self.0.len() >= PIECE_BYTES
    }

    /// Gives away what has been written so far, to be sent.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::replace(&mut self.0, Vec::with_capacity(PIECE_BYTES + PIECE_BYTES / 8))
    }
}

/// What remains of a division by the base always fits.
fn digit(value: u64) -> u16 {
    u16::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::numeric::amounts;

    #[sqlx::test(migrations = false)]
    async fn postgres_reads_what_was_written(pool: PgPool) {
        let amounts = amounts();
        let mut connection = pool.acquire().await.expect("a connection");
        sqlx::raw_sql("create temp table t (n integer, day date, text text, big bigint, amount numeric(38, 12))")
            .execute(&mut *connection)
            .await
            .expect("a table");
        let mut copy = connection.copy_in_raw("copy t from stdin (format binary)").await.expect("a copy");
        let mut rows = CopyRows::default();
        let first = NaiveDate::from_ymd_opt(1999, 12, 30).expect("a day");
        for (number, amount) in (0_u32..).zip(&amounts) {
            let day = first + chrono::Days::new(u64::from(number));
            let number = i32::try_from(number).expect("a few");
            rows.row(5).integer(number).date(day).text("Grüße\t\\".as_bytes()).bigint(i64::MIN).numeric(*amount);
        }
        rows.row(5).null().null().null().null().null().end();
        copy.send(rows.take()).await.expect("the rows");
        assert_eq!(copy.finish().await.expect("the end"), amounts.len() as u64 + 1);

        let read: Vec<String> = sqlx::query_scalar(
            "select coalesce(n || ' ' || day || ' ' || text || ' ' || big || ' ' || trim_scale(amount), 'nothing')
               from t order by n",
        )
        .fetch_all(&mut *connection)
        .await
        .expect("what was written");
        let mut written: Vec<String> = (0..)
            .zip(&amounts)
            .map(|(number, amount)| {
                format!("{number} {} Grüße\t\\ {} {amount}", first + chrono::Days::new(number), i64::MIN)
            })
            .collect();
        written.push("nothing".to_owned());
        assert_eq!(read, written);
    }
}
