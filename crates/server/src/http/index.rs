//! `GET /`: where everything is. `GET /openapi.json`: what everything means.

use axum::Json;
use axum::extract::RawQuery;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Links;
use super::documentation::IndexProblems;
use super::grammar::ReportQuery;
use super::problem::Problem;

/// What there is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Index {
    /// `chargeback`.
    #[schema(value_type = String, example = "chargeback")]
    service: &'static str,
    /// Its version.
    #[schema(value_type = String, example = "0.1.0")]
    version: &'static str,
    /// Where to go from here.
    links: Links,
}

/// Say what there is
///
/// The paths of this service.
#[utoipa::path(get, path = "/", tag = "service", security(()),
    responses((status = OK, description = "The paths", body = Index), IndexProblems))]
pub(crate) async fn get_index(RawQuery(query): RawQuery) -> Result<Json<Index>, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let links = Links::to_self("/")
        .and("costs", "/v1/costs")
        .and("summary", "/v1/summary")
        .and("teams", "/v1/teams")
        .and("principals", "/v1/principals")
        .and("models", "/v1/models")
        .and("tags", "/v1/tags")
        .and("dimensions", "/v1/dimensions")
        .and("periods", "/v1/periods")
        .and("events", "/v1/events")
        .and("webhooks", "/v1/webhooks")
        .and("status", "/v1/status")
        .and("me", "/v1/me")
        .and("openapi", "/openapi.json")
        .and("docs", "/docs")
        .and("problems", "/problems")
        .and("livez", "/livez")
        .and("readyz", "/readyz");
    Ok(Json(Index { service: "chargeback", version: env!("CARGO_PKG_VERSION"), links }))
}

/// Describe the API
///
/// This document: OpenAPI 3.1, generated from the code that answers.
#[utoipa::path(get, path = "/openapi.json", tag = "service", security(()),
    responses((status = OK, description = "The description of this API", body = Object)))]
pub(crate) async fn get_openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(super::openapi())
}
