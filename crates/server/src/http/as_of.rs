//! Why a data version that is asked for cannot answer, and which can.

use chrono::NaiveDate;
use percent_encoding::percent_decode_str;
use store::snapshot::{AsOf, NotServed, Snapshot};

use super::answer::Links;
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

/// Refuses an earlier version that holds nothing: of the newest, whoever asks is told to come back.
///
/// # Errors
/// Where no billing period had been published by then.
pub(crate) fn require_something(snapshot: &Snapshot) -> Result<(), Fault> {
    let version = snapshot.data_version();
    if !snapshot.periods().is_empty() || version == snapshot.newest_version() {
        return Ok(());
    }
    let detail = format!("no billing period had been published by data version v{version}; ask for a later one");
    Err(Fault::invalid_value("as_of", detail))
}

/// In which data version nothing is known by a name; nothing to say of the newest.
pub(crate) fn in_version_of(snapshot: &Snapshot) -> String {
    let version = snapshot.data_version();
    if version == snapshot.newest_version() { String::new() } else { format!(" in data version v{version}") }
}

/// What is told to whoever asks for a version that cannot be read, with this path and query where they ask by one.
pub(crate) fn not_served(reason: NotServed, question: Option<&str>) -> Problem {
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
        NotServed::Forgotten { version, next } => {
            let is_next = next.map(|next| format!("; v{next} is the next that is")).unwrap_or_default();
            let detail = format!("data version v{version} is not kept any more{is_next}");
            let problem = Problem::new(ProblemKind::DataVersionGone, detail);
            match question {
                Some(question) => problem.with_links(instead(question, next)),
                None => problem,
            }
        }
    }
}

/// Where the same question is answered: from the next version that is kept, and from the newest (RFC 5829).
fn instead(question: &str, next: Option<i64>) -> Links {
    let (path, query) = question.split_once('?').unwrap_or((question, ""));
    let is_as_of = |pair: &&str| percent_decode_str(pair.split('=').next().unwrap_or_default()).eq(*b"as_of");
    let others: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_as_of(pair)).collect();
    let newest = if others.is_empty() { path.to_owned() } else { format!("{path}?{}", others.join("&")) };
    let links = match next {
        Some(next) => Links::default().and_as_of("successor-version", newest.as_str(), Some(AsOf::Version(next))),
        None => Links::default(),
    };
    links.and("latest-version", newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_is_linked_to_without_the_version_that_is_gone() {
        for (question, next, newest) in [
            (
                "/v1/costs?period=2026-09&as_of=v1&top=3",
                "/v1/costs?period=2026-09&top=3&as_of=v7",
                "/v1/costs?period=2026-09&top=3",
            ),
            ("/v1/teams?as%5Fof=v1", "/v1/teams?as_of=v7", "/v1/teams"),
        ] {
            let expected = Links::default().and("successor-version", next).and("latest-version", newest);
            assert_eq!(instead(question, Some(7)), expected, "{question}");
        }
    }
}
