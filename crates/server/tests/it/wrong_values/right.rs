//! A service in which there is something of everything, and what is right to ask it.

use std::time::Duration;

use access::Grants;
use axum::Router;
use serde_json::{Value, json};
use server::gate::{Gate, GateOptions};
use sqlx::PgPool;

use super::places::{At, Operation, Place};
use super::values::{BESIDE, encoded, of_body, of_field, of_header};
use super::{Asked, Wrong};
use crate::provider_double::ProviderDouble;
use crate::provider_double::keys::SigningKey;
use crate::support::World;

/// The service, and somebody who may do everything.
pub(super) struct Arranged {
    pub(super) router: Router,
    pub(super) key: String,
    world: World,
    _provider: ProviderDouble,
}

/// What is right for a parameter of a query or a header, on one operation or on all of them, and what it goes with.
const RIGHT: &[(&str, &str, &str)] = &[
    ("action", "key.created", ""),
    ("caller", "token:alice@https://login.example.com", ""),
    ("object", "/v1/costs", ""),
    ("period", "2026-10", ""),
    ("start", "2026-10-01", "end=2026-11-01"),
    ("end", "2026-11-01", "start=2026-10-01"),
    // The audit log is asked by the second.
    ("list_audit_entries start", "2026-10-01T00:00:00Z", "end=2026-11-01T00:00:00Z"),
    ("list_audit_entries end", "2026-11-01T00:00:00Z", "start=2026-10-01T00:00:00Z"),
    ("granularity", "daily", ""),
    ("group_by", "team", ""),
    ("filter", "data-science", ""),
    ("exclude", "data-science", ""),
    ("cost", "list", ""),
    ("order_by", "-team", "group_by=team"),
    ("as_of", "2026-11-23", ""),
    ("reveal", "false", ""),
    ("top", "3", "group_by=team"),
    ("compare", "previous", ""),
    ("limit", "5", ""),
    ("format", "json", ""),
    ("q", "a", ""),
    ("arn", "arn:aws:iam::123456789012:user/alice", ""),
    ("person", "alice@example.com", ""),
    ("role", "gateway", ""),
    ("identity", "iam_user", ""),
    ("type", "refresh.failed", ""),
    ("last-event-id", "0199f3b2-a6d7-7c0e-9f5c-6f3f1c1a2b3c", ""),
    ("range", "bytes=0-9", ""),
    ("if-range", "\"another file\"", ""),
    ("return_to", "/v1/teams", ""),
    ("code", "c", "state=s"),
    ("state", "s", "code=c"),
    ("error", "access_denied", ""),
];

/// Parameters with a right value that only an answer has.
const FROM_AN_ANSWER: [&str; 1] = ["cursor"];

impl Arranged {
    pub(super) async fn new(pool: PgPool) -> Self {
        let world = World::with_sample(pool, 2_000).await;
        let signing = SigningKey::p256("p256-1");
        let provider = ProviderDouble::start(&[&signing]).await;
        let gate = Gate::guarded(GateOptions {
            store: world.store.clone(),
            versions: world.versions.clone(),
            api_keys: true,
            openid: Some(provider.openid()),
            grants: server::gate::ClaimGrants::default(),
            session_lasts: Some(Duration::from_secs(3600)),
        });
        let (router, key) = (world.behind(gate), world.key(&Grants::everything(), 3).await);
        Self { router, key, world, _provider: provider }
    }

    /// A request as it should be; nothing where only the provider can send it.
    pub(super) async fn right(&self, operation: &Operation) -> Option<Asked> {
        if operation.id == "get_callback" {
            return None;
        }
        let path = self.path(operation, None).await;
        Some(Asked { path, body: body(operation).map(|body| body.to_string().into_bytes()), ..Asked::default() })
    }

    /// A request that says in this place what is right there; nothing where only an answer, or the provider, can say it.
    pub(super) async fn right_in(&self, operation: &Operation, place: &Place) -> Option<Asked> {
        let (right, name) = (self.right(operation).await?, place.name.as_str());
        if FROM_AN_ANSWER.contains(&name) || !matches!(place.at, At::Query | At::Bracketed | At::Header) {
            return None;
        }
        let (value, companion) = right_for(operation, name);
        Some(match place.at {
            At::Header => Asked { headers: vec![(name.to_owned(), value.into())], ..right },
            At::Bracketed => Asked { path: format!("{}?{name}%5Bteam%5D={value}", right.path), ..right },
            _ => Asked { path: format!("{}?{name}={value}&{companion}", right.path), ..right },
        })
    }

