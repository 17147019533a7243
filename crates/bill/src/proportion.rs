//! The rule of three over exact decimals.

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::Amount;

/// `part × of ÷ whole`, worked out exactly and then rounded to so many places, halves to the even digit. `None` where the
/// whole is nothing, or the result has more than 38 digits.
///
/// A price per million tokens is `proportion(cost, one million, tokens, 6)`; what some tokens would have cost at the price of
/// others is `proportion(some, cost of the others, the others, 12)`. For showing: it never enters a sum of the bill.
///
/// # Panics
/// Never: more than twelve places are twelve.
pub fn proportion(part: Amount, of: Amount, whole: Amount, places: u32) -> Option<Amount> {
    if whole.is_zero() {
        return None;
    }
    let step = 10_i128.pow(Amount::SCALE - places.min(Amount::SCALE));
    let dividend = BigInt::from(part.raw()) * of.raw();
    let steps = divide_half_even(&dividend, &(BigInt::from(whole.raw()) * step));
    i128::try_from(steps * step).ok().map(Amount::from_raw)
}

fn divide_half_even(dividend: &BigInt, divisor: &BigInt) -> BigInt {
    let (quotient, remainder) = (dividend / divisor, dividend % divisor);
    let twice = remainder.magnitude() * 2_u32;
    let rounds_up = match twice.cmp(divisor.magnitude()) {
        Ordering::Less => false,
        Ordering::Equal => quotient.bit(0),
        Ordering::Greater => true,
    };
    match (rounds_up, dividend.sign() == divisor.sign()) {
        (false, _) => quotient,
        // Away from zero: the quotient was cut towards it.
        (true, true) => quotient + 1,
        (true, false) => quotient - 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().expect(text)
    }

    fn shown(part: &str, of: &str, whole: &str, places: u32) -> Option<String> {
        proportion(amount(part), amount(of), amount(whole), places).map(|amount| amount.to_string())
    }

    #[test]
    fn a_price_per_million_tokens() {
        assert_eq!(shown("3", "1000000", "1000000", 6).as_deref(), Some("3"));
        assert_eq!(shown("0.0693", "1000000", "15400", 6).as_deref(), Some("4.5"));
        assert_eq!(shown("1", "1000000", "3", 6).as_deref(), Some("333333.333333"));
        assert_eq!(shown("1", "1000000", "0", 6), None);
        // More than an i128 holds on the way, and not in the end.
        let large = shown("98765432109876.5", "1000000", "90000000000000", 6);
        assert_eq!(large.as_deref(), Some("1097393.69011"));
        assert_eq!(shown("90000000000000000000000000", "90000000000000000000000000", "1", 6), None);
    }

    #[test]
    fn halves_go_to_the_even_digit_on_both_sides_of_zero() {
        for (part, rounded) in [
            ("0.25", "0.2"),
            ("0.35", "0.4"),
            ("0.251", "0.3"),
            ("-0.25", "-0.2"),
            ("-0.35", "-0.4"),
            ("-0.251", "-0.3"),
        ] {
            assert_eq!(shown(part, "1", "1", 1).as_deref(), Some(rounded), "{part}");
            assert_eq!(shown(part, "-1", "-1", 1).as_deref(), Some(rounded), "{part}");
        }
    }

    proptest! {
        #[test]
        fn the_whole_gives_what_it_is_of(of in any::<i64>(), whole in any::<i64>().prop_filter("not zero", |whole| *whole != 0)) {
            let (of, whole) = (Amount::from_raw(i128::from(of)), Amount::from_raw(i128::from(whole)));
            prop_assert_eq!(proportion(whole, of, whole, 12), Some(of));
            prop_assert_eq!(proportion(Amount::ZERO, of, whole, 12), Some(Amount::ZERO));
        }

        #[test]
        fn what_is_rounded_is_off_by_half_a_step_at_most(part in any::<i32>(), of in any::<i32>(), whole in 1..i32::MAX) {
            let rounded = proportion(Amount::from_integer(part.into()), Amount::from_integer(of.into()), Amount::from_integer(whole.into()), 6);
            let rounded = BigInt::from(rounded.expect("it fits").raw());
            let exact = BigInt::from(part) * of * 10_i64.pow(12);
            let error = exact - rounded * whole;
            prop_assert!(error.magnitude() * 2_u32 <= *(BigInt::from(whole) * 10_i64.pow(6)).magnitude());
        }
    }
}
