//! Why a data version that is asked for cannot answer.

use chrono::NaiveDate;
use store::snapshot::{AsOf, NotServed};

use super::grammar::Fault;
use super::problem::{Problem, ProblemKind};

/// Refuses days that nothing can be known of.
///
/// # Errors
/// Where the day is still to come.
pub(crate) fn require_past(as_of: AsOf, today: NaiveDate) -> Result<(), Fault> {
    match as_of {
        AsOf::EndOf(day) if day > today => {
            let detail = format!("{day} is still to come; write {today} or an earlier day, or leave `as_of` out");
            Err(Fault::invalid_value("as_of", detail))
        }
        AsOf::EndOf(_) | AsOf::Version(_) => Ok(()),
    }
}

/// What is told to whoever asks for a version that cannot be read.
pub(crate) fn not_served(reason: NotServed) -> Problem {
    match reason {
        NotServed::NotYet { newest } => {
            let detail = format!("no such data version has been published; v{newest} is the newest");
            Fault::invalid_value("as_of", detail).into()
        }
        NotServed::Before { first: None } => Problem::nothing_loaded(),
        NotServed::Before { first: Some(first) } => {
            let detail = format!("what was served then is not known; {first} is the first day that can be asked for");
            Fault::invalid_value("as_of", detail).into()
        }
        NotServed::Forgotten { version, oldest } => {
            let oldest = oldest.map(|oldest| format!("; v{oldest} is the oldest that is")).unwrap_or_default();
            let detail = format!("data version v{version} is not kept any more{oldest}");
            Problem::new(ProblemKind::DataVersionGone, detail)
        }
    }
}
