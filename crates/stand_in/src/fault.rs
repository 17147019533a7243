//! Errors as AWS's JSON protocol tells them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A request that is refused: the name of an exception and a sentence.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    status: StatusCode,
    name: &'static str,
    message: String,
    more: Option<(&'static str, Value)>,
}

impl Fault {
    pub(crate) fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, name, message: message.into(), more: None }
    }

    /// The request makes no sense; the code says in which way.
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self { more: Some(("AthenaErrorCode", json!(code))), ..Self::new("InvalidRequestException", message) }
    }

    pub(crate) fn too_many_requests() -> Self {
        let more = Some(("Reason", json!("CONCURRENT_QUERY_LIMIT_EXCEEDED")));
        Self { more, ..Self::new("TooManyRequestsException", "You have exceeded the limit for the number of queries") }
    }

    pub(crate) fn throttled() -> Self {
        Self::new("ThrottlingException", "Rate exceeded")
    }

    pub(crate) fn internal() -> Self {
        let fault = Self::new("InternalServerException", "Internal server error");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..fault }
    }

    pub(crate) fn expired_token() -> Self {
        Self::new("ExpiredTokenException", "The security token included in the request is expired")
    }

    /// What is named is not in the data catalog.
    pub(crate) fn not_in_catalog(what: &str) -> Self {
        Self::new(
            "MetadataException",
            format!(
                "{what} not found. (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException)"
            ),
        )
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut body = json!({"__type": self.name, "Message": self.message, "message": self.message});
        if let Some((name, value)) = self.more {
            body[name] = value;
        }
        (self.status, [("x-amzn-errortype", self.name)], Json(body)).into_response()
    }
}
