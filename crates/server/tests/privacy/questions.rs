use bill::principal::Principal;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sqlx::PgPool;

use crate::persons::{ALICE, BOB, LAPTOP, column, get, published, unhidden};
use crate::support::World;

fn path(name: &str, dimension: &str, value: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!("/v1/costs?group_by={}&{name}={}", encode(dimension), encode(value))
        .replace(&format!("&{name}="), &format!("&{name}{}{}{}=", "%5B", encode(dimension), "%5D"))
}

/// What is answered, without what only repeats the question.
async fn found(router: &axum::Router, path: &str) -> Value {
    let mut answer = get(router, path).await;
    answer["meta"]["query"] = Value::Null;
    answer["links"]["self"] = Value::Null;
    answer
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_real_name_finds_what_an_unknown_one_finds(pool: PgPool) {
    let world = published(pool).await;
    let id_of = |billed: &str| Principal::parse(Some(billed)).expect("a principal").id;
    let (id_of_alice, id_of_dave) = (id_of(ALICE), id_of("AROAEXAMPLEID:dave.jones"));
    let questions = [
        ("principal", ALICE, "arn:aws:iam::123456789012:user/nobody"),
        ("principal", &id_of_alice, "prn_00000000000000000000"),
        ("principal", LAPTOP, "arn:aws:sts::123456789012:assumed-role/BedrockRole/nobody"),
        ("principal", BOB, "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Analysts_0123456789abcdef/nobody"),
        ("principal", &id_of_dave, "prn_00000000000000000000"),
        ("session", "alice-laptop", "nobody"),
        ("session", "Alice@Example.com", "nobody@example.com"),
        ("person", "alice@example.com", "nobody@example.com"),
        ("person", "bob.miller", "nobody"),
        ("role", "of-xenia@example.com", "of-nobody@example.com"),
        ("tag:owner", "Alice@Example.com", "nobody@example.com"),
        ("tag:user", "alice", "nobody"),
        ("tag:alice@example.com", "personal", "nothing"),
        ("tag:resource_tags/user_contact", "mailto:alice@example.com", "mailto:nobody@example.com"),
    ];
    for (dimension, real, unknown) in questions {
        for name in ["filter", "exclude"] {
            let (real, unknown) = (path(name, dimension, real), path(name, dimension, unknown));
            assert_eq!(found(&world.router, &real).await, found(&world.router, &unknown).await, "{real}");
            if name == "filter" {
                assert_eq!(found(&world.router, &real).await["data"], Value::Array(Vec::new()), "{real}");
                let named = found(&unhidden(&world), &real).await;
                assert_ne!(named["data"], Value::Array(Vec::new()), "{real} finds somebody where nobody is hidden");
            }
        }
    }
}

async fn finds_itself(world: &World, dimension: &str, shown: &str) {
    let answer = world.get(&format!("/v1/costs?group_by={dimension}")).await;
    for (value, row) in column(&answer, shown).into_iter().zip(answer["data"].as_array().expect("rows")) {
        let Some(value) = value else { continue };
        // A principal is asked for by its id, or by its ARN where it has one.
        if shown == "principal_arn" && !value.starts_with("arn:") {
            continue;
        }
        let found = world.get(&path("filter", dimension, &value)).await;
        assert_eq!(found["data"], Value::Array(vec![row.clone()]), "{dimension} {value}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_pseudonym_finds_its_rows(pool: PgPool) {
    let world = published(pool).await;
    finds_itself(&world, "principal", "principal").await;
    finds_itself(&world, "principal", "principal_arn").await;
    for dimension in ["session", "person", "role", "tag:owner", "tag:user"] {
        finds_itself(&world, dimension, dimension).await;
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn rows_are_in_the_order_of_pseudonyms(pool: PgPool) {
    let world = published(pool).await;
    for dimension in ["principal", "session", "person"] {
        let answer = world.get(&format!("/v1/costs?group_by={dimension}&order_by={dimension}")).await;
        let values: Vec<String> = column(&answer, dimension).into_iter().flatten().collect();
        assert!(values.len() > 1 && values.is_sorted(), "{dimension}: {values:?}");
    }
}

/// Whoever types a name is told as much as whoever types nonsense.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn typing_a_real_name_completes_nothing(pool: PgPool) {
    let world = published(pool).await;
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let questions = [
        ("/v1/principals?q=", "alice", "nobody-here"),
        ("/v1/principals?q=", "miller", "nobody-here"),
        ("/v1/principals?q=", "user/alice", "user/nobody-here"),
        ("/v1/principals?arn=", ALICE, "arn:aws:iam::123456789012:user/nobody-here"),
        ("/v1/principals?person=", "alice@example.com", "nobody-here@example.com"),
        ("/v1/principals?role=", "of-xenia@example.com", "of-nobody-here@example.com"),
        ("/v1/dimensions/principal/values?q=", "alice", "nobody-here"),
        ("/v1/dimensions/session/values?q=", "laptop", "nobody-here"),
        ("/v1/dimensions/person/values?q=", "miller", "nobody-here"),
        ("/v1/dimensions/role/values?q=", "xenia", "nobody-here"),
        ("/v1/dimensions/account/values?q=", "xenia", "nobody-here"),
        ("/v1/dimensions/tag:alice%40example.com/values?q=", "personal", "nobody-here"),
        ("/v1/tags/owner?q=", "alice@", "nobody-here@"),
        ("/v1/tags/user?q=", "miller", "nobody-here"),
        ("/v1/tags/resource_tags%2Fuser_contact?q=", "mailto", "nobody-here"),
    ];
    for (path, real, unknown) in questions {
        let (real, unknown) = (format!("{path}{}", encode(real)), format!("{path}{}", encode(unknown)));
        assert_eq!(found(&world.router, &real).await, found(&world.router, &unknown).await, "{real}");
        assert_eq!(found(&world.router, &real).await["data"], Value::Array(Vec::new()), "{real}");
        let named = found(&unhidden(&world), &real).await;
        assert_ne!(named["data"], Value::Array(Vec::new()), "{real} finds somebody where nobody is hidden");
    }
    // Behind a real id there is nobody, and behind a real value no showback.
    let id = Principal::parse(Some(ALICE)).expect("a principal").id;
    for path in [format!("/v1/principals/{id}"), "/v1/tags/owner/values/Alice%40Example.com/showback".to_owned()] {
        get(&unhidden(&world), &path).await;
        let (status, _, _) = crate::persons::ask(&world.router, &path, None).await;
        assert_eq!(status, axum::http::StatusCode::NOT_FOUND, "{path}");
    }
}

/// What is shown is found again by typing a part of it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn typing_a_pseudonym_completes_it(pool: PgPool) {
    let world = published(pool).await;
    let all = world.get("/v1/principals").await;
    let shown: Vec<&Value> =
        all["data"].as_array().expect("rows").iter().filter(|row| !row["person"].is_null()).collect();
    assert!(!shown.is_empty());
    for row in shown {
        let person = row["person"].as_str().expect("a pseudonym");
        let found = world.get(&format!("/v1/principals?q={}", person.to_uppercase())).await;
        assert!(found["data"].as_array().expect("rows").contains(row), "{person}: {found}");
        let detail = world.get(&format!("/v1/principals/{}", row["id"].as_str().expect("an id"))).await;
        assert_eq!((&detail["data"]["arn"], &detail["data"]["person"]), (&row["arn"], &row["person"]));
    }
}
