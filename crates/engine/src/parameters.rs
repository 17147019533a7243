//! What may stand for a `?`: each meaning has a form, and a value of another form is refused before any engine sees it.

use chrono::NaiveDate;

use crate::{EngineError, Manifest, Parameter, ParameterMeaning, Question};

/// Whether the values are those that the question takes, in number and form.
pub(crate) fn check(question: &Question, given: &[Parameter], manifest: &Manifest) -> Result<(), EngineError> {
    let asked: Vec<ParameterMeaning> = given_by_callers(question).collect();
    if asked.len() != given.len() {
        let (expected, given) = (asked.len(), given.len());
        return Err(EngineError::ParameterCount { question: question.name, expected, given });
    }
    for (index, (meaning, parameter)) in asked.into_iter().zip(given).enumerate() {
        // Another period would be an answer without rows, which looks like a month without cost.
        if meaning == ParameterMeaning::BillingPeriod && parameter.as_str() != manifest.period.to_string() {
            let (asked, held) = (shown(parameter.as_str()), manifest.period);
            return Err(EngineError::PeriodMismatch { question: question.name, asked, held });
        }
        let wrong = |reason| EngineError::ParameterForm { question: question.name, position: index + 1, reason };
        meaning.check(parameter.as_str()).map_err(wrong)?;
    }
    Ok(())
}

/// The values that were given, which must have been checked, with the engine's own in their places.
pub(crate) fn with_files_under(question: &Question, given: &[Parameter], files_under: &str) -> Vec<Parameter> {
    let mut given = given.iter().cloned();
    let value = |meaning: &ParameterMeaning| match meaning {
        ParameterMeaning::FilesUnder => Some(Parameter::text(files_under)),
        _ => given.next(),
    };
    question.parameters.iter().filter_map(value).collect()
}

fn given_by_callers(question: &Question) -> impl Iterator<Item = ParameterMeaning> {
    question.parameters.iter().copied().filter(|meaning| *meaning != ParameterMeaning::FilesUnder)
}

impl ParameterMeaning {
    /// Whether a value has the form of what it stands for; else what is wrong with it.
    pub(crate) fn check(self, value: &str) -> Result<(), String> {
        let right = match self {
            Self::Text => !value.chars().any(char::is_control),
            Self::BillingPeriod => value.parse::<bill::BillingPeriod>().is_ok(),
            Self::Date => value.is_empty() || is_date(value),
            Self::AccountId => {
                value.is_empty() || (value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()))
            }
            Self::FilesUnder => value.is_empty() || is_address(value),
        };
        if right { Ok(()) } else { Err(format!("`{}` is not {}", shown(value), self.expected())) }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text => "a text without control characters",
            Self::BillingPeriod => "a billing period such as 2026-10",
            Self::Date => "a day such as 2026-10-05",
            Self::AccountId => "an AWS account of twelve digits",
            Self::FilesUnder => "an address such as s3://bucket/prefix/",
        }
    }
}

/// Years of four digits: chrono would take more.
fn is_date(value: &str) -> bool {
    value.len() == 10 && NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok()
}

/// Keys may hold almost anything; what AWS itself writes, and what people choose for a prefix, is within this.
fn is_address(value: &str) -> bool {
    value.strip_prefix("s3://").is_some_and(|rest| !rest.is_empty()) && !value.chars().any(char::is_control)
}

/// A value for a message: short, and without what would spoil a log.
fn shown(value: &str) -> String {
    value.chars().take(60).map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{BILL_TOTAL, DAILY_COST};

    #[test]
    fn each_meaning_has_a_form() {
        use ParameterMeaning::{AccountId, BillingPeriod, Date, FilesUnder, Text};
        for (meaning, right) in [
            (Text, "any 'text' -- \u{1F600} \\"),
            (BillingPeriod, "2026-10"),
            (Date, "2026-02-28"),
            (Date, ""),
            (AccountId, "012345678901"),
            (AccountId, ""),
            (FilesUnder, "s3://bucket/a b/BILLING_PERIOD=2026-10/"),
            (FilesUnder, ""),
        ] {
            assert_eq!(meaning.check(right), Ok(()));
        }
        for (meaning, wrong) in [
            (Text, "a\0b"),
            (Text, "a\nb"),
            (Text, "\u{85}"),
            (BillingPeriod, "2026-13"),
            (BillingPeriod, "2026-10' or 'a' = 'a"),
            (Date, "2026-02-29"),
            (Date, "12026-02-01"),
            (Date, "2026-2-1"),
            (AccountId, "12345678901"),
            (AccountId, "٠١٢٣٤٥"),
            (AccountId, "1 or 1 = 1  "),
            (FilesUnder, "bucket/key"),
            (FilesUnder, "s3://"),
        ] {
            let reason = meaning.check(wrong).expect_err(wrong);
            assert!(reason.contains(meaning.expected()) && !reason.contains('\0'), "{reason}");
        }
    }

    #[test]
    fn the_engine_fills_in_where_the_files_are() {
        let given = ["^$", "", "2026-10"].map(Parameter::text);
        let bound = with_files_under(&DAILY_COST, &given, "s3://bucket/");
        assert_eq!(bound, ["^$", "", "2026-10", "s3://bucket/"].map(Parameter::text));
        let bound = with_files_under(&BILL_TOTAL, &given[2..], "");
        assert_eq!(bound, ["2026-10", ""].map(Parameter::text));
    }
}
