//! Examples of requests and their answers. Each is a file; `tests/it/http_api/examples.rs` asks the service every one of them
//! and holds it against what is written here, so that they cannot grow old.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, PathItem};
use utoipa::openapi::{Content, OpenApi, RefOr};

use crate::http::problem::MEDIA_TYPE as PROBLEM;

const JSON: &str = "application/json";

/// A request and what was answered.
#[derive(Debug, Deserialize)]
struct Example {
    /// The id of the operation that it is of.
    operation: String,
    /// Method and path, with the query.
    request: String,
    /// What is sent, where anything is.
    body: Option<Value>,
    /// The HTTP status of the answer.
    status: u16,
    /// The answer.
    answer: Value,
}

macro_rules! examples {
    ($($name:literal),+ $(,)?) => { [$(($name, include_str!(concat!($name, ".json")))),+] };
}

/// In an order in which they can be asked: what is created comes before what looks at it.
const TEXTS: &[(&str, &str)] = &examples![
    "get_index",
    "list_problems",
    "get_problem",
    "get_livez",
    "get_readyz",
    "get_me",
    "create_key",
    "get_key",
    "list_keys",
    "rotate_key",
    "list_costs",
    "list_costs_misspelt",
    "list_costs_top",
    "list_costs_compared",
    "query_costs",
    "get_summary",
    "list_principals",
    "get_principal",
    "list_models",
    "get_model",
    "list_dimensions",
    "list_dimension_values",
    "list_tags",
    "list_tag_values",
    "get_tag_showback",
    "list_teams",
    "get_team",
    "get_team_showback",
    "list_periods",
    "get_period",
    "create_drilldown",
    "get_drilldown",
    "list_drilldown_rows",
    "create_refresh",
    "get_refresh",
    "list_refreshes",
    "list_queries",
    "get_status",
    "list_audit_entries",
    "create_webhook",
    "get_webhook",
    "list_webhooks",
    "test_webhook",
    "list_deliveries",
    "rotate_webhook_secret",
    "enable_webhook",
    "replay_delivery",
    "get_events",
    "create_cost_file",
    "get_cost_file",
    "list_cost_files",
];

/// The names of the examples' files, in an order in which they can be asked.
pub fn example_names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}

static EXAMPLES: LazyLock<Vec<(&str, Example)>> = LazyLock::new(|| {
    let read = |(name, text): &(&'static str, &str)| {
        // The texts are part of the program, and a test reads each of them: no request can make one unreadable.
        let example = serde_json::from_str(text).expect("an example is JSON");
        (*name, example)
    };
    TEXTS.iter().map(read).collect()
});

/// Puts the examples beside the schemas that they are of.
pub(in crate::http) fn with_examples(mut document: OpenApi) -> OpenApi {
    let mut operations: Vec<&mut Operation> = document.paths.paths.values_mut().flat_map(operations_of).collect();
    operations.iter_mut().for_each(|operation| fill_forms(operation));
    for (name, example) in EXAMPLES.iter() {
        let of_this = |operation: &&mut &mut Operation| operation.operation_id.as_ref() == Some(&example.operation);
        if let Some(operation) = operations.iter_mut().find(of_this) {
            add(operation, name, example);
        }
    }
    document
}

/// A form that is made of the description makes up values for objects that have no example. These mean something over any
/// bill.
fn fill_forms(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let example = match parameter.name.as_str() {
            "filter" => json!({ "provider": "Anthropic" }),
            "exclude" => json!({ "charge_type": "Tax" }),
            _ => continue,
        };
        *parameter = ParameterBuilder::from(parameter.clone()).example(Some(example)).build();
    }
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn add(operation: &mut Operation, name: &str, example: &Example) {
    let shown = |value: &Value| ExampleBuilder::new().summary(&example.request).value(Some(value.clone()));
    if let (Some(body), Some(RefOr::T(request))) = (&example.body, &mut operation.request_body)
        && let Some(RefOr::T(content)) = request.content.get_mut(JSON)
    {
        put(content, name, shown(body));
    }
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(&example.status.to_string()) {
        let media_type = if example.status < 400 { JSON } else { PROBLEM };
        if let Some(RefOr::T(content)) = response.content.get_mut(media_type) {
            put(content, name, shown(&example.answer));
        }
    }
}

fn put(content: &mut Content, name: &str, example: ExampleBuilder) {
    content.examples.insert(name.to_owned(), example.into());
}
