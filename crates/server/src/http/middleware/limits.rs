//! How long a question and the waiting for its answer may be.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::problem::{Problem, ProblemKind};

/// An answer that takes longer is given up: whoever asked has most likely gone.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);
/// Longer than any path that there is; whoever is refused must not fill the audit log with what they make up.
const LONGEST_PATH_BYTES: usize = 2 * 1024;
/// Room for a hundred filter values of a usual length.
pub(crate) const LONGEST_QUERY_BYTES: usize = 16 * 1024;

/// Refuses a path or a query string that is too long, and gives up an answer that takes too long.
pub(super) async fn limit(request: Request, next: Next) -> Response {
    let path_bytes = request.uri().path().len();
    if path_bytes > LONGEST_PATH_BYTES {
        let detail = format!("the path has {path_bytes} bytes; none here has more than {LONGEST_PATH_BYTES}");
        return Problem::new(ProblemKind::UnknownPath, detail).into_response();
    }
    let query_bytes = request.uri().query().map_or(0, str::len);
    if query_bytes > LONGEST_QUERY_BYTES {
        let detail = format!("the query string has {query_bytes} bytes; at most {LONGEST_QUERY_BYTES} are read");
        return Problem::new(ProblemKind::QueryTooLong, detail).into_response();
    }
    within(LONGEST_ANSWER, next.run(request)).await
}

async fn within(patience: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(patience, answer).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("the answer was not ready after {} seconds", patience.as_secs());
            Problem::new(ProblemKind::Timeout, detail).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header};

    use super::*;

    #[tokio::test]
    async fn an_answer_that_never_comes_is_given_up() {
        let response = within(Duration::from_millis(1), std::future::pending()).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "30");
    }
}
