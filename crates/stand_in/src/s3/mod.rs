//! S3 over a folder of buckets: `s3s` speaks the protocol and `s3s-fs` reads and writes; what is added here are the manners
//! of the real thing that tests need.

mod buckets;
mod unsigned;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use s3s::service::{S3Service, S3ServiceBuilder};

use crate::router::access_key;
use crate::world::World;

/// The buckets as a service.
#[derive(Clone)]
pub(crate) struct Buckets {
    world: Arc<World>,
    service: S3Service,
}

impl Buckets {
    pub(crate) fn new(world: Arc<World>) -> std::io::Result<Self> {
        let buckets = buckets::Manners::new(Arc::clone(&world))?;
        Ok(Self { world, service: S3ServiceBuilder::new(buckets).build() })
    }

    /// Answers a request of S3's.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        *self.world.counters().requests.entry(format!("s3.{}", request.method())).or_default() += 1;
        let settings = self.world.settings();
        let headers = request.headers().clone();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if self.world.has_expired(access_key(&headers).as_deref()) {
            self.world.counters().expired += 1;
            return error(StatusCode::BAD_REQUEST, "ExpiredToken", "The provided token has expired.");
        }
        let is_owner = header("x-amz-expected-bucket-owner").is_none_or(|owner| owner == settings.account_id);
        let pays = !settings.requester_pays || header("x-amz-request-payer") == Some("requester");
        if !is_owner || !pays {
            return error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
        }
        let request = match unsigned::unsigned(request).await {
            Ok(request) => request.map(s3s::Body::http_body_unsync),
            Err(reason) => return error(StatusCode::BAD_REQUEST, "InvalidRequest", &reason),
        };
        let mut response = match self.service.call(request).await {
            Ok(response) => response.map(Body::new),
            Err(failure) => return error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &format!("{failure:?}")),
        };
        if let Ok(region) = HeaderValue::from_str(&settings.region) {
            response.headers_mut().insert("x-amz-bucket-region", region);
        }
        response
    }
}

/// An error as S3 writes it.
fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>stand-in</RequestId></Error>"
    );
    (status, [("content-type", "application/xml")], body).into_response()
}
