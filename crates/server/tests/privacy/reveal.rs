use access::audit::AuditAction;
use access::{Caller, Extent, Grant, GrantText, Permission, Role};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use server::gate::Gate;
use sqlx::PgPool;
use store::audit::AuditQuestion;
use tower::ServiceExt;

use crate::persons::{MONTH, ask, get, named_in, published, unhidden};
use crate::support::World;

const PATH: &str = "/v1/costs?group_by=principal,person&reveal=true";

fn caller(grants: Vec<GrantText>) -> Caller {
    let grants: Vec<Grant> = grants.into_iter().map(|grant| grant.try_into().expect("a grant")).collect();
    Caller { grants: grants.iter().collect(), ..Caller::anonymous() }
}

fn of_everything(role: Role) -> GrantText {
    GrantText { role: Some(role), everything: true, ..GrantText::default() }
}

fn of_team(permissions: Vec<Permission>, team: &str) -> GrantText {
    GrantText { permissions, teams: vec![team.to_owned()], ..GrantText::default() }
}

fn as_caller(world: &World, grants: Vec<GrantText>) -> Router {
    world.behind(Gate::same_for_all(caller(grants)).with_pseudonyms())
}

async fn reveals(world: &World) -> Vec<(String, Option<String>, Extent, Value)> {
    let question =
        AuditQuestion { action: Some(AuditAction::IdentityRevealed), ..AuditQuestion::newest(Extent::Everything, 99) };
    let entries = world.store.audit_entries(&question).await.expect("entries");
    entries.into_iter().rev().map(|entry| (entry.caller, entry.object, entry.extent, entry.details)).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_may_sees_persons_and_the_audit_log_knows(pool: PgPool) {
    let world = published(pool).await;
    let admin = as_caller(&world, vec![of_everything(Role::Admin)]);
    let revealed = get(&admin, PATH).await;
    let named = get(&unhidden(&world), PATH).await;
    assert_eq!(revealed["data"], named["data"]);
    assert_eq!(revealed["meta"]["query"]["reveal"], "true");
    assert!(revealed["links"]["self"].as_str().expect("a link").ends_with("&reveal=true"));
    for path in [
        "/v1/teams?reveal=true".to_owned(),
        "/v1/teams/ds?reveal=true".to_owned(),
        format!("/v1/teams/ds/showback?reveal=true&period={MONTH}"),
    ] {
        get(&admin, &path).await;
    }
    assert!(
        !named_in(&get(&admin, "/v1/costs?group_by=principal").await.to_string()).contains(&"alice"),
        "only on request"
    );

    let entries = reveals(&world).await;
    let everything = Extent::Everything;
    let entry = |path: &str, query: &str| {
        let details = serde_json::json!({ "query": query, "data_version": 2 });
        ("anonymous:anonymous".to_owned(), Some(path.to_owned()), everything.clone(), details)
    };
    assert_eq!(
        entries,
        [
            entry("/v1/costs", "group_by=principal,person&reveal=true"),
            entry("/v1/teams", "reveal=true"),
            entry("/v1/teams/ds", "reveal=true"),
            entry("/v1/teams/ds/showback", &format!("reveal=true&period={MONTH}")),
        ]
    );
}

/// A body is no way around the audit log, and its answer is as little to be kept.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_revealed_to_a_body_is_written_down_as_what_it_asks(pool: PgPool) {
    let world = published(pool).await;
    let admin = as_caller(&world, vec![of_everything(Role::Admin)]);
    let body = serde_json::json!({ "group_by": ["principal", "person"], "filter": { "team": ["ds"] }, "reveal": true });
    let request = Request::post("/v1/costs:query").header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).expect("a request");
    let response = admin.clone().oneshot(request).await.expect("an answer");
    assert_eq!(
        (response.status(), &response.headers()["cache-control"]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    let text = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    assert!(named_in(&String::from_utf8_lossy(&text)).contains(&"alice"));

    let details: Vec<Value> = reveals(&world).await.into_iter().map(|(_, _, _, details)| details).collect();
    let query = "filter%5Bteam%5D=ds&group_by=principal,person&reveal=true";
    assert_eq!(details, [serde_json::json!({ "query": query, "data_version": 2 })]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_may_not_is_told_which_permission_it_takes(pool: PgPool) {
    let world = published(pool).await;
    let reveal_ds = || of_team(vec![Permission::IdentityReveal], "ds");
    let refused = [
        vec![of_everything(Role::Viewer)],
        vec![of_everything(Role::Finance)],
        vec![of_everything(Role::Viewer), reveal_ds()],
        vec![of_team(vec![Permission::CostsRead], "web"), reveal_ds()],
    ];
    for grants in refused {
        let (status, headers, text) = ask(&as_caller(&world, grants), PATH, None).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{text}");
        assert!(text.contains("identity:reveal") && text.contains("/problems/forbidden"), "{text}");
        assert_eq!((headers["cache-control"].to_str().ok(), named_in(&text)), (Some("no-store"), Vec::new()));
    }
    assert_eq!(reveals(&world).await, []);

    let of_ds = as_caller(&world, vec![of_team(vec![Permission::CostsRead, Permission::IdentityReveal], "ds")]);
    let revealed = get(&of_ds, PATH).await.to_string();
    assert!(named_in(&revealed).contains(&"alice") && !named_in(&revealed).contains(&"miller"), "{revealed}");
    assert_eq!(reveals(&world).await[0].2, Extent::of_team("ds"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_revealed_is_not_kept_and_not_repeated(pool: PgPool) {
    let world = published(pool).await;
    let admin = as_caller(&world, vec![of_everything(Role::Admin)]);
    let watch = tokio::spawn({
        let (store, versions) = (world.store.clone(), world.versions.clone());
        async move { store.watch_versions(versions).await }
    });
    while world.versions.current().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    for path in [PATH, "/v1/costs?group_by=principal,person&%72eveal=true"] {
        for condition in [None, Some("*"), Some("\"anything\"")] {
            let (status, headers, text) = ask(&admin, path, condition).await;
            assert_eq!(status, StatusCode::OK, "{path}: {text}");
            assert_eq!(headers["cache-control"], "no-store", "{path}");
            assert!(!headers.contains_key("etag") && !headers.contains_key("last-modified"), "{headers:?}");
        }
    }
    assert_eq!(reveals(&world).await.len(), 6, "each answer leaves an entry");
    watch.abort();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_is_shown_where_the_audit_log_cannot_be_written(pool: PgPool) {
    let world = published(pool.clone()).await;
    sqlx::query("delete from audit_head").execute(&pool).await.expect("a broken log");
    let (status, _, text) = ask(&world.router, PATH, None).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{text}");
    assert_eq!(named_in(&text), [""; 0]);
    assert!(text.contains("audit log"), "{text}");
    let (status, _, _) = ask(&world.router, "/v1/costs?group_by=principal", None).await;
    assert_eq!(status, StatusCode::OK, "who asks for nobody is answered");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_nobody_is_hidden_there_is_nothing_to_reveal(pool: PgPool) {
    let world = published(pool).await;
    let viewer = world.as_caller(caller(vec![of_everything(Role::Viewer)]));
    let (status, headers, text) = ask(&viewer, PATH, None).await;
    assert_eq!((status, named_in(&text).contains(&"alice")), (StatusCode::OK, true));
    assert_eq!(headers["cache-control"], "private, no-cache");
    let tag = headers["etag"].to_str().expect("a tag").to_owned();
    assert_eq!(ask(&viewer, PATH, Some(&tag)).await.0, StatusCode::NOT_MODIFIED);
    assert_eq!(reveals(&world).await, []);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn reveal_is_true_or_false(pool: PgPool) {
    let world = published(pool).await;
    for path in
        ["/v1/costs?reveal=yes", "/v1/teams?reveal=", "/v1/teams/ds?reveal=1", "/v1/teams/ds/showback?reveal=True"]
    {
        let (status, text) = world.ask_for_text(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(text.contains("\"false\"") && text.contains("\"true\""), "{text}");
    }
    let (status, headers, text) = ask(&world.router, "/v1/costs?group_by=person&reveal=false", None).await;
    assert_eq!((status, named_in(&text)), (StatusCode::OK, Vec::new()));
    assert!(headers.contains_key("etag"));
    let (status, _) = world.ask_for_text("/v1/periods?reveal=true").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "there is nobody to reveal");
}

/// What can be looked up about persons is shown to whoever may see them, as if nobody were hidden, and each time is on record.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn everything_about_persons_is_revealed_to_whoever_may(pool: PgPool) {
    let world = published(pool).await;
    let admin = as_caller(&world, vec![of_everything(Role::Admin)]);
    let id = bill::principal::Principal::parse(Some(crate::persons::ALICE)).expect("a principal").id;
    let paths = [
        "/v1/principals?q=alice".to_owned(),
        format!("/v1/principals/{id}?cost=unblended"),
        "/v1/tags/owner?q=alice".to_owned(),
        "/v1/tags/owner/values/Alice%40Example.com/showback?cost=unblended".to_owned(),
        "/v1/dimensions/session/values?q=laptop".to_owned(),
        "/v1/summary?cost=unblended".to_owned(),
    ];
    for path in &paths {
        let revealed = get(&admin, &format!("{path}&reveal=true")).await;
        assert_eq!(revealed["data"], get(&unhidden(&world), path).await["data"], "{path}");
        assert!(named_in(&revealed["data"].to_string()).contains(&"alice"), "{path}: {revealed}");
        let viewer = as_caller(&world, vec![of_everything(Role::Viewer)]);
        let (status, _, _) = ask(&viewer, &format!("{path}&reveal=true"), None).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(reveals(&world).await.len(), paths.len());
}
