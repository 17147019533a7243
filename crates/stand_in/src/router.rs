//! One address for everything: what a request is for, its headers say.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};

use crate::connection::Connection;
use crate::fault::Fault;
use crate::s3::Buckets;
use crate::world::World;
use crate::{athena, control, glue, sts};

/// What a request needs.
#[derive(Clone)]
struct Service {
    world: Arc<World>,
    buckets: Buckets,
}

/// The largest request that is not an object: Athena takes 262,144 bytes of a query's text.
const MAX_BODY_BYTES: usize = 4 << 20;

pub(crate) fn service(world: Arc<World>) -> std::io::Result<Router> {
    let buckets = Buckets::new(Arc::clone(&world))?;
    let control =
        Router::new().route("/_control", get(control::show).post(control::change)).with_state(Arc::clone(&world));
    Ok(Router::new()
        .fallback(dispatch)
        .with_state(Service { world, buckets })
        .merge(control)
        .layer(middleware::from_fn(log)))
}

async fn dispatch(
    State(service): State<Service>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    match kind(&parts) {
        Kind::Json { service: name, operation } => match whole(body).await {
            Ok(body) => json(&service.world, &connection, &parts.headers, name, &operation, &body).await,
            Err(fault) => fault.into_response(),
        },
        Kind::Sts => match whole(body).await {
            Ok(body) => sts::answer(&service.world, &body),
            Err(fault) => fault.into_response(),
        },
        Kind::Object => service.buckets.answer(Request::from_parts(parts, body)).await,
    }
}

enum Kind {
    Json { service: &'static str, operation: String },
    Sts,
    Object,
}

fn kind(parts: &Parts) -> Kind {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let target = header("x-amz-target");
    if let Some(operation) = target.strip_prefix("AmazonAthena.") {
        return Kind::Json { service: "athena", operation: operation.to_owned() };
    }
    if let Some(operation) = target.strip_prefix("AWSGlue.") {
        return Kind::Json { service: "glue", operation: operation.to_owned() };
    }
    let is_form = header("content-type").starts_with("application/x-www-form-urlencoded");
    if parts.method == Method::POST && parts.uri.path() == "/" && is_form { Kind::Sts } else { Kind::Object }
}

async fn json(
    world: &Arc<World>,
    connection: &Connection,
    headers: &HeaderMap,
    service: &'static str,
    operation: &str,
    body: &[u8],
) -> Response {
    *world.counters().requests.entry(format!("{service}.{operation}")).or_default() += 1;
    if world.has_expired(access_key(headers).as_deref()) {
        world.counters().expired += 1;
        return Fault::expired_token().into_response();
    }
    let answer = match service {
        "athena" => athena::answer(world, connection, operation, body).await,
        _ => glue::answer(world, operation, body),
    };
    match answer {
        Ok(answer) => ([("content-type", "application/x-amz-json-1.1")], answer.to_string()).into_response(),
        Err(fault) => fault.into_response(),
    }
}

/// The access key that a request is signed with.
pub(crate) fn access_key(headers: &HeaderMap) -> Option<String> {
    let signed = headers.get("authorization")?.to_str().ok()?;
    let credential = signed.split_once("Credential=")?.1;
    credential.split('/').next().map(str::to_owned)
}

async fn whole(body: Body) -> Result<Bytes, Fault> {
    to_bytes(body, MAX_BODY_BYTES).await.map_err(|error| Fault::new("SerializationException", error.to_string()))
}

async fn log(request: Request, next: middleware::Next) -> Response {
    let method = request.method().clone();
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).map(str::to_owned);
    let what = target.unwrap_or_else(|| request.uri().to_string());
    let response = next.run(request).await;
    tracing::info!(%method, %what, status = response.status().as_u16(), "request");
    response
}
