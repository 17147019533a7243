use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// An exact decimal with twelve places after the point and up to 26 before it: `decimal(38,12)`.
///
/// Costs and quantities of the bill are read as this, summed as this and stored as this (`numeric(38,12)` in Postgres,
/// `Decimal128(38, 12)` in Arrow). It has no currency of its own: a currency stands beside it wherever it goes.
/// In text and in JSON it is a plain decimal without trailing zeros: `0.0693`, `-12`, `0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Amount(i128);

impl Amount {
    /// Digits kept after the decimal point.
    pub const SCALE: u32 = 12;
    /// Nothing.
    pub const ZERO: Self = Self(0);
    const ONE: i128 = 10_i128.pow(Self::SCALE);
    const ONE_IN_64_BITS: u64 = 10_u64.pow(Self::SCALE);

    /// From a count of 10⁻¹² units: the raw value of an Arrow `Decimal128(38, 12)`.
    pub const fn from_raw(units: i128) -> Self {
        Self(units)
    }

    /// The count of 10⁻¹² units.
    pub const fn raw(self) -> i128 {
        self.0
    }

    /// A whole number.
    pub const fn from_integer(whole: i64) -> Self {
        Self(whole as i128 * Self::ONE)
    }

    /// Whether this is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The value without its sign.
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// This many times the amount; `None` beyond the 38 digits.
    pub fn checked_times(self, factor: i64) -> Option<Self> {
        self.0.checked_mul(i128::from(factor)).map(Self)
    }

    /// The sum, or `None` beyond the 38 digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// `self ÷ base` in percent, rounded to two places, halves to the even digit; `None` where the base is zero.
    ///
    /// For showing how much a figure changed. It never enters a sum.
    pub fn percent_of(self, base: Self) -> Option<Self> {
        if base.0 == 0 {
            return None;
        }
        let hundredths = divide_half_even(self.0.checked_mul(10_000)?, base.0);
        Some(Self(hundredths.checked_mul(Self::ONE / 100)?))
    }

    /// The nearest whole number as an amount, halves away from zero.
    pub fn rounded(self) -> Self {
        if self.is_zero() { self } else { Self(self.round_to_integer() * Self::ONE) }
    }

    /// The nearest whole number, halves away from zero.
    pub fn round_to_integer(self) -> i128 {
        divide_rounding(self.0, Self::ONE)
    }
}

fn divide_rounding(dividend: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (dividend / divisor, dividend % divisor);
    if remainder.abs() >= divisor.abs() - remainder.abs() {
        quotient + dividend.signum() * divisor.signum()
    } else {
        quotient
    }
}

fn divide_half_even(dividend: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (dividend / divisor, dividend % divisor);
    // Beyond the half away from zero, at the half to the even one of its neighbours.
    let rest = divisor.abs() - remainder.abs();
    if remainder.abs() > rest || (remainder.abs() == rest && quotient % 2 != 0) {
        quotient + dividend.signum() * divisor.signum()
    } else {
        quotient
    }
}

/// The longest text: a sign, 27 digits, the point and 12 digits.
const LONGEST_TEXT: usize = 41;

/// Room for the text of an amount, which is then written without allocating: an answer holds many thousands of them.
#[derive(Clone, Debug)]
pub struct AmountText([u8; LONGEST_TEXT]);

impl Default for AmountText {
    fn default() -> Self {
        Self([b'0'; LONGEST_TEXT])
    }
}

impl AmountText {
    /// The amount as [`Display`](fmt::Display) shows it.
    pub fn of(&mut self, amount: Amount) -> &str {
        let units = amount.0.unsigned_abs();
        // Nearly all amounts of a bill fit in 64 bits, whose division is many times faster.
        let (whole, fraction) = match u64::try_from(units) {
            Ok(units) => (u128::from(units / Amount::ONE_IN_64_BITS), units % Amount::ONE_IN_64_BITS),
            Err(_) => {
                let one = u128::from(Amount::ONE_IN_64_BITS);
                (units / one, u64::try_from(units % one).unwrap_or_default())
            }
        };
        let mut start = self.write_fraction(fraction);
        start = self.write_whole(whole, start);
        if amount.0 < 0 {
            start -= 1;
            self.0[start] = b'-';
        }
        std::str::from_utf8(&self.0[start..]).unwrap_or_default()
    }

