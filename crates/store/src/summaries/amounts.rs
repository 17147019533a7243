use bill::Amount;

/// What a whole number is in the smallest unit of an amount.
const ONE: i128 = 10_i128.pow(Amount::SCALE);

/// Amounts one after another, as counts of a unit that fit in half the space where all of them do: a question adds up tens of
/// thousands of them, and waits for memory more than it counts.
#[derive(Debug)]
pub(super) enum Amounts {
    Counts { unit: i128, counts: Vec<i64> },
    Full(Vec<Amount>),
}

impl Default for Amounts {
    fn default() -> Self {
        Self::Full(Vec::new())
    }
}

impl FromIterator<Amount> for Amounts {
    fn from_iter<I: IntoIterator<Item = Amount>>(amounts: I) -> Self {
        let amounts: Vec<Amount> = amounts.into_iter().collect();
        // Tokens are whole numbers; costs have up to twelve places.
        let found = [ONE, 1].into_iter().find_map(|unit| Some((unit, counts_of(unit, &amounts)?)));
        found.map_or(Self::Full(amounts), |(unit, counts)| Self::Counts { unit, counts })
    }
}

fn counts_of(unit: i128, amounts: &[Amount]) -> Option<Vec<i64>> {
    let count = |amount: &Amount| match amount.raw() % unit {
        0 => i64::try_from(amount.raw() / unit).ok(),
        _ => None,
    };
    amounts.iter().map(count).collect()
}

impl Amounts {
    pub(super) fn get(&self, place: usize) -> Amount {
        match self {
            Self::Counts { unit, counts } => Amount::from_raw(i128::from(counts[place]) * unit),
            Self::Full(amounts) => amounts[place],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_come_out_as_they_went_in() {
        let texts = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("an amount")).collect::<Vec<Amount>>();
        let largest = Amount::from_raw(i128::MAX);
        for (amounts, unit) in [
            (texts(&["0", "-1", "9223372036854775807", "-9223372036854775808"]), Some(ONE)),
            (texts(&["0.000000000001", "-9223372.036854775808", "9223372.036854775807"]), Some(1)),
            (texts(&["9223372.036854775808", "1"]), None),
            (vec![largest, -largest], None),
        ] {
            let kept: Amounts = amounts.iter().copied().collect();
            assert_eq!((0..amounts.len()).map(|place| kept.get(place)).collect::<Vec<_>>(), amounts);
            let found = match kept {
                Amounts::Counts { unit, .. } => Some(unit),
                Amounts::Full(_) => None,
            };
            assert_eq!(found, unit, "{amounts:?}");
        }
    }
}
