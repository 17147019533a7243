//! `as_of`: which data version answers, by its number or by a day.

use store::snapshot::AsOf;

use super::fault::{Fault, Faults, shown};
use super::parameters::Parameters;
use super::scope::parse_day;

/// How it is written, as a regular expression.
pub(crate) const PATTERN: &str = "^(v[1-9][0-9]{0,17}|[1-9][0-9]{3}-[0-9]{2}-[0-9]{2})$";

/// Reads `as_of=`; what is wrong goes to the faults.
pub(crate) fn read_as_of(parameters: &Parameters, faults: &mut Faults) -> Option<AsOf> {
    parameters.single("as_of").and_then(|text| faults.keep(parse(text)))
}

/// As it is asked for.
pub(crate) fn as_of_text(as_of: AsOf) -> String {
    match as_of {
        AsOf::Version(number) => format!("v{number}"),
        AsOf::EndOf(day) => day.to_string(),
    }
}

fn parse(text: &str) -> Result<AsOf, Fault> {
    let number = text.strip_prefix('v').filter(|digits| {
        digits.len() <= 18 && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if let Some(number) = number.and_then(|digits| digits.parse().ok()) {
        return Ok(AsOf::Version(number));
    }
    parse_day("as_of", text).map(AsOf::EndOf).map_err(|_| {
        let detail =
            format!("`{}` is neither a data version, such as v12, nor a day in UTC, such as 2026-10-31", shown(text));
        Fault::invalid_value("as_of", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_is_documented_and_is_written_as_it_was_read() {
        let pattern = regex::Regex::new(PATTERN).expect("a pattern");
        for text in ["v1", "v12", "v999999999999999999", "2026-10-31", "2024-02-29"] {
            let read = parse(text).expect(text);
            assert!(pattern.is_match(text), "{text}");
            assert_eq!(as_of_text(read), text);
        }
        for text in ["", "v", "v0", "v01", "12", "v1.0", "V1", "v1000000000000000000", "2026-10", "26-10-31", "today"] {
            assert!(parse(text).is_err() && !pattern.is_match(text), "{text}");
        }
        assert!(parse("2026-02-30").is_err());
    }
}
