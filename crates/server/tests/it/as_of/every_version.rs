//! Every version that is kept says what it said.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::history::{Said, a_history, questions, say, write_month};
use crate::drilldowns::asking::send;
use crate::support::{World, costs_by};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_version_that_is_kept_says_what_it_said(pool: PgPool) {
    let world = World::new(pool).await;
    let history = a_history(&world, &world.router).await;
    assert_eq!(unchanging(&history), [""; 0], "each version of this history says something else");
    for said in &history {
        for (question, answer) in questions().iter().zip(&said.answers) {
            let again = say(&world.router, &format!("{question}&as_of={}", said.version)).await;
            assert_eq!(&again, answer, "{question} as of {}", said.version);
        }
    }
}

/// The versions that say nothing but what the one before said.
fn unchanging(history: &[Said]) -> Vec<&str> {
    let figures = |said: &Said| said.answers.iter().map(|answer| answer["data"].clone()).collect::<Vec<Value>>();
    let unchanged = history.windows(2).filter(|pair| figures(&pair[0]) == figures(&pair[1]));
    unchanged.map(|pair| pair[1].version.as_str()).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_answer_says_and_links_to_what_it_is_of(pool: PgPool) {
    let world = World::new(pool).await;
    let history = a_history(&world, &world.router).await;
    let version = history[1].version.as_str();
    let mut links = String::new();
    for question in questions().iter().filter(|question| !question.contains("csv")) {
        let (status, answer) = world.ask(&format!("{question}&as_of={version}")).await;
        if status != StatusCode::OK {
            links.push_str(&format!("{question}\n  {}\n", answer["detail"]));
            continue;
        }
        assert_eq!(answer["meta"]["query"]["as_of"], version, "{question}");
        let path = answer["links"]["self"].as_str().expect("a link");
        assert_eq!(world.get(path).await, answer, "{path}");
        links.push_str(&format!("{question}\n"));
        for path in links_in(&answer) {
            let (status, found) = world.ask(&path).await;
            let of = found["meta"]["data_version"].as_str().unwrap_or_default();
            links.push_str(&format!("  {} {of:<3} {path}\n", status.as_u16()));
        }
    }
    insta::assert_snapshot!(links);
}

/// Every path in an answer, once.
fn links_in(value: &Value) -> Vec<String> {
    let mut paths: Vec<String> = match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value {
                Value::Object(links) if name == "links" => {
                    links.values().map(|path| path.as_str().expect("a path").to_owned()).collect()
                }
                other => links_in(other),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(links_in).collect(),
        _ => Vec::new(),
    };
    paths.sort_unstable();
    paths.dedup();
    paths
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn pages_of_an_earlier_version_stay_with_it(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", 1).await;
    let version = world.get("/v1/teams").await["meta"]["data_version"].as_str().expect("a version").to_owned();
    write_month(&world, "2026-09", 20).await;
    let mut next = Some(format!("/v1/principals?period=2026-09&limit=1&as_of={version}"));
    let mut costs = Vec::new();
    while let Some(path) = next {
        let page = world.get(&path).await;
        assert_eq!(page["meta"]["data_version"], version.as_str(), "{path}");
        costs.extend(costs_by(&page, &["id"]).into_iter().map(|(_, cost)| cost));
        write_month(&world, "2026-09", 300).await;
        next = page["links"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(costs, ["1", "0.000000000001"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_and_a_body_are_as_of_a_version_too(pool: PgPool) {
    let world = World::new(pool).await;
    write_month(&world, "2026-09", 1).await;
    let (_, before) = world.ask_for_text("/v1/costs?period=2026-09&group_by=team&format=csv").await;
    let version = world.get("/v1/teams").await["meta"]["data_version"].as_str().expect("a version").to_owned();
    write_month(&world, "2026-09", 20).await;
    let (_, now) = world.ask_for_text("/v1/costs?period=2026-09&group_by=team&format=csv").await;
    assert_ne!(now, before);
    let path = format!("/v1/costs?period=2026-09&group_by=team&format=csv&as_of={version}");
    assert_eq!(world.ask_for_text(&path).await.1, before);

    let body = json!({ "period": ["2026-09"], "group_by": ["team"], "as_of": version });
    let request = Request::post("/v1/costs:query").header("content-type", "application/json");
    let answer = send(&world.router, request.body(Body::from(body.to_string())).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let costs = costs_by(&answer.json(), &["team"]);
    assert_eq!(costs[0], (vec![Some("data-science".to_owned())], "1".to_owned()));
}
