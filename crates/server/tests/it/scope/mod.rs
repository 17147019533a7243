//! What lies outside a caller's sight does not exist for them.
//!
//! The strongest form of it is tested: whatever is asked, the answer to someone who may see a part of the bill is the answer
//! of a service that has never had any other line.

mod bill_of_teams;
mod parts;
mod questions;

use std::collections::BTreeMap;

use crate::support::period;
use access::{Extent, Grants, Part};
use axum::http::StatusCode;
use bill::Amount;
use bill_of_teams::{ACCOUNTS, Month, TEAMS, month, part};
use parts::{OTHER_EXPORT, Service, Sums, ask, ask_well, control, plus, totals};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use sqlx::PgPool;

/// How many bills, how many readers of each, and how many questions about costs by each of them.
const BILLS: usize = 3;
const READERS: usize = 5;
const QUESTIONS: usize = 40;

fn runner() -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn draw<S: Strategy>(runner: &mut TestRunner, strategy: S) -> S::Value {
    strategy.new_tree(runner).expect("a value").current()
}

/// Two months of two exports.
fn two_months(runner: &mut TestRunner, most_lines: usize) -> Vec<Month> {
    let mut months = Vec::new();
    for text in ["2026-09", "2026-10"] {
        months.push(draw(runner, month("sample", &ACCOUNTS[..2], period(text), most_lines)));
        months.push(draw(runner, month(OTHER_EXPORT, &ACCOUNTS[2..], period(text), most_lines / 2)));
    }
    months
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_part_of_the_bill_is_answered_as_if_it_were_the_whole_of_it(pool: PgPool) {
    let mut runner = runner();
    let (mut with_rows, mut cut) = (0, 0);
    for bill in 0..BILLS {
        let months = two_months(&mut runner, 30 << bill);
        let whole = Service::with(&pool, "whole", &months).await;
        whole.fails_loudly("12345.67 USD of everybody's lines do not tie out");
        whole.failed_to_load("12345.67 USD of everybody do not tie out").await;
        for _ in 0..READERS {
            let extent = Extent::Part(draw(&mut runner, part()));
            let theirs: Vec<Month> = months.iter().map(|month| month.as_seen_by(&extent)).collect();
            cut += usize::from(is_truly_a_part(&months, &theirs));
            let alone = Service::with(&pool, "alone", &theirs).await;
            alone.fails_loudly("0.01 USD of their own lines do not tie out");
            let (of_whole, of_theirs) = (whole.seen_by(extent.clone()), alone.seen_by(extent.clone()));
            let mut paths = draw(&mut runner, questions::about_the_rest());
            paths.extend(draw(&mut runner, questions::about_costs(QUESTIONS)));
            for path in &paths {
                let (answer, expected) = (ask(&of_whole, path).await, ask(&of_theirs, path).await);
                assert_eq!(answer, expected, "{path} for {extent:?}");
                with_rows += usize::from(answer.body["data"].as_array().is_some_and(|rows| !rows.is_empty()));
            }
            alone.end(&pool).await;
        }
        whole.end(&pool).await;
    }
    // Otherwise this would be about nothing.
    assert!(with_rows > BILLS * READERS * QUESTIONS / 4, "{with_rows} answers had rows");
    assert!(cut > BILLS * READERS / 2, "{cut} readers saw some lines and not others");
}

fn is_truly_a_part(months: &[Month], theirs: &[Month]) -> bool {
    let lines = |months: &[Month]| months.iter().map(Month::bedrock_lines).sum::<usize>();
    (1..lines(months)).contains(&lines(theirs))
}

/// Nothing is in two disjoint parts, and nothing is in none.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn disjoint_parts_add_up_to_the_bill(pool: PgPool) {
    let months = two_months(&mut runner(), 150);
    let service = Service::with(&pool, "whole", &months).await;
    let teams = TEAMS.map(Extent::of_team);
    let accounts = ACCOUNTS.map(of_account);
    for question in
        ["period=2026-09,2026-10", "period=2026-10&group_by=model,tag:team", "start=2026-07-01&end=2026-10-20"]
    {
        let path = format!("/v1/costs?{question}");
        let whole = ask_well(&service.seen_by(Extent::Everything), &path).await;
        assert!(!totals(&whole).is_empty());
        for parts in [teams.as_slice(), accounts.as_slice()] {
            let mut sums = Sums::new();
            let mut figures = BTreeMap::new();
            for part in parts {
                let theirs = ask_well(&service.seen_by(part.clone()), &path).await;
                sums = plus(sums, &totals(&theirs));
                for (currency, more) in control(&theirs) {
                    let so_far = figures.entry(currency).or_insert([Amount::ZERO; 5]);
                    so_far.iter_mut().zip(more).for_each(|(sum, figure)| *sum += figure);
                }
            }
            assert_eq!(sums, totals(&whole), "{path}");
            assert_eq!(figures, control(&whole), "{path}");
        }
    }
    service.end(&pool).await;
}

fn of_account(account: &str) -> Extent {
    Extent::Part(Part { accounts: [account.to_owned()].into(), ..Part::default() })
}

