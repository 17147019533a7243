//! Every route of the API with every kind of caller. A route that nobody has said here who may use fails this test.

use std::collections::BTreeMap;

use crate::support::World;
use access::api_key::NewKey;
use access::{Caller, Grant, GrantText, Grants, Permission, Role};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use sqlx::PgPool;
use store::keys::KeyToCreate;
use tower::ServiceExt;

/// What a route takes of its caller.
#[derive(Clone, Copy, Debug)]
enum Takes {
    /// Nothing: it shows no data of anyone's.
    Nothing,
    /// Credentials that are accepted, whatever they allow.
    Credentials,
    /// A permission, in whatever extent.
    Permission(Permission),
}

const ROUTES: &[(&str, &str, Takes)] = &[
    ("get", "/", Takes::Nothing),
    ("get", "/openapi.json", Takes::Nothing),
    ("get", "/docs", Takes::Nothing),
    ("get", "/problems", Takes::Nothing),
    ("get", "/problems/{kind}", Takes::Nothing),
    ("get", "/livez", Takes::Nothing),
    ("get", "/readyz", Takes::Nothing),
    ("get", "/auth/sign-in", Takes::Nothing),
    ("get", "/auth/callback", Takes::Nothing),
    ("post", "/auth/sign-out", Takes::Nothing),
    ("get", "/v1/me", Takes::Credentials),
    ("get", "/v1/status", Takes::Credentials),
    ("get", "/metrics", Takes::Credentials),
    ("get", "/v1/refreshes", Takes::Permission(Permission::RefreshRun)),
    ("post", "/v1/refreshes", Takes::Permission(Permission::RefreshRun)),
    ("get", "/v1/refreshes/{id}", Takes::Permission(Permission::RefreshRun)),
    ("get", "/v1/queries", Takes::Permission(Permission::RefreshRun)),
    ("get", "/v1/costs", Takes::Permission(Permission::CostsRead)),
    ("post", "/v1/costs:query", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/events", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/teams", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/teams/{team}", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/teams/{team}/showback", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/principals", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/principals/{principal}", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/summary", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/models", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/models/{model}", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/dimensions", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/dimensions/{dimension}/values", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/tags", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/tags/{key}", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/tags/{key}/values/{value}/showback", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/periods", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/periods/{period}", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/cost-files", Takes::Permission(Permission::CostsRead)),
    ("post", "/v1/cost-files", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/cost-files/{id}", Takes::Permission(Permission::CostsRead)),
    ("delete", "/v1/cost-files/{id}", Takes::Permission(Permission::CostsRead)),
    ("get", "/v1/cost-files/{id}/content", Takes::Permission(Permission::CostsRead)),
    ("post", "/v1/drilldowns", Takes::Permission(Permission::DrilldownRun)),
    ("get", "/v1/drilldowns/{id}", Takes::Permission(Permission::DrilldownRun)),
    ("delete", "/v1/drilldowns/{id}", Takes::Permission(Permission::DrilldownRun)),
    ("get", "/v1/drilldowns/{id}/rows", Takes::Permission(Permission::DrilldownRun)),
    ("get", "/v1/keys", Takes::Permission(Permission::KeysAdmin)),
    ("post", "/v1/keys", Takes::Permission(Permission::KeysAdmin)),
    ("get", "/v1/keys/{id}", Takes::Permission(Permission::KeysAdmin)),
    ("delete", "/v1/keys/{id}", Takes::Permission(Permission::KeysAdmin)),
    ("post", "/v1/keys/{id}/rotate", Takes::Permission(Permission::KeysAdmin)),
    ("get", "/v1/webhooks", Takes::Permission(Permission::WebhooksAdmin)),
    ("post", "/v1/webhooks", Takes::Permission(Permission::WebhooksAdmin)),
    ("get", "/v1/webhooks/{id}", Takes::Permission(Permission::WebhooksAdmin)),
    ("delete", "/v1/webhooks/{id}", Takes::Permission(Permission::WebhooksAdmin)),
    ("post", "/v1/webhooks/{id}/enable", Takes::Permission(Permission::WebhooksAdmin)),
    ("post", "/v1/webhooks/{id}/rotate", Takes::Permission(Permission::WebhooksAdmin)),
    ("post", "/v1/webhooks/{id}/test", Takes::Permission(Permission::WebhooksAdmin)),
    ("get", "/v1/webhooks/{id}/deliveries", Takes::Permission(Permission::WebhooksAdmin)),
    ("post", "/v1/webhooks/{id}/deliveries/{delivery}/replay", Takes::Permission(Permission::WebhooksAdmin)),
    ("get", "/v1/audit", Takes::Permission(Permission::AuditRead)),
];

/// Somebody who asks: what they send, and what they are allowed if it is accepted.
struct Asker {
    name: String,
    authorization: Option<String>,
    allowed: Option<Grants>,
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_route_admits_those_who_may_and_nobody_else(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let router = world.guarded();
    let askers = askers(&world).await;
    let mut outcomes = Vec::new();
    for (method, path) in documented_routes() {
        let (_, _, takes) = ROUTES
            .iter()
            .find(|(known_method, known_path, _)| *known_method == method && *known_path == path)
            .unwrap_or_else(|| panic!("say in this test who may {method} {path}"));
        for asker in &askers {
            let status = ask(&router, &method, &path, asker).await;
            let expected = expected(*takes, asker);
            let holds = match expected {
                Expected::Refused(refusal) => status == refusal,
                Expected::Admitted => status != StatusCode::UNAUTHORIZED && status != StatusCode::FORBIDDEN,
                Expected::AdmittedOrUnknown => status != StatusCode::FORBIDDEN,
            };
            assert!(holds, "{} may not be answered {status} on {method} {path}: {expected:?}", asker.name);
            assert!(!status.is_server_error(), "{} got {status} on {method} {path}", asker.name);
            outcomes.push(status);
        }
    }
    assert_eq!(outcomes.len(), ROUTES.len() * askers.len(), "every expectation is about a route that there is");
    assert!(outcomes.contains(&StatusCode::OK) && outcomes.contains(&StatusCode::FORBIDDEN));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_path_that_is_not_there_is_not_there_for_those_who_are_known_only(pool: PgPool) {
    let world = World::new(pool).await;
    let router = world.guarded();
    let nobody = Asker { name: "nobody".to_owned(), authorization: None, allowed: None };
    assert_eq!(ask(&router, "get", "/v1/nothing-here", &nobody).await, StatusCode::NOT_FOUND);
    let garbage = Asker { authorization: Some("Bearer cbk_x".to_owned()), ..nobody };
    assert_eq!(ask(&router, "get", "/v1/nothing-here", &garbage).await, StatusCode::UNAUTHORIZED);
}

#[derive(Clone, Copy, Debug)]
enum Expected {
    Refused(StatusCode),
    Admitted,
    /// Whoever presents something to a route that asks for nothing may be told that it is not accepted.
    AdmittedOrUnknown,
}

fn expected(takes: Takes, asker: &Asker) -> Expected {
    match (takes, &asker.allowed) {
        (Takes::Nothing, None) if asker.authorization.is_some() => Expected::AdmittedOrUnknown,
        (Takes::Nothing, _) | (Takes::Credentials, Some(_)) => Expected::Admitted,
        (_, None) => Expected::Refused(StatusCode::UNAUTHORIZED),
        (Takes::Permission(permission), Some(grants)) => match grants.extent(permission) {
            Some(_) => Expected::Admitted,
            None => Expected::Refused(StatusCode::FORBIDDEN),
        },
    }
}

fn documented_routes() -> Vec<(String, String)> {
    let document = serde_json::to_value(server::http::openapi()).expect("the document is JSON");
    let paths: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_value(document["paths"].clone()).expect("paths");
    let methods = ["get", "put", "post", "delete", "patch", "head", "options"];
    let operations = |(path, item): (String, BTreeMap<String, serde_json::Value>)| {
        item.into_keys().filter(|key| methods.contains(&key.as_str())).map(|method| (method, path.clone())).collect()
    };
    paths.into_iter().flat_map::<Vec<_>, _>(operations).collect()
}

async fn ask(router: &Router, method: &str, path: &str, asker: &Asker) -> StatusCode {
    let path = path
        .replace("{team}", "data-science")
        .replace("{period}", "2026-10")
        .replace("{kind}", "unknown-parameter")
        .replace("{key}", "cost-center")
        .replace("{value}", "12345")
        .replace("{principal}", "prn_0123456789abcdef0123")
        .replace("{model}", "claude-sonnet-4.6")
        .replace("{dimension}", "principal")
        .replace("{delivery}", "0199f3b2-a6d7-7c0e-9f5c-6f3f1c1a2b3d")
        .replace("{id}", "0199f3b2-a6d7-7c0e-9f5c-6f3f1c1a2b3c");
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
    let mut request = Request::builder().method(method).uri(path);
    if let Some(authorization) = &asker.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let request = request.body(Body::empty()).expect("a request");
    router.clone().oneshot(request).await.expect("an answer").status()
}

async fn askers(world: &World) -> Vec<Asker> {
    let unknown =
        |name: &str, authorization: Option<String>| Asker { name: name.to_owned(), authorization, allowed: None };
    let mut askers = vec![
        unknown("nobody", None),
        unknown("somebody with nonsense", Some("Bearer nonsense".to_owned())),
        unknown("somebody with a password", Some("Basic YTpi".to_owned())),
        unknown("somebody with a key that was never made", Some(format!("Bearer {}", NewKey::random().expose()))),
        unknown("somebody with a key that has expired", Some(world.key(&Grants::everything(), -1).await)),
        unknown("somebody with a key that is revoked", Some(revoked(world).await)),
    ];
    let mut texts: Vec<GrantText> = Role::ALL
        .into_iter()
        .map(|role| GrantText { role: Some(role), everything: true, ..GrantText::default() })
        .collect();
    texts.extend(Permission::ALL.map(|permission| GrantText {
        permissions: vec![permission],
        everything: true,
        ..GrantText::default()
    }));
    texts.extend([Role::Viewer, Role::TeamLead, Role::Finance, Role::Admin].map(|role| GrantText {
        role: Some(role),
        teams: vec!["data-science".to_owned()],
        ..GrantText::default()
    }));
    for text in texts {
        let grants = Grants::from_iter([&Grant::try_from(text.clone()).expect("a grant")]);
        let authorization = Some(world.key(&grants, 1).await);
        askers.push(Asker { name: format!("{text:?}"), authorization, allowed: Some(grants) });
    }
    let nothing = Grants::default();
    askers.push(Asker {
        name: "somebody who may do nothing".to_owned(),
        authorization: Some(world.key(&nothing, 1).await),
        allowed: Some(nothing),
    });
    askers
}

async fn revoked(world: &World) -> String {
    let key = NewKey::random();
    let new =
        KeyToCreate { name: "revoked".to_owned(), hash: key.hash(), grants: Grants::everything(), expires_at: None };
    let record =
        world.store.create_key(&new, &Caller::command_line(), None, crate::support::now()).await.expect("a key");
    let everything = access::Extent::Everything;
    let revoked =
        world.store.revoke_key(record.key_id, &everything, &Caller::command_line(), None, crate::support::now()).await;
    revoked.expect("revoked");
    format!("Bearer {}", key.expose())
}
