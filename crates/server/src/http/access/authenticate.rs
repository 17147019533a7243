//! Finds out who asks, and turns away whoever presents credentials that are not accepted.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use access::Caller;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use tokio::time::Instant;

use super::admitted::client_ip;
use super::sign_in::SESSION_COOKIE;
use crate::gate::{Presented, Refused};
use crate::http::SharedState;
use crate::http::middleware::LogName;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::throttle;

/// Every refusal takes this long, whatever was wrong, so that its time tells nothing either.
const REFUSED_AFTER: Duration = Duration::from_millis(100);
/// Where no credentials are looked at, because there is nothing to protect.
const PUBLIC: [&str; 8] =
    ["/", "/openapi.json", "/docs", "/livez", "/readyz", "/auth/sign-in", "/auth/callback", "/problems"];
/// Likewise, with everything under them.
const PUBLIC_FOLDERS: [&str; 2] = ["/docs/", "/problems/"];

/// Puts the caller into the extensions of the request, or refuses.
pub(in crate::http) async fn authenticate(State(state): State<SharedState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if PUBLIC.contains(&path.as_str()) || PUBLIC_FOLDERS.iter().any(|folder| path.starts_with(folder)) {
        return next.run(request).await;
    }
    let (arrived, address) = (Instant::now(), client_ip(request.extensions()));
    let cookies = CookieJar::from_headers(request.headers());
    let presented = presented(request.headers(), &cookies);
    if let Some(exceeded) = state.limits.refused_too_often(address) {
        // Those who are known already have done nothing: they may share an address with whoever has.
        return match state.gate.recall(presented, state.clock.now()) {
            Some(caller) => as_caller(&state, caller, request, next).await,
            None => throttle::too_many_refusals(exceeded).into_response(),
        };
    }
    match state.gate.identify(presented, state.clock.now()).await {
        Ok(None) => next.run(request).await,
        Ok(Some(caller)) => as_caller(&state, caller, request, next).await,
        Err(Refused::NotAccepted(reason)) => refuse(&state, &reason, &path, address, arrived).await,
        Err(Refused::ProviderUnreachable) => {
            Problem::new(ProblemKind::ProviderUnreachable, "the OpenID provider does not answer; try again")
                .into_response()
        }
        Err(Refused::Store(error)) => Problem::from(error).into_response(),
    }
}

async fn as_caller(state: &SharedState, caller: Arc<Caller>, mut request: Request, next: Next) -> Response {
    let (path, address) = (request.uri().path().to_owned(), client_ip(request.extensions()));
    request.extensions_mut().insert(Arc::clone(&caller));
    let mut response = next.run(request).await;
    response.extensions_mut().insert(LogName(caller.log_name()));
    let forbidden = response.extensions().get::<Problem>().filter(|problem| problem.kind() == ProblemKind::Forbidden);
    if let (Some(problem), Some(trace)) = (forbidden, state.gate.refusals()) {
        trace.record_forbidden(&state.store, &caller, problem.detail(), &path, address, state.clock.now()).await;
    }
    response
}

fn presented<'r>(headers: &'r HeaderMap, cookies: &'r CookieJar) -> Presented<'r> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    match (given.next(), given.next()) {
        (None, _) => {
            cookies.get(SESSION_COOKIE).map_or(Presented::Nothing, |cookie| Presented::Session(cookie.value()))
        }
        (Some(value), None) => bearer(value).map_or(Presented::Garbled, Presented::Bearer),
        (Some(_), Some(_)) => Presented::Garbled,
    }
}

/// What a request presented, kept for as long as its answer goes on.
#[derive(Debug)]
pub(crate) struct Credentials {
    authorization: HeaderMap,
    cookies: CookieJar,
}

impl Credentials {
    /// Those of a request.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get_all(header::AUTHORIZATION).iter();
        let authorization = given.map(|value| (header::AUTHORIZATION, value.clone())).collect();
        Self { authorization, cookies: CookieJar::from_headers(headers) }
    }

    /// As the gate wants them.
    pub(crate) fn presented(&self) -> Presented<'_> {
        presented(&self.authorization, &self.cookies)
    }
}

/// The one token of an `Authorization` header. The scheme is compared without regard to case (RFC 9110, section 11.1).
pub(crate) fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim_matches(' ');
    let is_one_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && is_one_token).then_some(token)
}

async fn refuse(state: &SharedState, reason: &str, path: &str, address: IpAddr, arrived: Instant) -> Response {
    let record = async {
        if let Some(trace) = state.gate.refusals() {
            trace.record(&state.store, reason, path, address, state.clock.now()).await;
        }
    };
    tokio::join!(record, tokio::time::sleep_until(arrived + REFUSED_AFTER));
    if let Err(exceeded) = state.limits.count_refusal(address) {
        return throttle::too_many_refusals(exceeded).into_response();
    }
    let mut response = Problem::new(ProblemKind::Unauthenticated, "the credentials were not accepted").into_response();
    let challenge = HeaderValue::from_static("Bearer realm=\"chargeback\", error=\"invalid_token\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bearer_token_is_read_and_anything_else_is_garbled() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            match presented(&headers, &CookieJar::new()) {
                Presented::Bearer(token) => format!("token {token}"),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(read(&[]), "Nothing");
        assert_eq!(read(&["Bearer abc"]), "token abc");
        assert_eq!(read(&["bEARER   abc "]), "token abc");
        for garbled in ["Basic abc", "Bearer", "Bearer ", "Bearer a b", "abc", ""] {
            assert_eq!(read(&[garbled]), "Garbled", "{garbled}");
        }
        assert_eq!(read(&["Bearer abc", "Bearer abc"]), "Garbled");
    }
}
