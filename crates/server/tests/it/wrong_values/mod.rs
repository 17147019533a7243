//! Whatever is wrong with whatever can be said: the problem names the place, and says what would be right.
//!
//! The committed description tells which operations there are, and what each is told in its path, its query, its headers and
//! its body. Each of these places is sent every sort of wrong value. A new parameter is found here the day it is described:
//! `right` must know a value that is right for it, or the test fails.

mod excuses;
mod places;
mod right;
mod values;

use std::collections::BTreeSet;
use std::fmt::Write;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use serde_json::Value;
use sqlx::PgPool;
use tower::ServiceExt;

use self::excuses::Excuse;
use self::places::{Operation, Place, operations};
use self::right::Arranged;

/// A request that is wrong in one place.
struct Wrong {
    /// What is wrong, in a word or two.
    what: &'static str,
    /// What is sent.
    asked: Asked,
}

/// A request before it is sent.
#[derive(Clone, Debug, Default)]
struct Asked {
    /// With the query.
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

/// What was answered.
struct Answer {
    status: StatusCode,
    media_type: String,
    body: Value,
}

impl Answer {
    /// The fault that is about this place: the parameter, the field, or something within it; for what goes together with others,
    /// the object that they are in, if its sentence names the field; for a member of a list, the list.
    fn fault_of(&self, name: &str) -> Option<&Value> {
        let faults = self.body["errors"].as_array()?;
        let exactly = faults.iter().find(|fault| is_within(fault["parameter"].as_str().unwrap_or_default(), name));
        exactly.or_else(|| {
            let (whole, part) = name.rsplit_once('.').unwrap_or(("", name));
            let field = part.trim_end_matches("[0]");
            let says_it =
                |fault: &&Value| fault["detail"].as_str().is_some_and(|text| text.contains(&format!("`{field}`")));
            let of_whole = faults.iter().find(|fault| fault["parameter"] == whole && says_it(fault));
            let list = name.strip_suffix("[0]");
            let of_list = || faults.iter().find(|fault| list.is_some_and(|list| fault["parameter"] == list));
            of_whole.or_else(of_list)
        })
    }
}

/// Whether a fault's parameter is this place, or something in it.
fn is_within(named: &str, place: &str) -> bool {
    let rest = named.get(place.len()..).filter(|_| named[..place.len()].eq_ignore_ascii_case(place));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
}

async fn send(arranged: &Arranged, operation: &Operation, asked: &Asked) -> Answer {
    let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).expect("a method");
    let mut request = Request::builder().method(method).uri(&asked.path).header("authorization", &arranged.key);
    if asked.body.is_some() && !asked.headers.iter().any(|(name, _)| name == "content-type") {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in &asked.headers {
        request = request.header(name, HeaderValue::from_bytes(value).expect("a header"));
    }
    let request = request.body(asked.body.clone().map_or_else(Body::empty, Body::from)).expect("a request");
    let response = arranged.router.clone().oneshot(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let media_type = head.headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().expect("plain text"));
    let media_type = media_type.to_owned();
    if head.status.is_success() {
        // A stream of events has no end.
        return Answer { status: head.status, media_type, body: Value::Null };
    }
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    Answer { status: head.status, media_type, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whatever_is_wrong_is_named_with_what_would_be_right(pool: PgPool) {
    let arranged = Arranged::new(pool).await;
    let (mut report, mut wrong, mut excused) = (String::new(), Vec::new(), BTreeSet::new());
    for operation in operations() {
        writeln!(report, "{} {}", operation.method.to_uppercase(), operation.path).expect("memory");
        for place in operation.places() {
            is_taken(&arranged, &operation, arranged.right_in(&operation, &place).await).await;
            for Wrong { what, asked } in arranged.wrongs(&operation, &place).await {
                let answer = send(&arranged, &operation, &asked).await;
                let excuse = excuses::find(&operation, &place, what);
                excused.extend(excuse.map(|(number, _)| number));
                let (line, complaint) = judge(&place, what, &answer, excuse.map(|(_, excuse)| excuse));
                writeln!(report, "{line}").expect("memory");
                wrong.extend(complaint.map(|complaint| format!("{} {}: {complaint}", operation.id, asked.path)));
            }
        }
        is_taken(&arranged, &operation, arranged.right(&operation).await).await;
    }
    assert!(wrong.is_empty(), "{} complaints:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(excused, (0..excuses::EXCUSES.len()).collect(), "an excuse that nobody needs is no excuse");
    insta::assert_snapshot!(report);
}

/// What is right is taken: else it would be no wonder that what is wrong is not.
async fn is_taken(arranged: &Arranged, operation: &Operation, asked: Option<Asked>) {
    let Some(asked) = asked else { return };
    let answer = send(arranged, operation, &asked).await;
    assert!(answer.status.is_success() || answer.status.is_redirection(), "{}: {}", asked.path, answer.body);
}

/// A line of the report, and what is wrong with how the wrong value was answered.
fn judge(place: &Place, what: &str, answer: &Answer, excuse: Option<&Excuse>) -> (String, Option<String>) {
    let status = answer.status.as_u16();
    let kind = answer.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/");
    let fault = answer.fault_of(&place.named_for(what));
    let detail = fault.map_or(&answer.body["detail"], |fault| &fault["detail"]).as_str().unwrap_or_default();
    let named = fault.map_or("", |fault| fault["parameter"].as_str().unwrap_or_default());
    let mut said = detail.to_owned();
    let allowed = fault.and_then(|fault| fault["allowed"].as_array()).into_iter().flatten().filter_map(Value::as_str);
    let untold: Vec<&str> = allowed.filter(|word| !said.contains(*word)).collect();
    if let Some(near) = fault.and_then(|fault| fault["did_you_mean"].as_str()) {
        said = format!("{said}; did you mean `{near}`?");
    } else if !untold.is_empty() {
        said = format!("{said} [{}]", untold.join(", "));
    }
    if let Some(excuse) = excuse {
        said = format!("{said} ({})", excuse.because()).trim_start().to_owned();
    }
    let line = format!("  {:<28} {what:<20} {status} {kind:<20} {named:<24} {said}", place.to_string());
    // A control character in a snapshot would make it no text.
    let line: String = line.trim_end().chars().map(|letter| if letter.is_control() { '␀' } else { letter }).collect();
    let complaint = match excuse {
        Some(Excuse::Taken(_)) if answer.status.is_success() => None,
        Some(Excuse::Taken(_)) => Some("is said to be taken"),
        Some(Excuse::NotNamed(_)) if fault.is_some() => Some("is said not to be named"),
        _ if !answer.status.is_client_error() => Some("is not refused"),
        _ if answer.media_type != "application/problem+json" => Some("is answered by no problem"),
        _ if detail.is_empty() => Some("is refused without a word"),
        None if fault.is_none() => Some("is not named"),
        _ => None,
    };
    (line, complaint.map(|complaint| format!("{place} {what} {complaint}: {status} {}", answer.body)))
}
