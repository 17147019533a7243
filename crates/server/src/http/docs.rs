//! `GET /docs`: the description of the API as a page for people, with everything that it needs.
//!
//! The page is Swagger UI over `/openapi.json`. It is the only thing here that runs in a browser, so it alone is allowed to:
//! scripts and styles from files of this service, requests to this service, and nothing from anywhere else.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;

use super::problem::{Problem, ProblemKind};

/// What a browser may do with the page. Swagger UI's style sheet has its signs in it, as `data:` images.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const PAGE: &str = include_str!("../../docs_page/index.html");

/// A file that the page loads.
struct Asset {
    /// Under `/docs/`.
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

/// Swagger UI's files have its version in their names, so that they never change under one name.
const ASSETS: [Asset; 5] = [
    Asset { name: "page.css", media_type: CSS, text: include_str!("../../docs_page/page.css") },
    Asset { name: "page.js", media_type: JAVASCRIPT, text: include_str!("../../docs_page/page.js") },
    Asset {
        name: "swagger-ui-5.35.0/swagger-ui.css",
        media_type: CSS,
        text: include_str!("../../docs_page/swagger-ui/swagger-ui.css"),
    },
    Asset {
        name: "swagger-ui-5.35.0/swagger-ui-bundle.js",
        media_type: JAVASCRIPT,
        text: include_str!("../../docs_page/swagger-ui/swagger-ui-bundle.js"),
    },
    Asset {
        name: "swagger-ui-5.35.0/swagger-ui-bundle.js.LICENSE.txt",
        media_type: "text/plain; charset=utf-8",
        text: include_str!("../../docs_page/swagger-ui/swagger-ui-bundle.js.LICENSE.txt"),
    },
];
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const NEVER_CHANGES: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Show the API as a page
///
/// This document for people, in a browser: every operation, with a form to try it. Enter an API key at "Authorize". Nothing is
/// loaded from anywhere but this service.
#[utoipa::path(get, path = "/docs", tag = "service", security(()),
    responses((status = OK, description = "The page", body = String, content_type = "text/html")))]
pub(crate) async fn get_docs() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, PAGE)
}

/// A file of the page: no operation of the API, and so not in its description.
pub(crate) async fn get_asset(path: Result<Path<String>, PathRejection>) -> Result<impl IntoResponse, Problem> {
    let Path(name) = path?;
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    let asset = asset.ok_or_else(|| Problem::new(ProblemKind::UnknownPath, "the page at `/docs` has no such file"))?;
    let caching = if asset.name.contains('/') { NEVER_CHANGES } else { ASK_AGAIN };
    let headers: [(HeaderName, HeaderValue); 2] =
        [(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)), (header::CACHE_CONTROL, caching)];
    Ok((headers, asset.text))
}
