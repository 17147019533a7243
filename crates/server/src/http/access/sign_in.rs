//! Browsers sign in at the OpenID provider, by authorization code with PKCE, and are known by a cookie afterwards.
//!
//! What a sign-in needs to be finished stays here, in a row that is used once; the browser carries only the name of that row,
//! in a cookie that binds the answer of the provider to the browser that asked.

use std::time::Duration;

use access::{Caller, CallerKind};
use axum::extract::{FromRequestParts, Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use data_encoding::BASE64URL_NOPAD;
use openid::{Openid, SignInRefused, SignInSecrets};
use secrecy::ExposeSecret;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::sessions::SessionRecord;
use subtle::ConstantTimeEq;

use super::admitted::client_ip;
use crate::http::SharedState;
use crate::http::documentation::SignInProblems;
use crate::http::grammar::{Accepted, Fault, Faults, Parameters, ReportQuery, shown};
use crate::http::problem::{Problem, ProblemKind, chain};

/// Names a browser that is signed in. `__Host-` makes browsers accept it only over a secure connection, for this host alone.
pub(crate) const SESSION_COOKIE: &str = "__Host-chargeback";
/// Names a browser that has been sent to the provider.
const SIGN_IN_COOKIE: &str = "__Host-chargeback-sign-in";
const CALLBACK: &str = "/auth/callback";
const LONGEST_RETURN_PATH: usize = 2048;
/// Where to go after signing in.
const PARAMETERS: Accepted = Accepted { single: &["return_to"], list: &[], bracketed: &[] };

/// What the provider sends a browser back with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// Sign in with a browser
///
/// Sends the browser to the OpenID provider, which sends it back to `/auth/callback`.
#[utoipa::path(get, path = "/auth/sign-in", tag = "access", security(()),
    params(("return_to" = Option<String>, Query, description = "Path to go to afterwards", example = "/v1/teams")),
    responses((status = SEE_OTHER, description = "To the provider"), SignInProblems))]
pub(crate) async fn get_sign_in(
    State(state): State<SharedState>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (openid, _) = provider(&state)?;
    let return_to = return_path(query.as_deref())?;
    let start = openid.begin().await.map_err(provider_failed)?;
    let secrets = serde_json::to_value(&start.secrets)
        .map_err(|error| Problem::new(ProblemKind::InternalError, "signing in failed").with_cause(error.to_string()))?;
    let name = start.secrets.state.expose_secret();
    let hash = digest(name);
    state.store.begin_sign_in(hash, secrets, &return_to, state.clock.now()).await?;
    let binding = cookie(SIGN_IN_COOKIE, name);
    Ok((CookieJar::new().add(binding), redirect(start.url.as_str())).into_response())
}

/// Come back from the provider
///
/// Ends signing in: the browser gets a session cookie and is sent to where it wanted to go.
#[utoipa::path(get, path = "/auth/callback", tag = "access", security(()),
    params(("code" = Option<String>, Query, description = "The provider's code"),
           ("state" = Option<String>, Query, description = "Which sign-in it answers"),
           ("error" = Option<String>, Query, description = "Why the provider refused")),
    responses((status = SEE_OTHER, description = "Signed in"), SignInProblems))]
pub(crate) async fn get_callback(
    State(state): State<SharedState>,
    answer: CallbackAnswer,
) -> Result<Response, Problem> {
    provider(&state)?;
    let address = answer.address;
    let signed_in = finish(&state, answer).await;
    let refused = signed_in.as_ref().err().filter(|problem| problem.kind() == ProblemKind::SignInFailed);
    if let (Some(problem), Some(trace)) = (refused, state.gate.refusals()) {
        // The cause says more than whoever is refused hears.
        let reason = problem.cause().unwrap_or_else(|| problem.detail());
        trace.record(&state.store, reason, CALLBACK, address, state.clock.now()).await;
    }
    signed_in
}

/// Gives the browser a session, if it began to sign in here and the provider says who it is.
async fn finish(state: &SharedState, answer: CallbackAnswer) -> Result<Response, Problem> {
    let (openid, lasts) = provider(state)?;
    let CallbackAnswer { query, cookies, address } = answer;
    let failed = |detail: &str| Problem::new(ProblemKind::SignInFailed, detail);
    if let Some(error) = query.error {
        return Err(failed(&format!("the provider refused: `{}`", shown(&error))));
    }
    let (Some(code), Some(given)) = (query.code, query.state) else {
        return Err(failed("the provider sent neither a code nor an error"));
    };
    let began_here =
        cookies.get(SIGN_IN_COOKIE).is_some_and(|cookie| bool::from(cookie.value().as_bytes().ct_eq(given.as_bytes())));
    if !began_here {
        return Err(failed(
            "this browser did not begin to sign in, or took longer than ten minutes; begin again at `/auth/sign-in`",
        ));
    }
    let now = state.clock.now();
    let begun = state.store.take_sign_in(digest(&given), now).await?;
    let (secrets, return_to) =
        begun.ok_or_else(|| failed("signing in took longer than ten minutes, or was done twice"))?;
    let secrets: SignInSecrets = serde_json::from_value(secrets)
        .map_err(|error| failed("signing in was begun by another version").with_cause(error.to_string()))?;
    let claims = openid.finish(&code, &secrets, now).await.map_err(|refused| match refused {
        SignInRefused::ProviderUnavailable => {
            let detail = "the OpenID provider does not answer; begin again later";
            Problem::new(ProblemKind::ProviderUnreachable, detail)
        }
        refused => failed("the provider's answer was not accepted; begin again").with_cause(chain(&refused)),
    })?;
    let secret = BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>());
    let session = SessionRecord {
        hash: digest(&secret),
        subject: format!("{}@{}", claims.subject, claims.issuer),
        name: claims.name.clone().unwrap_or_else(|| claims.subject.clone()),
        grants: state.gate.claim_grants().map(|grants| grants.of(&claims.all)).unwrap_or_default(),
        created_at: now,
        expires_at: now + lasts,
    };
    state.store.create_session(&session, Some(address), now).await?;
    let cookies = CookieJar::new().add(cookie(SESSION_COOKIE, secret)).add(removal(SIGN_IN_COOKIE));
    Ok((cookies, redirect(&return_to)).into_response())
}