    /// Requests that are wrong in this place and in no other.
    pub(super) async fn wrongs(&self, operation: &Operation, place: &Place) -> Vec<Wrong> {
        let right = Asked { body: body(operation).map(|body| body.to_string().into_bytes()), ..Asked::default() };
        let path = self.path(operation, None).await;
        let asking = |query: String| Asked { path: format!("{path}?{query}"), ..right.clone() };
        let name = place.name.as_str();
        let mut wrong = Vec::new();
        match &place.at {
            At::Path => {
                for (what, value) in encoded(place) {
                    let path = self.path(operation, Some((name, &value))).await;
                    wrong.push(Wrong { what, asked: Asked { path, ..right.clone() } });
                }
            }
            At::Query if FROM_AN_ANSWER.contains(&name) => {
                for (what, value) in encoded(place) {
                    wrong.push(Wrong { what, asked: asking(format!("{name}={value}")) });
                }
                let (what, twice) = ("twice", format!("{name}=a&{name}=b"));
                wrong.push(Wrong { what, asked: asking(twice) });
            }
            At::Query => {
                let (value, companion) = right_for(operation, name);
                let with = |query: String| asking(format!("{query}&{companion}").trim_end_matches('&').to_owned());
                for (what, value) in encoded(place) {
                    wrong.push(Wrong { what, asked: with(format!("{name}={value}")) });
                }
                wrong.push(Wrong { what: "twice", asked: with(format!("{name}={value}&{name}={value}")) });
                let beside = with(format!("{name}={value}&x{name}=1"));
                wrong.push(Wrong { what: BESIDE, asked: beside });
            }
            At::Bracketed => {
                let value = right_for(operation, name).0;
                for (what, value) in encoded(place) {
                    wrong.push(Wrong { what, asked: asking(format!("{name}%5Bteam%5D={value}")) });
                }
                for (what, query) in [
                    ("no brackets", format!("{name}={value}")),
                    ("no such dimension", format!("{name}%5B~garbage~%5D={value}")),
                    ("no dimension", format!("{name}%5B%5D={value}")),
                    ("NUL in brackets", format!("{name}%5Btag:a%00b%5D={value}")),
                    ("no such identity", format!("{name}%5Bidentity%5D={value}")),
                    ("twice", format!("{name}%5Bteam%5D={value}&{name}%5Bteam%5D={value}")),
                    (BESIDE, format!("{name}%5Bteam%5D={value}&x{name}=1")),
                ] {
                    wrong.push(Wrong { what, asked: asking(query) });
                }
            }
            At::Beside => wrong.push(Wrong { what: "no such name", asked: asking(format!("{name}=1")) }),
            At::Header => {
                let told = |values: Vec<Vec<u8>>| Asked {
                    path: path.clone(),
                    headers: values.into_iter().map(|value| (name.to_owned(), value)).collect(),
                    ..right.clone()
                };
                let value = right_for(operation, name).0.as_bytes().to_vec();
                wrong.extend(of_header().into_iter().map(|(what, value)| Wrong { what, asked: told(vec![value]) }));
                wrong.push(Wrong { what: "twice", asked: told(vec![value.clone(), value]) });
            }
            At::Body => {
                for (what, media_type, body) in of_body() {
                    let headers = vec![("content-type".to_owned(), media_type.into())];
                    let asked = Asked { path: path.clone(), headers, body: Some(body) };
                    wrong.push(Wrong { what, asked });
                }
            }
            At::Field(within) => {
                let sending =
                    |body: String| Asked { path: path.clone(), body: Some(body.into_bytes()), ..right.clone() };
                let body = body(operation).expect("a body");
                for (what, value) in of_field(place) {
                    let mut body = body.clone();
                    put(&mut body, within, value);
                    wrong.push(Wrong { what, asked: sending(body.to_string()) });
                }
                if within.last().is_some_and(|name| name != "[]") {
                    wrong.push(Wrong { what: "twice", asked: sending(twice(&body, within)) });
                    let mut body = body.clone();
                    let (last, before) = within.split_last().expect("a field");
                    let mut beside = before.to_vec();
                    beside.push(format!("x{last}"));
                    put(&mut body, &beside, json!(1));
                    wrong.push(Wrong { what: BESIDE, asked: sending(body.to_string()) });
                }
            }
        }
        wrong
    }