/// A line that is in a part for two reasons is counted once.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_union_is_both_without_what_is_in_both(pool: PgPool) {
    let service = Service::with(&pool, "whole", &two_months(&mut runner(), 150)).await;
    let (team, account) = (Extent::of_team("ds"), of_account(ACCOUNTS[1]));
    let path = "/v1/costs?period=2026-09,2026-10";
    let of_both = ask_well(&service.seen_by(team.clone().union(&account)), path).await;
    let of_team = ask_well(&service.seen_by(team.clone()), path).await;
    let of_account = ask_well(&service.seen_by(account), path).await;
    let in_both = ask_well(&service.seen_by(team), &format!("{path}&filter[account]={}", ACCOUNTS[1])).await;
    assert!(!totals(&in_both).is_empty(), "{in_both}");
    assert_eq!(plus(totals(&of_both), &totals(&in_both)), plus(totals(&of_team), &totals(&of_account)));
    service.end(&pool).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_team_outside_is_no_team_at_all(pool: PgPool) {
    let months = two_months(&mut runner(), 60);
    let service = Service::with(&pool, "whole", &months).await;
    let everything = service.seen_by(Extent::Everything);
    let of_ds = service.seen_by(Extent::of_team("ds"));
    for path in ["/v1/teams/{team}", "/v1/teams/{team}/showback", "/v1/teams/{team}/showback?period=2026-09"] {
        let path_of = |team: &str| path.replace("{team}", team);
        assert_eq!(ask(&everything, &path_of("research")).await.status, StatusCode::OK);
        let outside = ask(&of_ds, &path_of("research")).await;
        let never_there = ask(&of_ds, &path_of("reserach")).await;
        assert_eq!(outside.status, StatusCode::NOT_FOUND, "{}", outside.body);
        assert_eq!(
            outside.body.to_string().replace("research", "TEAM"),
            never_there.body.to_string().replace("reserach", "TEAM")
        );
        assert_eq!(never_there.body.get("did_you_mean"), None, "{}", never_there.body);
        assert_eq!(ask(&of_ds, &path_of("dss")).await.body["did_you_mean"], "ds");
        assert_eq!(ask(&of_ds, &path_of("unattributed")).await.status, StatusCode::OK);
    }
    service.end(&pool).await;
}

/// Figures that belong to the whole bill are for those who see all of it; the rest of an answer is for everybody.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_counted_over_the_whole_bill_is_not_told_to_a_part_of_it(pool: PgPool) {
    let service = Service::with(&pool, "whole", &two_months(&mut runner(), 60)).await;
    service.fails_loudly("12345.67 USD of everybody's lines do not tie out");
    let (whole, part) = (service.seen_by(Extent::Everything), service.seen_by(Extent::of_team("ds")));
    let (told, untold) = (ask_well(&whole, "/v1/periods/2026-10").await, ask_well(&part, "/v1/periods/2026-10").await);
    assert_eq!((&told["control"][0]["scope"], &untold["control"][0]["scope"]), (&json!("everything"), &json!("part")));
    for pointer in [
        "/control/0/bill_total",
        "/data/bill_totals",
        "/data/versions/0/line_items",
        "/data/versions/0/rows_kept",
        "/data/versions/0/first_usage_date",
        "/data/versions/0/last_usage_date",
    ] {
        assert!(told.pointer(pointer).is_some_and(|value| !value.is_null()), "{pointer}: {told}");
        assert_eq!(untold.pointer(pointer), Some(&Value::Null), "{pointer}");
    }
    for pointer in ["/data/status", "/data/versions/0/version", "/data/freshness", "/meta/data_version"] {
        assert_eq!(told.pointer(pointer), untold.pointer(pointer), "{pointer}");
    }
    service.end(&pool).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_status_quotes_the_bill_only_to_those_who_see_all_of_it(pool: PgPool) {
    let service = Service::with(&pool, "whole", &two_months(&mut runner(), 60)).await;
    service.fails_loudly("12345.67 USD of everybody's lines do not tie out");
    let whole = ask_well(&service.seen_by(Extent::Everything), "/v1/status").await;
    assert!(whole.to_string().contains("12345.67"), "{whole}");
    for router in [service.seen_by(Extent::of_team("ds")), service.seen_with(Grants::default())] {
        let status = ask_well(&router, "/v1/status").await;
        assert!(!status.to_string().contains("12345.67"), "{status}");
        let warnings = json!([{
            "code": "refresh_failed",
            "detail": "the last refresh of export `sample` failed; ask whoever runs the service",
            "period": "2026-10",
        }]);
        assert_eq!(status["data"]["warnings"], warnings);
        assert_eq!(status["data"]["exports"][0]["last_refreshes"][0]["message"], Value::Null);
        assert_eq!(status["data"]["exports"][0]["periods"], whole["data"]["exports"][0]["periods"]);
    }
    service.end(&pool).await;
}

/// Who names a team in a filter hears as little of one outside as of one that never was.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_filter_on_what_lies_outside_finds_what_a_filter_on_nothing_finds(pool: PgPool) {
    let service = Service::with(&pool, "whole", &two_months(&mut runner(), 60)).await;
    let of_ds = service.seen_by(Extent::of_team("ds"));
    for (dimension, outside, never_there) in [("team", "research", "nosuchxy"), ("tag:team", "Platform", "Nosuchxy")] {
        for verb in ["filter", "exclude"] {
            let path = |value: &str| format!("/v1/costs?period=2026-10&group_by=model&{verb}[{dimension}]={value}");
            let answer = |value: &'static str| {
                let (router, path) = (of_ds.clone(), path(value));
                async move { ask_well(&router, &path).await.to_string().replace(value, "VALUE") }
            };
            assert_eq!(answer(outside).await, answer(never_there).await, "{verb} {dimension}");
        }
    }
    service.end(&pool).await;
}