/// Sign out
///
/// Ends the session of this browser, if it has one. Other sessions and keys stay as they are.
#[utoipa::path(post, path = "/auth/sign-out", tag = "access", security((), ("session" = [])),
    responses((status = NO_CONTENT, description = "Signed out"), SignInProblems))]
pub(crate) async fn post_sign_out(
    State(state): State<SharedState>,
    leaver: Leaver,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    if let Some((hash, caller)) = leaver.session {
        state.store.end_session(hash, &caller, Some(leaver.address), state.clock.now()).await?;
    }
    let cookies = CookieJar::new().add(removal(SESSION_COOKIE));
    Ok((cookies, StatusCode::NO_CONTENT).into_response())
}

/// What a callback carries.
pub(crate) struct CallbackAnswer {
    query: CallbackQuery,
    cookies: CookieJar,
    address: std::net::IpAddr,
}

impl FromRequestParts<SharedState> for CallbackAnswer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &SharedState) -> Result<Self, Problem> {
        let query = Query::<CallbackQuery>::try_from_uri(&parts.uri);
        let Query(query) = query.map_err(|error| {
            let detail = "what the provider sent the browser back with cannot be read; begin again at `/auth/sign-in`";
            Problem::new(ProblemKind::SignInFailed, detail).with_cause(error.body_text())
        })?;
        let cookies = CookieJar::from_headers(&parts.headers);
        Ok(Self { query, cookies, address: client_ip(&parts.extensions) })
    }
}

/// Whoever signs out: the session of the cookie, where there is one.
pub(crate) struct Leaver {
    session: Option<([u8; 32], std::sync::Arc<Caller>)>,
    address: std::net::IpAddr,
}

impl FromRequestParts<SharedState> for Leaver {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &SharedState) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<std::sync::Arc<Caller>>().cloned();
        let caller = caller.filter(|caller| caller.kind == CallerKind::Session);
        let hash = session_hash(&parts.headers);
        Ok(Self { session: hash.zip(caller), address: client_ip(&parts.extensions) })
    }
}

fn session_hash(headers: &HeaderMap) -> Option<[u8; 32]> {
    CookieJar::from_headers(headers).get(SESSION_COOKIE).map(|cookie| digest(cookie.value()))
}

fn provider(state: &SharedState) -> Result<(&Openid, Duration), Problem> {
    state
        .gate
        .sign_in()
        .ok_or_else(|| Problem::new(ProblemKind::UnknownPath, "signing in with a browser is not configured here"))
}

fn provider_failed(error: openid::OpenidError) -> Problem {
    let detail = "the OpenID provider does not answer as it should; try again";
    Problem::new(ProblemKind::ProviderUnreachable, detail).with_cause(chain(&error))
}

/// A path of this service and nothing else: whoever follows a link to sign in must not end up somewhere else.
fn return_path(query: Option<&str>) -> Result<String, Problem> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query, &PARAMETERS, &mut faults);
    let return_to = faults.none_or(parameters.single("return_to").map(str::to_owned))?;
    let Some(path) = return_to else { return Ok("/".to_owned()) };
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if path.starts_with('/') && !path.starts_with("//") && plain && path.len() <= LONGEST_RETURN_PATH {
        return Ok(path);
    }
    let detail = format!("`{}` is not a path of this service; write one such as /v1/teams", shown(&path));
    Err(Fault::invalid_value("return_to", detail).into())
}

/// The store knows when it is over; a browser that is closed forgets it at once.
fn cookie(name: &'static str, value: impl Into<String>) -> Cookie<'static> {
    Cookie::build((name, value.into()))
        .path("/")
        .secure(true)
        .http_only(true)
        // Lax, so that the cookie is there when the provider sends the browser back; it is never sent with a cross-site POST.
        .same_site(SameSite::Lax)
        .build()
}

fn removal(name: &'static str) -> Cookie<'static> {
    let mut cookie = cookie(name, "");
    cookie.make_removal();
    cookie
}

fn redirect(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response()
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site_after_signing_in() {
        let accepted = |query: &str| return_path(Some(query)).ok();
        assert_eq!(accepted("return_to=/v1/teams%3Fperiod=2026-10").as_deref(), Some("/v1/teams?period=2026-10"));
        assert_eq!(return_path(None).ok().as_deref(), Some("/"));
        for elsewhere in [
            "return_to=//evil.example",
            "return_to=https://evil.example",
            "return_to=/%5Cevil.example",
            "return_to=%5C%5Cevil.example",
            "return_to=/a%0d%0ab",
            "return_to=",
            "to=/v1/teams",
        ] {
            assert_eq!(accepted(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_cookie_is_for_this_host_over_a_secure_connection_and_out_of_reach_of_scripts() {
        let text = cookie(SESSION_COOKIE, "x").to_string();
        assert_eq!(text, "__Host-chargeback=x; HttpOnly; SameSite=Lax; Secure; Path=/");
    }
}
