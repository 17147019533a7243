//! Asking for lines, as clients do.

use access::{Caller, Grant, GrantText, Grants, Permission};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bill::BillingPeriod;
use sample::LineItem;
use serde_json::Value;
use tower::ServiceExt;

use crate::support::{World, amount, period};

pub(crate) const MONTH: &str = "2026-09";

pub(crate) fn month() -> BillingPeriod {
    period(MONTH)
}

/// A line of a user, of a team, for an hour of a day.
pub(crate) fn line(user: &'static str, team: &'static str, day: u32, cost: &str) -> LineItem<'static> {
    LineItem {
        iam_principal: Some(format!("arn:aws:iam::123456789012:user/{user}").into()),
        unblended_cost: amount(cost),
        usage_start: format!("2026-09-{day:02}T07:00:00Z").parse().ok(),
        tags: [("iamPrincipal/team", team)].into(),
        ..LineItem::bedrock_usage(month())
    }
}

/// Nine lines of three persons of two teams on three days. Every sum of some of them says which ones they are.
pub(crate) fn bill() -> Vec<LineItem<'static>> {
    let persons = [("alice", "ds"), ("bob", "ds"), ("carol", "web")];
    let place = |place: u32| (persons[place as usize / 3], place % 3 + 1, (1_u32 << place).to_string());
    (0..9).map(place).map(|((user, team), day, cost)| line(user, team, day, &cost)).collect()
}

pub(crate) async fn world(pool: sqlx::PgPool) -> World {
    let world = World::new(pool).await;
    world.write(month(), &bill());
    world.refresh_well().await;
    world
}

/// Somebody who may read costs and lines of these teams; of everything where none is named.
pub(crate) fn caller(name: &str, teams: &[&str]) -> Caller {
    of(
        name,
        GrantText {
            everything: teams.is_empty(),
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            ..GrantText::default()
        },
    )
}

pub(crate) fn of(name: &str, text: GrantText) -> Caller {
    let permissions = vec![Permission::CostsRead, Permission::DrilldownRun];
    let grant = Grant::try_from(GrantText { permissions, ..text }).expect("a grant");
    Caller { id: name.to_owned(), name: name.to_owned(), grants: Grants::from_iter([&grant]), ..Caller::anonymous() }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let (head, body) = router.clone().oneshot(request).await.expect("an answer").into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    Answer { status: head.status, headers: head.headers, text: String::from_utf8(body.to_vec()).expect("UTF-8") }
}

pub(crate) async fn post(router: &Router, body: &Value) -> Answer {
    let request = Request::post("/v1/drilldowns").header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(Body::from(body.to_string())).expect("a request")).await
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).expect("a request")).await
}

pub(crate) async fn delete(router: &Router, path: &str) -> Answer {
    let request = Request::builder().method(Method::DELETE).uri(path);
    send(router, request.body(Body::empty()).expect("a request")).await
}

/// The path of a drill-down that was accepted.
pub(crate) async fn ask(router: &Router, body: &Value) -> String {
    let answer = post(router, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{body}: {}", answer.text);
    answer.headers[header::LOCATION].to_str().expect("a path").to_owned()
}

pub(crate) async fn well(router: &Router, path: &str) -> Value {
    let answer = get(router, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.json()
}

/// Asks, has the lines fetched, and gives back the drill-down, which must be complete and tie out.
pub(crate) async fn drill(world: &World, router: &Router, body: &Value) -> (String, Value) {
    let path = ask(router, body).await;
    world.fetch_lines().await;
    let answer = well(router, &path).await;
    assert_eq!(answer["data"]["state"], "complete", "{body}: {answer}");
    for tie_out in answer["data"]["tie_out"].as_array().expect("figures") {
        assert_eq!(tie_out["ties_out"], true, "{body}: {tie_out}");
        assert_eq!((&tie_out["delta"], &tie_out["figure"]), (&"0".into(), &tie_out["rows_total"]), "{body}");
    }
    (path, answer)
}

/// Every line, page by page.
pub(crate) async fn lines(router: &Router, path: &str, limit: u16) -> Vec<Value> {
    let mut next = Some(format!("{path}/rows?limit={limit}"));
    let mut lines = Vec::new();
    while let Some(page) = next {
        let answer = well(router, &page).await;
        let data = answer["data"].as_array().expect("lines").clone();
        assert!(data.len() <= usize::from(limit));
        lines.extend(data);
        next = answer["links"]["next"].as_str().map(str::to_owned);
    }
    lines
}

/// The unblended costs of lines, in their order.
pub(crate) fn costs(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["unblended_cost"].as_str().expect("a cost")).collect()
}