    /// The path of an operation with what is there in it, but for one name.
    async fn path(&self, operation: &Operation, instead: Option<(&str, &str)>) -> String {
        let mut path = operation.path.clone();
        if let Some((name, value)) = instead {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        if path.contains("{id}") || path.contains("{delivery}") {
            let (id, delivery) = self.made_for(operation).await;
            path = path.replace("{id}", &id).replace("{delivery}", &delivery);
        }
        if path.contains("{principal}") {
            let principals = self.world.get("/v1/principals").await;
            path = path.replace("{principal}", principals["data"][1]["id"].as_str().expect("a principal"));
        }
        let path = path
            .replace("{team}", "data-science")
            .replace("{period}", "2026-10")
            .replace("{kind}", "timeout")
            .replace("{key}", "cost-center")
            .replace("{value}", "12345")
            .replace("{model}", "claude-sonnet-4.6")
            .replace("{dimension}", "model");
        assert!(!path.contains('{'), "say here what is right for {path}");
        path
    }

    /// Something new of the kind that an operation is about, since some are used up by it.
    async fn made_for(&self, operation: &Operation) -> (String, String) {
        let made = match operation.path.split('/').nth(2) {
            Some("keys") => json!({ "name": "a", "grants": [{ "permissions": ["costs:read"], "teams": ["ds"] }] }),
            Some("webhooks") => return self.webhook().await,
            Some("drilldowns") => json!({ "period": "2026-10", "charge_type": "Usage" }),
            Some("cost-files") => json!({ "period": ["2026-10"], "group_by": ["team"] }),
            Some("refreshes") => json!({}),
            _ => panic!("say here how to make what {} is about", operation.path),
        };
        let collection = operation.path.split("/{id}").next().expect("a path");
        let made = self.post(collection, &made).await;
        if collection == "/v1/drilldowns" {
            self.world.fetch_lines().await;
        }
        if collection == "/v1/cost-files" {
            self.world.cost_file_runner().work_off().await.expect("the database");
        }
        (made["data"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned(), String::new())
    }

    async fn webhook(&self) -> (String, String) {
        let listed = self.ask("GET", "/v1/webhooks", None).await;
        let id = match listed["data"][0]["id"].as_str() {
            Some(id) => id.to_owned(),
            None => {
                let made = json!({ "name": "a", "url": "https://hooks.example.com/" });
                self.post("/v1/webhooks", &made).await["data"]["id"].as_str().expect("an id").to_owned()
            }
        };
        let delivery = self.post(&format!("/v1/webhooks/{id}/test"), &Value::Null).await;
        (id, delivery["data"]["id"].as_str().expect("an id").to_owned())
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", path, Some(body)).await
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        use tower::ServiceExt;
        let request = axum::http::Request::builder().method(method).uri(path);
        let request = request.header("authorization", &self.key).header("content-type", "application/json");
        let body = axum::body::Body::from(body.map(ToString::to_string).unwrap_or_default());
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        serde_json::from_slice(&bytes).expect("JSON")
    }
}

fn right_for(operation: &Operation, name: &str) -> (&'static str, &'static str) {
    let find = |name: &str| RIGHT.iter().find(|(known, ..)| *known == name);
    let known = find(&format!("{} {name}", operation.id)).or_else(|| find(name));
    let (_, value, companion) = known.unwrap_or_else(|| panic!("say in `right.rs` what is right for `{name}`"));
    (value, companion)
}

/// A body as it should be, where there is one.
fn body(operation: &Operation) -> Option<Value> {
    let body = match operation.id.as_str() {
        _ if !operation.has_body => return None,
        "query_costs" => json!({ "period": ["2026-10"], "group_by": ["team"], "filter": { "team": ["data-science"] } }),
        "create_cost_file" => json!({ "period": ["2026-10"], "group_by": ["team"] }),
        "create_drilldown" => json!({ "period": "2026-10", "tag": { "key": "team", "value": "data-science" } }),
        "create_key" => json!({ "name": "a", "grants": [{ "permissions": ["costs:read"], "teams": ["ds"] }] }),
        "create_webhook" => json!({ "name": "a", "url": "https://hooks.example.com/" }),
        "create_refresh" | "rotate_key" => json!({}),
        other => panic!("say in `right.rs` what is a right body of {other}"),
    };
    Some(body)
}

/// Puts a value where a field is; what leads there is made.
fn put(body: &mut Value, within: &[String], value: Value) {
    let Some((first, rest)) = within.split_first() else {
        *body = value;
        return;
    };
    if first == "[]" {
        if !body.is_array() {
            *body = json!([null]);
        }
        let mut only = body[0].take();
        put(&mut only, rest, value);
        *body = json!([only]);
    } else {
        if !body.is_object() {
            *body = json!({});
        }
        put(&mut body[first.as_str()], rest, value);
    }
}

/// The body as text, with a field that is there twice.
fn twice(body: &Value, within: &[String]) -> String {
    let mut body = body.clone();
    let (last, before) = within.split_last().expect("a field");
    put(&mut body, within, json!("FIRST"));
    let mut mark = before.to_vec();
    mark.push("SECOND".to_owned());
    put(&mut body, &mark, json!("SECOND"));
    body.to_string().replace("\"SECOND\":", &format!("\"{last}\":"))
}
