//! What the service tells whoever watches it: a log in the database, a stream of it, and webhooks.

mod log;
mod stream;

use serde_json::Value;

/// The types of the events of an answer, in its order.
fn types(answer: &Value) -> Vec<&str> {
    let events = answer["data"].as_array().expect("events");
    events.iter().map(|event| event["type"].as_str().expect("a type")).collect()
}
