//! Decimals as Postgres sends and receives them: digits of base 10,000.

use bill::Amount;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Postgres, Type};

/// Postgres keeps decimals as digits of this base: three of them are the twelve places of an [`Amount`].
pub(crate) const BASE: u64 = 10_000;
/// How many digits stand after the point of an [`Amount`].
pub(crate) const PLACES: usize = Amount::SCALE as usize / 4;
/// What says that a decimal is below zero.
pub(crate) const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0;

/// A decimal of at most twelve places, to be read from a column.
pub(crate) struct Numeric(pub(crate) Amount);

impl Type<Postgres> for Numeric {
    fn type_info() -> PgTypeInfo {
        // Built-in types have the same number in every database: this is `numeric`.
        PgTypeInfo::with_oid(Oid(1700))
    }
}

impl Decode<'_, Postgres> for Numeric {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Text => Ok(Self(value.as_str()?.parse()?)),
            PgValueFormat::Binary => read(value.as_bytes()?).map(Self),
        }
    }
}

/// Reads the binary form: how many digits, the power of the base that the first counts for, the sign, how many places are
/// shown, and the digits.
fn read(bytes: &[u8]) -> Result<Amount, BoxDynError> {
    let mut words = bytes.chunks_exact(2).map(|word| u16::from_be_bytes([word[0], word[1]]));
    let mut word = || words.next().ok_or("a decimal that is cut off");
    let (count, weight, sign, _shown) = (word()?, word()?.cast_signed(), word()?, word()?);
    if sign != POSITIVE && sign != NEGATIVE {
        return Err("a decimal that is no number, or infinite".into());
    }
    let too_large = || "a decimal that is too large for an amount";
    // How many digits of the smallest unit follow.
    let mut follow = i32::from(weight) + PLACES as i32 + 1;
    let mut units = 0_i128;
    for _ in 0..count {
        let digit = word()?;
        follow -= 1;
        if follow < 0 {
            return Err("a decimal of more than twelve places".into());
        }
        units = units
            .checked_mul(i128::from(BASE))
            .and_then(|units| units.checked_add(digit.into()))
            .ok_or_else(too_large)?;
    }
    // Zeros at the end are not sent.
    if units != 0 {
        let power = i128::from(BASE).checked_pow(follow.unsigned_abs()).ok_or_else(too_large)?;
        units = units.checked_mul(power).ok_or_else(too_large)?;
    }
    Ok(Amount::from_raw(if sign == NEGATIVE { -units } else { units }))
}

/// Amounts of every size: powers of ten with what stands next to them, of both signs.
#[cfg(test)]
pub(crate) fn amounts() -> Vec<Amount> {
    let powers = (0..38).map(|power| 10_i128.pow(power));
    let beside = powers.flat_map(|power| [power, power - 1, power + 1, power * 3, power / 7]);
    let ends = [i128::from(u64::MAX), i128::from(u64::MAX) + 1, 10_i128.pow(38) - 1];
    let units = beside.chain(ends).filter(|units| *units < 10_i128.pow(38));
    units.flat_map(|units| [units, -units]).map(Amount::from_raw).collect()
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;

    #[sqlx::test(migrations = false)]
    async fn what_postgres_sends_is_read(pool: PgPool) {
        let amounts = amounts();
        let texts: Vec<String> = amounts.iter().map(Amount::to_string).collect();
        let sent =
            "select text::numeric(38, 12) from unnest($1::text[]) with ordinality as sent (text, place) order by place";
        let read: Vec<Numeric> = sqlx::query_scalar(sent).bind(&texts).fetch_all(&pool).await.expect("amounts");
        assert_eq!(read.into_iter().map(|Numeric(amount)| amount).collect::<Vec<_>>(), amounts);
        // A sum shows no places where there is nothing to be added up, and may have zeros within.
        let shown: Vec<Numeric> = sqlx::query_scalar("values (0::numeric), (1000000000000), (10000.00000001)")
            .fetch_all(&pool)
            .await
            .expect("amounts");
        assert_eq!(
            shown.iter().map(|Numeric(amount)| amount.to_string()).collect::<Vec<_>>(),
            ["0", "1000000000000", "10000.00000001"]
        );
    }

    /// What is asked without being prepared comes as text.
    #[sqlx::test(migrations = false)]
    async fn text_is_read_as_well(pool: PgPool) {
        use sqlx::Row;
        let row = sqlx::raw_sql("select -1.50::numeric").fetch_one(&pool).await.expect("an amount");
        let Numeric(amount) = row.try_get(0).expect("an amount");
        assert_eq!(amount.to_string(), "-1.5");
    }

    #[sqlx::test(migrations = false)]
    async fn what_is_no_amount_is_refused(pool: PgPool) {
        for (sent, reason) in [
            ("NaN", "no number"),
            ("-Infinity", "infinite"),
            ("0.0000000000001", "twelve places"),
            ("1e30", "too large"),
        ] {
            let query = sqlx::query_scalar::<_, Numeric>("select $1::text::numeric").bind(sent);
            let Err(error) = query.fetch_one(&pool).await else { panic!("{sent} is no amount") };
            assert!(format!("{error:?}").contains(reason), "{sent}: {error:?}");
        }
    }
}
