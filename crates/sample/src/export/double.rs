//! The one place where an amount becomes a double: cost columns of CUR 2.0 are doubles, and nothing else here is.
#![expect(clippy::float_arithmetic, reason = "CUR 2.0 carries its costs as doubles; this is where they are made")]

use bill::Amount;

const UNITS: f64 = 1e12;

/// The double nearest to an amount: what AWS would write for it.
pub(super) fn nearest(amount: Amount) -> f64 {
    if amount.raw().unsigned_abs() < 1 << 53 {
        // Both numbers are whole and exact, and a division is rounded correctly.
        amount.raw() as f64 / UNITS
    } else {
        // The text of an amount is always a number.
        amount.to_string().parse().unwrap_or(f64::NAN)
    }
}

/// Whether a reader that casts the double to decimal(38,12) gets the amount back to the last digit.
///
/// Engines multiply by 10^12 as a double and round. Two roundings of 2^-53 each move nothing below 2^51 units, which is
/// 2251.79; above it depends on the digits.
pub(super) fn is_exact(amount: Amount) -> bool {
    (nearest(amount) * UNITS).round() as i128 == amount.raw()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_amount_below_two_thousand_survives_the_cast(units in -2_000_000_000_000_000_i128..2_000_000_000_000_000) {
            let amount = Amount::from_raw(units);
            prop_assert!(is_exact(amount));
            prop_assert_eq!(nearest(amount), amount.to_string().parse::<f64>().unwrap());
        }
    }

    #[test]
    fn a_published_cost_is_the_double_that_its_text_is() {
        for text in ["0.0693", "0.2145", "0.1980", "0.9900", "-12.345678901234", "0.000000000001", "9007.199254740993"]
        {
            let amount: Amount = text.parse().expect("an amount");
            assert_eq!(nearest(amount), text.parse::<f64>().expect("a double"), "{text}");
        }
    }

    #[test]
    fn whole_amounts_and_small_ones_survive_the_cast() {
        for text in ["0", "1999.999999999999", "-1999.999999999999", "250000", "31000000"] {
            assert!(is_exact(text.parse().expect("an amount")), "{text}");
        }
        assert!(!is_exact("54321.123456789123".parse().expect("an amount")));
    }
}
