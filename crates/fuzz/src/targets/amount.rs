//! Money in text: what is read is written back as the same number, and nothing is rounded on the way.

use bill::Amount;

use super::text;

pub(super) fn check(bytes: &[u8]) {
    let given = text(bytes);
    let Ok(amount) = given.parse::<Amount>() else { return };
    let written = amount.to_string();
    assert_eq!(written.parse(), Ok(amount));
    assert_eq!(plain(&given), plain(&written), "{given} became {written}");
    assert_eq!(amount.checked_add(Amount::ZERO), Some(amount));
    assert_eq!(amount.checked_times(-1).and_then(|minus| minus.checked_add(amount)), Some(Amount::ZERO));
    let json = serde_json::to_string(&amount).expect("an amount is JSON");
    assert_eq!(json, format!("\"{written}\""));
    assert_eq!(serde_json::from_str::<Amount>(&json).expect("its own JSON"), amount);
}

/// Sign and digits of a decimal without zeros that say nothing: whether two texts are one number is told by text alone.
fn plain(text: &str) -> (bool, &str, &str) {
    let digits = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    (text.starts_with('-') && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
}
