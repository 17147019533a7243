//! For random choices, whole and partial callers: the lines are the figure that costs give.

use access::{Caller, GrantText};
use axum::Router;
use bill::Amount;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sample::SampleOptions;
use serde_json::{Map, Value, json};
use sqlx::PgPool;

use super::asking::{caller, costs, drill, lines, of, well};
use crate::support::{World, decimal};

const PERIOD: &str = "2026-10";
const DIMENSIONS: [&str; 8] = [
    "principal",
    "account",
    "usage_type",
    "charge_type",
    "day",
    "tag:team",
    "tag:resourceTags/project",
    "tag:resource_tags/user_project",
];
const QUESTIONS: usize = 12;

/// The values that a dimension has in this month for this caller.
async fn values(router: &Router, dimension: &str) -> Vec<Value> {
    let question = if dimension == "day" { "granularity=daily".to_owned() } else { format!("group_by={dimension}") };
    let answer = well(router, &format!("/v1/costs?period={PERIOD}&{question}")).await;
    let key = if dimension == "day" { "date" } else { dimension };
    answer["data"].as_array().expect("rows").iter().map(|row| row[key].clone()).collect()
}

/// The same choice as a body and as the query of `/v1/costs`.
fn question(chosen: &[(&str, &Value)]) -> (Value, String) {
    let mut body = Map::from_iter([("period".to_owned(), json!(PERIOD))]);
    let mut query = format!("period={PERIOD}");
    for (dimension, value) in chosen {
        if let Some(key) = dimension.strip_prefix("tag:") {
            body.insert("tag".to_owned(), json!({ "key": key, "value": value }));
        } else {
            body.insert((*dimension).to_owned(), (*value).clone());
        }
        let text = value.as_str().unwrap_or_default();
        if *dimension == "day" {
            // Costs choose days in whichever month they are billed: here all are billed in this one.
            query.push_str(&format!("&granularity=daily&day={text}"));
        } else {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            query.push_str(&format!("&filter[{dimension}]={encoded}"));
        }
    }
    (body.into(), query)
}

