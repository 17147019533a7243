//! Bodies coded as `Accept-Encoding` asks for it, and pages of other origins.

use std::io::Read;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use server::http::across_origins;
use sqlx::PgPool;

use super::read::{Answer, get_well, send};
use crate::support::World;

const COSTS: &str = "/v1/costs?period=2026-10&group_by=principal,model";

async fn ask(router: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    send(router, request.body(Body::empty()).expect("a request")).await
}

fn decoded(answer: &Answer) -> Vec<u8> {
    let (coded, mut bytes) = (answer.body.as_ref(), Vec::new());
    match answer.header("content-encoding") {
        "gzip" => flate2::read::GzDecoder::new(coded).read_to_end(&mut bytes).map(drop),
        "br" => brotli::Decompressor::new(coded, 4096).read_to_end(&mut bytes).map(drop),
        "zstd" => zstd::stream::copy_decode(coded, &mut bytes),
        "" => coded.to_vec().as_slice().read_to_end(&mut bytes).map(drop),
        other => panic!("{other} was not asked for"),
    }
    .expect("a whole body");
    bytes
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_coded_answer_is_the_same_answer_under_a_tag_of_its_own(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    for path in [COSTS.to_owned(), format!("{COSTS}&format=csv"), format!("{COSTS}&format=ndjson")] {
        let plain = get_well(&world.router, &path).await;
        assert_eq!(plain.header("content-encoding"), "");
        let mut tags = vec![plain.header("etag").to_owned()];
        for coding in ["gzip", "br", "zstd"] {
            let accept = ("accept-encoding", coding);
            let coded = ask(&world.router, Method::GET, &path, &[accept]).await;
            assert_eq!((coded.status, coded.header("content-encoding")), (StatusCode::OK, coding), "{path}");
            assert!(coded.body.len() * 2 < plain.body.len(), "{path}: {} of {}", coded.body.len(), plain.body.len());
            assert_eq!(decoded(&coded), plain.body, "{path} as {coding}");
            assert!(vary(&coded).contains("accept-encoding"), "{path}: {}", vary(&coded));
            let tag = coded.header("etag").to_owned();
            assert!(tag.starts_with('"') && !tags.contains(&tag), "{path}: strong, and of this coding alone: {tag}");

            // Whoever holds it is told so under the same tag; whoever cannot read it any more is not.
            let condition = ("if-none-match", tag.as_str());
            let again = ask(&world.router, Method::GET, &path, &[accept, condition]).await;
            assert_eq!((again.status, again.header("etag")), (StatusCode::NOT_MODIFIED, tag.as_str()), "{path}");
            assert!(vary(&again).contains("accept-encoding"));
            assert_eq!(ask(&world.router, Method::GET, &path, &[condition]).await.status, StatusCode::OK, "{path}");

            let head = ask(&world.router, Method::HEAD, &path, &[accept]).await;
            assert_eq!((head.header("content-encoding"), head.header("etag")), (coding, tag.as_str()), "{path}");
            assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
            tags.push(tag);
        }
    }
}

/// All of them: a header may be there more than once.
fn vary(answer: &Answer) -> String {
    let values = answer.headers.get_all("vary").iter().map(|value| value.to_str().expect("plain text"));
    values.collect::<Vec<_>>().join(", ")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_gains_nothing_stays_as_it_is(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let accept = [("accept-encoding", "gzip, br, zstd")];
    for path in ["/livez".to_owned(), format!("{COSTS}&format=parquet"), "/v1/costs?perod=1".to_owned()] {
        let answer = ask(&world.router, Method::GET, &path, &accept).await;
        assert_eq!(answer.header("content-encoding"), "", "{path}");
    }
    for odd in ["identity;q=0", "*;q=0", "deflate", "gzip;q=0", ""] {
        let answer = ask(&world.router, Method::GET, COSTS, &[("accept-encoding", odd)]).await;
        assert_eq!((answer.status, answer.header("content-encoding")), (StatusCode::OK, ""), "{odd}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn pages_of_named_origins_may_read_and_no_others(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let ours = "https://dashboards.example.com";
    let router = across_origins(world.guarded(), &[ours.parse().expect("a header")]);
    let key = world.key(&access::Grants::everything(), 3).await;
    let preflight = |origin| {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ];
        let router = router.clone();
        async move { ask(&router, Method::OPTIONS, COSTS, &asked).await }
    };
    let told = preflight(ours).await;
    assert_eq!(
        (told.status, told.header("access-control-allow-origin")),
        (StatusCode::OK, ours),
        "nobody is known yet"
    );
    assert_eq!(told.header("access-control-allow-methods"), "GET,HEAD");
    assert!(told.header("access-control-allow-headers").contains("authorization"));
    assert!(!told.headers.contains_key("access-control-allow-credentials"));
    assert_eq!(preflight("https://elsewhere.example.com").await.header("access-control-allow-origin"), "");

    let read = ask(&router, Method::GET, COSTS, &[("origin", ours), ("authorization", &key)]).await;
    assert_eq!((read.status, read.header("access-control-allow-origin")), (StatusCode::OK, ours));
    for name in ["etag", "link", "ratelimit", "cost-totals"] {
        assert!(read.header("access-control-expose-headers").split(',').any(|exposed| exposed == name), "{name}");
    }
    assert!(vary(&read).contains("origin"));
    let without_key = ask(&router, Method::GET, COSTS, &[("origin", ours)]).await;
    assert_eq!(without_key.status, StatusCode::UNAUTHORIZED);
    let asked = [("origin", ours), ("sec-fetch-site", "cross-site"), ("authorization", key.as_str())];
    let written = ask(&router, Method::POST, "/v1/keys", &asked).await;
    assert_eq!(written.status, StatusCode::FORBIDDEN, "a page may read and not write");

    let nowhere = ask(&world.router, Method::GET, COSTS, &[("origin", ours)]).await;
    assert_eq!(nowhere.header("access-control-allow-origin"), "", "nobody is named by default");
}
