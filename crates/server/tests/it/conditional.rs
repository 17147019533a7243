//! A poller that has the newest answer is told so, without the database being asked.

use crate::support::{World, amount, period};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use sample::LineItem;
use sqlx::PgPool;
use tower::ServiceExt;

const MONTH: &str = "2026-09";

fn line(cost: &str) -> LineItem<'static> {
    LineItem {
        iam_principal: Some("arn:aws:iam::123456789012:user/alice".into()),
        unblended_cost: amount(cost),
        tags: [("iamPrincipal/team", "ds")].into(),
        ..LineItem::bedrock_usage(period(MONTH))
    }
}

async fn ask(world: &World, path: &str, tag: &str) -> (StatusCode, HeaderMap, usize) {
    let request = Request::get(path).header(header::IF_NONE_MATCH, tag).body(Body::empty()).expect("a request");
    let response = world.router.clone().oneshot(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    (head.status, head.headers, body.len())
}

async fn tag_of(world: &World, path: &str) -> String {
    let (status, headers, length) = ask(world, path, "\"nothing\"").await;
    assert_eq!(status, StatusCode::OK, "{path}");
    assert!(length > 0);
    assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache");
    assert!(headers.contains_key(header::LAST_MODIFIED), "{path}");
    headers[header::ETAG].to_str().expect("a tag").to_owned()
}

async fn published(pool: PgPool) -> World {
    let world = World::new(pool).await;
    world.write(period(MONTH), &[line("7.5")]);
    world.refresh_well().await;
    world
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_same_answer_is_not_sent_twice(pool: PgPool) {
    let world = published(pool).await;
    let paths = [
        format!("/v1/costs?period={MONTH}&group_by=team"),
        "/v1/teams".to_owned(),
        "/v1/teams/ds".to_owned(),
        format!("/v1/teams/ds/showback?period={MONTH}"),
        "/v1/periods".to_owned(),
        "/v1/summary".to_owned(),
        "/v1/models".to_owned(),
        "/v1/dimensions/model/values".to_owned(),
        "/v1/principals".to_owned(),
        "/v1/principals?q=alice".to_owned(),
        "/v1/tags".to_owned(),
        "/v1/tags/team".to_owned(),
        format!("/v1/tags/team/values/ds/showback?period={MONTH}"),
    ];
    let mut tags = Vec::new();
    for path in &paths {
        let tag = tag_of(&world, path).await;
        for condition in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}")] {
            let (status, headers, length) = ask(&world, path, &condition).await;
            assert_eq!((status, length), (StatusCode::NOT_MODIFIED, 0), "{path} with {condition}");
            assert_eq!(headers[header::ETAG].to_str().expect("a tag"), tag);
        }
        tags.push(tag);
    }
    tags.dedup();
    assert_eq!(tags.len(), paths.len(), "each question has a tag of its own");

    world.write(period(MONTH), &[line("8.5")]);
    world.refresh_well().await;
    for (path, old) in paths.iter().zip(&tags) {
        let (status, headers, _) = ask(&world, path, old).await;
        assert_eq!(status, StatusCode::OK, "{path} has changed");
        assert_ne!(headers[header::ETAG].to_str().expect("a tag"), old);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_tag_of_another_question_answers_nothing(pool: PgPool) {
    let world = published(pool).await;
    let tag = tag_of(&world, &format!("/v1/costs?period={MONTH}")).await;
    let (status, _, _) = ask(&world, "/v1/costs?period=nonsense", &tag).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _, _) = ask(&world, &format!("/v1/costs?period={MONTH}&group_by=team"), &tag).await;
    assert_eq!(status, StatusCode::OK);
}

/// What changes without a new data version, such as an age in seconds, has no tag.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_changes_by_itself_has_no_tag(pool: PgPool) {
    let world = published(pool).await;
    for path in ["/v1/status".to_owned(), format!("/v1/periods/{MONTH}"), "/livez".to_owned()] {
        let (status, headers, _) = ask(&world, &path, "*").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!headers.contains_key(header::ETAG), "{path}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_newest_answer_is_known_without_asking_the_database(pool: PgPool) {
    let world = published(pool).await;
    let path = format!("/v1/costs?period={MONTH}&group_by=team");
    let first = tag_of(&world, &path).await;
    let _watch = world.watch_versions().await;

    // A flip is announced, not polled for.
    world.write(period(MONTH), &[line("8.5")]);
    world.refresh_well().await;
    world.wait_for_version().await;
    let (status, _, _) = ask(&world, &path, &first).await;
    assert_eq!(status, StatusCode::OK, "the answer of the version before is not the newest any more");
    let second = tag_of(&world, &path).await;

    // No handler can reach the database any more: whoever is up to date need not know.
    world.store.close().await;
    assert_eq!(ask(&world, &path, &second).await.0, StatusCode::NOT_MODIFIED);
    // The newest answer is in memory, and another is not.
    assert_eq!(ask(&world, &path, &first).await.0, StatusCode::OK);
    assert_eq!(ask(&world, "/v1/teams", &first).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