    /// From the end of the text, without trailing zeros; gives the place where it starts.
    fn write_fraction(&mut self, mut fraction: u64) -> usize {
        let mut start = LONGEST_TEXT;
        if fraction == 0 {
            return start;
        }
        let mut digits = Amount::SCALE;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            digits -= 1;
        }
        for _ in 0..digits {
            start -= 1;
            self.0[start] = digit(fraction % 10);
            fraction /= 10;
        }
        start -= 1;
        self.0[start] = b'.';
        start
    }

    fn write_whole(&mut self, whole: u128, mut start: usize) -> usize {
        let mut rest = whole;
        // Beyond 64 bits one digit at a time, the slow way; what remains the fast way.
        let mut low = loop {
            if let Ok(low) = u64::try_from(rest) {
                break low;
            }
            start -= 1;
            self.0[start] = digit(u64::try_from(rest % 10).unwrap_or_default());
            rest /= 10;
        };
        loop {
            start -= 1;
            self.0[start] = digit(low % 10);
            low /= 10;
            if low == 0 {
                return start;
            }
        }
    }
}

/// What remains of a division by ten always fits.
fn digit(value: u64) -> u8 {
    b'0' + u8::try_from(value).unwrap_or_default()
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(AmountText::default().of(*self))
    }
}

/// A text that is not an exact decimal of this size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a decimal number with at most 26 digits before and 12 after the point")]
pub struct ParseAmountError(String);

impl FromStr for Amount {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseAmountError(text.chars().take(60).collect());
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let kept = fraction.trim_end_matches('0');
        if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) || kept.len() > 12 {
            return Err(error());
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| error())? };
        let fraction: i128 = format!("{kept:0<12}").parse().map_err(|_| error())?;
        let units = whole.checked_mul(Self::ONE).and_then(|units| units.checked_add(fraction)).ok_or_else(error)?;
        Ok(Self(if negative { -units } else { units }))
    }
}

impl TryFrom<String> for Amount {
    type Error = ParseAmountError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(AmountText::default().of(*self))
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Amount> for Amount {
    fn sum<I: Iterator<Item = &'a Amount>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().expect(text)
    }

    #[test]
    fn trailing_zeros_are_not_shown() {
        for (text, shown) in
            [("0.0693", "0.0693"), ("0.1980", "0.198"), ("-12.000", "-12"), ("0", "0"), (".5", "0.5"), ("-0", "0")]
        {
            assert_eq!(amount(text).to_string(), shown);
        }
    }

    #[test]
    fn a_whole_number_is_the_nearest() {
        for (text, whole) in [("0", "0"), ("0.4", "0"), ("0.5", "1"), ("-0.5", "-1"), ("15400.000000000001", "15400")] {
            assert_eq!(amount(text).rounded().to_string(), whole);
            assert_eq!(amount(text).round_to_integer().to_string(), whole);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_rather_than_rounded() {
        for text in ["", "-", ".", "1e3", "0.0000000000001", "1,5", "NaN", "999999999999999999999999999999"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_change_is_shown_in_percent_of_the_base() {
        assert_eq!(amount("1").percent_of(amount("3")).map(|p| p.to_string()), Some("33.33".into()));
        assert_eq!(amount("-2").percent_of(amount("3")).map(|p| p.to_string()), Some("-66.67".into()));
        assert_eq!(amount("1").percent_of(Amount::ZERO), None);
        // 0.005, 0.015 and 0.025 percent, up and down.
        for (part, shown) in [("1", "0"), ("3", "0.02"), ("5", "0.02"), ("-1", "0"), ("-3", "-0.02"), ("-5", "-0.02")] {
            let percent = amount(part).percent_of(amount("20000"));
            assert_eq!(percent.map(|percent| percent.to_string()), Some(shown.to_owned()), "{part}");
        }
    }

    proptest! {
        #[test]
        fn text_and_value_say_the_same(units in any::<i64>().prop_map(i128::from)) {
            let value = Amount::from_raw(units * 1_000_003);
            prop_assert_eq!(value.to_string().parse::<Amount>(), Ok(value));
        }

        #[test]
        fn text_is_the_whole_and_twelve_digits_without_trailing_zeros(units in prop_oneof![
            any::<i128>(),
            any::<i64>().prop_map(i128::from),
            -2_000_000..2_000_000_i128,
            any::<i64>().prop_map(|whole| i128::from(whole) * Amount::ONE),
        ]) {
            let (sign, positive) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
            let one = Amount::ONE.unsigned_abs();
            let long = format!("{sign}{}.{:012}", positive / one, positive % one);
            prop_assert_eq!(Amount::from_raw(units).to_string(), long.trim_end_matches('0').trim_end_matches('.'));
        }

        #[test]
        fn the_order_of_a_sum_does_not_matter(mut units in proptest::collection::vec(any::<i64>(), 0..40)) {
            let forwards: Amount = units.iter().map(|unit| Amount::from_raw(i128::from(*unit))).sum();
            units.reverse();
            let backwards: Amount = units.iter().map(|unit| Amount::from_raw(i128::from(*unit))).sum();
            prop_assert_eq!(forwards, backwards);
        }
    }
}
