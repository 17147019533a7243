//! What is in a file, and how it is fetched.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use store::cost_files::PART_BYTES;

use super::files::{Answer, ask, get, get_with, made, post, state, well, with, write};
use crate::support::{World, now};

/// Wide enough for more than one piece.
fn everything(format: &str) -> Value {
    json!({
        "period": ["2026-08", "2026-09", "2026-10"], "granularity": "daily",
        "group_by": ["team", "account", "principal", "usage_type", "operation", "charge_type", "tag:cost-center"],
        "format": format,
    })
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_file_has_byte_for_byte_what_the_same_question_is_answered(pool: PgPool) {
    let world = World::with_sample(pool, 20_000).await;
    for format in ["csv", "ndjson", "parquet"] {
        let (path, file) = made(&world, &world.router, &everything(format)).await;
        let data = &file["data"];
        let question = data["question"].as_str().expect("a question");
        assert!(question.contains("as_of=v") && question.ends_with(&format!("format={format}")), "{question}");
        let sent = well(&world.router, &format!("/v1/costs?{question}")).await;
        let content = well(&world.router, &format!("{path}/content")).await;
        assert!(content.body == sent.body, "{format}: {} and {} bytes", content.body.len(), sent.body.len());
        for header in ["content-type", "content-disposition", "data-version", "cost-totals", "control-totals", "link"] {
            assert_eq!(content.header(header), sent.header(header), "{header} of {format}");
        }
        assert_eq!(data["bytes"], sent.body.len());
        assert_eq!(content.header("content-length"), sent.body.len().to_string());
        assert_eq!(content.header("etag").trim_matches('"'), data["sha256"], "{format}");
        assert_eq!(
            (&data["cost_totals"], &data["control_totals"]),
            (&json!(sent.header("cost-totals")), &json!(sent.header("control-totals")))
        );
        if format == "csv" {
            assert!(sent.body.len() > 3 * PART_BYTES, "more than three pieces: {}", sent.body.len());
            assert_eq!(data["rows"], sent.text().lines().count() - 1);
        }
    }
}

/// The whole answer, but for what is another one each time.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_file_says_what_it_is_from_the_beginning_to_the_end(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let question = json!({ "period": ["2026-10"], "group_by": ["team"], "top": 2, "compare": "previous" });
    let asked = post(&world.router, &question).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.text());
    assert_eq!(asked.header("cache-control"), "no-store");
    let path = asked.header("location").to_owned();
    assert_eq!(well(&world.router, &path).await.json(), asked.json());
    let shown = |answer: Value| {
        let id = path.rsplit('/').next().expect("an id");
        serde_json::from_str::<Value>(&answer.to_string().replace(id, "ID")).expect("JSON")
    };
    insta::assert_json_snapshot!("a_file_that_waits", shown(asked.json()));

    let early = get(&world.router, &format!("{path}/content")).await;
    assert_eq!((early.status, early.header("retry-after")), (StatusCode::CONFLICT, "1"));
    assert_eq!(early.json()["type"], "/problems/cost-file-not-complete");

    assert_eq!(write(&world).await, 1);
    let file = well(&world.router, &path).await.json();
    insta::assert_json_snapshot!("a_file_that_is_complete", shown(file.clone()));
    insta::assert_snapshot!("the_content_of_a_file", well(&world.router, &format!("{path}/content")).await.text());
    let listed = well(&world.router, "/v1/cost-files").await.json();
    assert_eq!(listed["data"], json!([file["data"]]));
    let csv = well(&world.router, "/v1/cost-files?format=csv").await.text();
    assert!(csv.starts_with("id,state,question,") && csv.lines().count() == 2, "{csv}");

    assert_eq!(with(&world.router, Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    for path in [path.clone(), format!("{path}/content")] {
        let gone = get(&world.router, &path).await;
        assert_eq!((gone.status, &gone.json()["type"]), (StatusCode::NOT_FOUND, &json!("/problems/unknown-cost-file")));
    }
    assert_eq!(well(&world.router, "/v1/cost-files").await.json()["data"], json!([]));
    assert_eq!(with(&world.router, Method::DELETE, &path).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_transfer_that_was_broken_off_goes_on(pool: PgPool) {
    let world = World::with_sample(pool, 20_000).await;
    let (path, _) = made(&world, &world.router, &everything("csv")).await;
    let path = format!("{path}/content");
    let whole = well(&world.router, &path).await;
    let (bytes, tag) = (whole.body.len(), whole.header("etag").to_owned());
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let part = |range: &'static str| get_with_range(&world, &path, range);
    // Within a piece, across the border of two, and to the end.
    for (range, expected) in [
        ("bytes=0-9", 0..10),
        ("bytes=262140-262155", 262_140..262_156),
        ("bytes=250000-", 250_000..bytes),
        ("bytes=-7", bytes - 7..bytes),
    ] {
        let part = part(range).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{range}: {}", part.text());
        assert!(part.body == whole.body.slice(expected.clone()), "{range}");
        let content_range = format!("bytes {}-{}/{bytes}", expected.start, expected.end - 1);
        assert_eq!(part.header("content-range"), content_range);
        assert_eq!(part.header("content-length"), expected.len().to_string());
        assert_eq!(part.header("etag"), tag);
    }
    let beyond = part("bytes=999999999-").await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header("content-range"), format!("bytes */{bytes}"));
    assert_eq!(beyond.json()["type"], "/problems/range-not-satisfiable");

    // The rest of another file would not fit to what is there.
    let rest = [("range", "bytes=5-"), ("if-range", "\"another\"")];
    assert_eq!(get_with(&world.router, &path, &rest).await.status, StatusCode::OK);
    let rest = [("range", "bytes=5-"), ("if-range", tag.as_str())];
    assert_eq!(get_with(&world.router, &path, &rest).await.status, StatusCode::PARTIAL_CONTENT);
    let known = get_with(&world.router, &path, &[("if-none-match", &tag)]).await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (StatusCode::NOT_MODIFIED, 0, tag.as_str()));
    let head = with(&world.router, Method::HEAD, &path).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!((head.header("content-length"), head.header("etag")), (bytes.to_string().as_str(), tag.as_str()));
}

async fn get_with_range(world: &World, path: &str, range: &str) -> Answer {
    get_with(&world.router, path, &[("range", range)]).await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_file_is_of_the_version_that_was_newest_when_it_was_asked_for(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let question = json!({ "period": ["2026-10"], "group_by": ["team"] });
    let path = ask(&world.router, &question).await;
    let before = well(&world.router, "/v1/costs?period=2026-10&group_by=team&format=csv").await;
    let version = before.header("data-version").to_owned();

    // What is served changes before the file is written, and that of the same question is another file then.
    world
        .store
        .apply_ownership(&"[[rule]]\nname = \"all\"\nteam = \"one\"\n".parse_rules(), now())
        .await
        .expect("rules");
    let after = well(&world.router, "/v1/costs?period=2026-10&group_by=team&format=csv").await;
    assert_ne!(after.text(), before.text());
    let later = ask(&world.router, &question).await;
    assert_ne!(later, path);
    assert_eq!(write(&world).await, 2);
    let content = well(&world.router, &format!("{path}/content")).await;
    assert_eq!((content.text(), content.header("data-version")), (before.text(), version.as_str()));
    assert_eq!(well(&world.router, &format!("{later}/content")).await.text(), after.text());

    // It can still be asked for, by its version, and is the one that there is.
    let again = post(&world.router, &json!({ "period": ["2026-10"], "group_by": ["team"], "as_of": version })).await;
    assert_eq!((again.status, again.header("location")), (StatusCode::OK, path.as_str()));
    assert_eq!(state(&world.router, &path).await, "complete");
}

trait ParseRules {
    fn parse_rules(&self) -> ledger::Ownership;
}

impl ParseRules for str {
    fn parse_rules(&self) -> ledger::Ownership {
        ledger::Ownership::parse(self).expect("rules")
    }
}
