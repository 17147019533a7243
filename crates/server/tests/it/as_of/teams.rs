//! A team's key, and versions in which the team owned something else.

use access::GrantText;
use sqlx::PgPool;

use super::history::{a_history, questions, say};
use crate::drilldowns::asking::of;
use crate::support::World;

/// A team sees what it owned then, and nothing of what it owns now.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_team_sees_its_own_lines_of_then(pool: PgPool) {
    let world = World::new(pool).await;
    let of_platform = GrantText { teams: vec!["platform".to_owned()], ..GrantText::default() };
    let platform = world.as_caller(of("ann", of_platform));
    let history = a_history(&world, &platform).await;
    let mut costs = Vec::new();
    for said in &history {
        for (question, answer) in questions().iter().zip(&said.answers) {
            let again = say(&platform, &format!("{question}&as_of={}", said.version)).await;
            assert_eq!(&again, answer, "{question} as of {}", said.version);
        }
        let owns_alice = said.answers.iter().any(|answer| answer.to_string().contains("alice"));
        let showback = format!("/v1/teams/platform/showback?period=2026-09&as_of={}", said.version);
        let cost = say(&platform, &showback).await["data"]["totals"][0]["cost"].as_str().expect("a cost").to_owned();
        costs.push(format!("{cost} {}", if owns_alice { "with alice" } else { "without alice" }));
    }
    assert_eq!(
        costs,
        [
            "0.000000000001 without alice",
            "0.000000000001 without alice",
            "20.000000000001 with alice",
            "300.000000000001 with alice",
            "0.000000000001 without alice",
            "0.000000000001 without alice",
        ]
    );
}
