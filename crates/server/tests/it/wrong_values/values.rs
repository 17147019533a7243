//! What is wrong, for whatever is told.

use serde_json::{Value, json};

use super::places::{At, Place};

/// Another name beside one that is right.
pub(super) const BESIDE: &str = "another name beside";
/// As long as nothing of the kind is.
const LONG: usize = 3000;
/// The same in a path, which is no longer than 2 KiB as a whole.
const LONG_IN_A_PATH: usize = 1500;

/// Values for a query or a path, percent-encoded.
pub(super) fn encoded(place: &Place) -> Vec<(&'static str, String)> {
    let mut wrong = vec![
        ("garbage", "~garbage~".to_owned()),
        ("empty", String::new()),
        ("too long", "x".repeat(if place.at == At::Path { LONG_IN_A_PATH } else { LONG })),
        ("NUL", "a%00b".to_owned()),
        ("control character", "a%07b".to_owned()),
        ("not UTF-8", "a%FFb".to_owned()),
    ];
    if place.at == At::Path {
        // Nothing between two slashes is another path.
        wrong.retain(|(what, _)| *what != "empty");
        wrong.push(("longer than paths", "x".repeat(LONG)));
    }
    let schema = if place.schema["items"].is_object() { &place.schema["items"] } else { &place.schema };
    if schema["type"] == "integer" {
        let most = schema["maximum"].as_i64().expect("a number has bounds");
        wrong.extend([
            ("too small", "0".to_owned()),
            ("negative", "-1".to_owned()),
            ("too large", (most + 1).to_string()),
            ("far too large", "9".repeat(40)),
            ("a fraction", "1.5".to_owned()),
            ("a space before", "%205".to_owned()),
        ]);
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.iter().find_map(Value::as_str)) {
        wrong.push(("in capitals", word.to_uppercase()));
    }
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    if schema["format"] == "date" {
        wrong.extend([("no such day", "2026-02-30".to_owned()), ("no such year", "0000-01-01".to_owned())]);
    } else if schema["format"] == "date-time" {
        wrong.extend([("a day alone", "2026-11-01".to_owned()), ("no such hour", "2026-11-01T25:00:00Z".to_owned())]);
    } else if schema["format"] == "uuid" || place.name == "delivery" {
        wrong.push(("of nothing", "00000000-0000-0000-0000-000000000000".to_owned()));
    } else if pattern.contains("19[7-9]") {
        wrong.extend([
            ("no such month", "2026-13".to_owned()),
            ("a year alone", "2026".to_owned()),
            ("not loaded", "2031-01".to_owned()),
        ]);
    }
    wrong
}

/// Values for a header.
pub(super) fn of_header() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("garbage", b"~garbage~".to_vec()),
        ("empty", Vec::new()),
        ("too long", "x".repeat(LONG).into_bytes()),
        ("not UTF-8", b"a\xffb".to_vec()),
    ]
}

/// Values for a field of a body.
pub(super) fn of_field(place: &Place) -> Vec<(&'static str, Value)> {
    let schema = &place.schema;
    let is = |kind: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|known| known == kind),
        only => only == kind,
    };
    let is_choice = schema["anyOf"].is_array();
    let mut wrong = Vec::new();
    if !is("null") {
        wrong.push(("null", Value::Null));
    }
    if !is("integer") {
        wrong.push(("a number", json!(7)));
    }
    if !is("boolean") {
        wrong.push(("true", json!(true)));
    }
    if !is("array") {
        wrong.push(("a list", json!(["~garbage~"])));
    }
    if !is("object") && !is_choice {
        wrong.push(("an object", json!({ "~garbage~": 1 })));
    }
    if is("object") || is_choice {
        wrong.extend([("an empty object", json!({})), ("an unknown name", json!({ "~garbage~": ["a"] }))]);
    }
    if is("array") {
        wrong.extend([("an empty list", json!([])), ("too many", json!(vec!["~garbage~"; 200]))]);
    }
    if is("integer") {
        let most = schema["maximum"].as_i64().expect("a number has bounds");
        wrong.extend([
            ("negative", json!(-1)),
            ("too large", json!(most + 1)),
            ("far too large", json!(1e30)),
            ("a fraction", json!(1.5)),
        ]);
    }
    let texts = [
        ("garbage", "~garbage~".to_owned()),
        ("empty", String::new()),
        ("too long", "x".repeat(LONG)),
        ("NUL", "a\u{0}b".to_owned()),
        ("control character", "a\u{7}b".to_owned()),
    ];
    wrong.extend(texts.map(|(what, text)| (what, Value::String(text))));
    wrong
}

/// What a whole body can be that is none, and what it is said to be.
pub(super) fn of_body() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        ("a list", "application/json", b"[]".to_vec()),
        ("a text", "application/json", b"\"~garbage~\"".to_vec()),
        ("not JSON", "application/json", b"{\"".to_vec()),
        ("not UTF-8", "application/json", b"{\"\xff\": 1}".to_vec()),
        ("too large", "application/json", format!("{{\"a\": \"{}\"}}", "x".repeat(70_000)).into_bytes()),
        ("of another type", "text/plain", b"{}".to_vec()),
    ]
}