/// What `/v1/costs` says: the cost and the number of lines.
async fn figure(router: &Router, query: &str, cost: &str) -> (Amount, i64) {
    let (query, day) = match query.split_once("&day=") {
        Some((before, after)) => {
            let (day, rest) = after.split_once('&').map_or((after, ""), |(day, rest)| (day, rest));
            (format!("{before}&{rest}"), Some(day))
        }
        None => (query.to_owned(), None),
    };
    let answer = well(router, &format!("/v1/costs?{query}&cost={cost}")).await;
    let rows = answer["data"].as_array().expect("rows").iter();
    let of_day = rows.filter(|row| day.is_none_or(|day| row["date"] == day));
    of_day.fold((Amount::ZERO, 0), |(sum, count), row| {
        (sum + decimal(&row["cost"]), count + row["line_items"].as_i64().expect("a count"))
    })
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_lines_of_any_choice_are_the_figure_that_costs_give(pool: PgPool) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = World::new(pool).await;
    let options = SampleOptions { lines: 1_500, folder: world.export_folder(), ..SampleOptions::default() };
    sample::write(&options, |_| {}).expect("a sample");
    world.refresh_well().await;
    let teams = world.get(&format!("/v1/costs?period={PERIOD}&group_by=team")).await;
    let team = |at: usize| teams["data"][at]["team"].as_str().expect("a team").to_owned();
    let accounts = world.get(&format!("/v1/costs?period={PERIOD}&group_by=account")).await;
    let account = accounts["data"][0]["account"].as_str().expect("an account").to_owned();
    let callers: Vec<Caller> = vec![
        caller("whole", &[]),
        caller("team", &[&team(1)]),
        caller("teams", &[&team(0), "unattributed"]),
        of("account", GrantText { accounts: vec![account], ..GrantText::default() }),
        of("tag", GrantText { tags: vec!["team=data-science".parse().expect("a tag")], ..GrantText::default() }),
    ];
    let mut with_lines = 0;
    for caller in callers {
        let name = caller.name.clone();
        let router = world.as_caller(caller);
        for _ in 0..QUESTIONS {
            let chosen =
                prop::sample::subsequence(DIMENSIONS.to_vec(), 0..3).new_tree(&mut runner).expect("some").current();
            // One tag at most.
            let tags = chosen.iter().filter(|dimension| dimension.starts_with("tag:")).count();
            let chosen: Vec<&str> = chosen.into_iter().skip(tags.saturating_sub(1)).collect();
            let mut values_chosen = Vec::new();
            for dimension in chosen.iter().filter(|_| tags < 2) {
                let values = values(&router, dimension).await;
                if values.is_empty() {
                    continue;
                }
                let at = (0..values.len()).new_tree(&mut runner).expect("a place").current();
                values_chosen.push((*dimension, values[at].clone()));
            }
            let chosen: Vec<(&str, &Value)> =
                values_chosen.iter().map(|(dimension, value)| (*dimension, value)).collect();
            let (body, query) = question(&chosen);
            let (path, answer) = drill(&world, &router, &body).await;
            let lines = lines(&router, &path, 1000).await;
            with_lines += usize::from(!lines.is_empty());
            for (cost, column) in
                [("unblended", "unblended_cost"), ("net_unblended", "net_unblended_cost"), ("list", "list_cost")]
            {
                let sum: Amount = lines.iter().map(|line| decimal(&line[column])).sum();
                let (figure, count) = figure(&router, &query, cost).await;
                assert_eq!((sum, lines.len() as i64), (figure, count), "{name}: {body} in {cost}");
                let tie_outs = answer["data"]["tie_out"].as_array().expect("figures");
                let told: Amount =
                    tie_outs.iter().filter(|told| told["cost"] == cost).map(|told| decimal(&told["figure"])).sum();
                assert_eq!(told, figure, "{name}: {body} in {cost}");
            }
        }
    }
    // Otherwise this would be about nothing.
    assert!(with_lines > 5 * QUESTIONS / 2, "{with_lines} choices had lines");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_part_is_drilled_into_as_if_there_were_nothing_else(pool: PgPool) {
    let world = super::asking::world(pool).await;
    let (whole, web) = (world.as_caller(caller("whole", &[])), world.as_caller(caller("web", &["web"])));
    let all = json!({ "period": super::asking::MONTH });
    let (path, _) = drill(&world, &whole, &all).await;
    assert_eq!(lines(&whole, &path, 4).await.len(), 9);
    let (path, answer) = drill(&world, &web, &all).await;
    let theirs = lines(&web, &path, 2).await;
    assert_eq!(costs(&theirs), ["64", "128", "256"]);
    assert_eq!(answer["data"]["tie_out"][0]["figure"], "448");
    assert_eq!(answer["data"]["tie_out"][0]["line_items"], 3);

    let carol = json!({ "period": super::asking::MONTH, "principal": "arn:aws:iam::123456789012:user/carol", "day": "2026-09-02" });
    let (path, _) = drill(&world, &web, &carol).await;
    assert_eq!(costs(&lines(&web, &path, 100).await), ["128"]);
    // Alice is not theirs: for them there is no such principal.
    let alice = json!({ "period": super::asking::MONTH, "principal": "arn:aws:iam::123456789012:user/alice" });
    let (path, answer) = drill(&world, &web, &alice).await;
    assert_eq!(answer["data"]["tie_out"], json!([]));
    assert!(lines(&web, &path, 100).await.is_empty());
    let nobody = json!({ "period": super::asking::MONTH, "principal": "prn_00000000000000000000" });
    let (_, of_nobody) = drill(&world, &web, &nobody).await;
    for (mut one, mut other) in [(answer, of_nobody)] {
        for answer in [&mut one, &mut other] {
            answer["data"]["id"].take();
            answer["data"]["question"].take();
            answer["links"].take();
        }
        assert_eq!(one, other);
    }
}
