//! Sign-in through the browser, against a provider of our own.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod provider_double;

use openid::{Openid, OpenidError, SignInRefused, SignInSecrets, TokenRefused};
use provider_double::keys::SigningKey;
use provider_double::{CLIENT, ProviderDouble, REDIRECT, now, seconds_from_now};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

async fn provider() -> ProviderDouble {
    let key = SigningKey::p256("p256-1");
    let provider = ProviderDouble::start(&[&key]).await;
    provider.change(|behaviour| behaviour.identity_key = Some(key));
    provider
}

/// What a browser does: it goes where it is sent, and comes back with a code and the state.
async fn sign_in_at(page: &Url) -> (String, String) {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let answer = browser.get(page.clone()).send().await.unwrap();
    let back: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    assert!(back.as_str().starts_with(REDIRECT));
    let brought = query(&back);
    (brought["code"].clone(), brought["state"].clone())
}

fn query(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

/// Servers run handlers on any thread: the answers must be able to move between them.
fn on_any_thread<T>(answer: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
    answer
}

async fn signed_in(openid: &Openid) -> Result<openid::Claims, SignInRefused> {
    let start = on_any_thread(openid.begin()).await.unwrap();
    let (code, _) = sign_in_at(&start.url).await;
    on_any_thread(openid.finish(&code, &start.secrets, now())).await
}

#[tokio::test]
async fn somebody_signs_in() {
    let provider = provider().await;
    let openid = provider.openid();
    let start = openid.begin().await.unwrap();
    let (code, state) = sign_in_at(&start.url).await;
    assert!(start.secrets.is_state(&state));
    let claims = openid.finish(&code, &start.secrets, now()).await.unwrap();
    assert_eq!(claims.issuer, provider.name());
    assert_eq!(claims.subject, "248289761001");
    assert_eq!(claims.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(claims.expires_at.timestamp(), seconds_from_now(300));
}

#[tokio::test]
async fn the_browser_is_sent_away_with_a_challenge_and_no_secret() {
    let provider = provider().await;
    let start = provider.openid().begin().await.unwrap();
    let asked = query(&start.url);
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], CLIENT);
    assert_eq!(asked["redirect_uri"], REDIRECT);
    assert_eq!(asked["scope"], "openid email");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["code_challenge"].len(), 43);
    assert_eq!(asked["state"], start.secrets.state.expose_secret());
    assert_eq!(asked["nonce"], start.secrets.nonce.expose_secret());
    assert!(!start.url.as_str().contains(start.secrets.code_verifier.expose_secret()));
    let again = provider.openid().begin().await.unwrap();
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(query(&again.url)[name], asked[name], "{name} is made up each time");
        assert!(asked[name].len() >= 43, "{name} has 256 bits");
    }
}

#[tokio::test]
async fn another_state_is_told_apart() {
    let provider = provider().await;
    let secrets = provider.openid().begin().await.unwrap().secrets;
    let state = secrets.state.expose_secret();
    assert!(secrets.is_state(state));
    for other in ["", &state[1..], &format!("{state}x"), &state.to_lowercase()] {
        assert!(!secrets.is_state(other), "{other:?}");
    }
}

#[tokio::test]
async fn a_code_without_its_verifier_is_worth_nothing() {
    let provider = provider().await;
    let openid = provider.openid();
    let (start, other) = (openid.begin().await.unwrap(), openid.begin().await.unwrap());
    let (code, _) = sign_in_at(&start.url).await;
    let stolen = SignInSecrets { code_verifier: other.secrets.code_verifier, ..start.secrets };
    assert_eq!(openid.finish(&code, &stolen, now()).await, Err(SignInRefused::CodeRefused("invalid_grant")));
}

#[tokio::test]
async fn a_code_is_used_once() {
    let provider = provider().await;
    let openid = provider.openid();
    let start = openid.begin().await.unwrap();
    let (code, _) = sign_in_at(&start.url).await;
    assert!(openid.finish(&code, &start.secrets, now()).await.is_ok());
    let again = openid.finish(&code, &start.secrets, now()).await;
    assert_eq!(again, Err(SignInRefused::CodeRefused("invalid_grant")));
}

#[tokio::test]
async fn an_id_token_of_another_sign_in_is_refused() {
    let provider = provider().await;
    let openid = provider.openid();
    let (start, other) = (openid.begin().await.unwrap(), openid.begin().await.unwrap());
    let (code, _) = sign_in_at(&start.url).await;
    let mixed = SignInSecrets { nonce: other.secrets.nonce, ..start.secrets };
    assert_eq!(openid.finish(&code, &mixed, now()).await, Err(SignInRefused::WrongNonce));
}

#[tokio::test]
async fn an_id_token_must_be_ours_and_in_time() {
    for (claim, value, outcome) in [
        ("nonce", Value::Null, Err(SignInRefused::WrongNonce)),
        ("nonce", json!(""), Err(SignInRefused::WrongNonce)),
        ("aud", json!("somebody-else"), Err(SignInRefused::IdToken(TokenRefused::WrongAudience))),
        ("aud", json!("chargeback-api"), Err(SignInRefused::IdToken(TokenRefused::WrongAudience))),
        ("aud", json!([CLIENT]), Ok(())),
        ("aud", json!([CLIENT, "somebody-else"]), Err(SignInRefused::WrongAuthorizedParty)),
        ("azp", json!(CLIENT), Ok(())),
        ("azp", json!("somebody-else"), Err(SignInRefused::WrongAuthorizedParty)),
        ("azp", json!([CLIENT]), Err(SignInRefused::WrongAuthorizedParty)),
        ("iss", json!("https://id.example"), Err(SignInRefused::IdToken(TokenRefused::WrongIssuer))),
        ("exp", json!(seconds_from_now(-60)), Err(SignInRefused::IdToken(TokenRefused::Expired))),
        ("sub", Value::Null, Err(SignInRefused::IdToken(TokenRefused::NoSubject))),
    ] {
        let provider = provider().await;
        provider.change(|behaviour| behaviour.identity.insert(claim.to_owned(), value.clone()));
        assert_eq!(signed_in(&provider.openid()).await.map(drop), outcome, "{claim}: {value}");
    }
}

#[tokio::test]
async fn several_audiences_need_an_authorized_party() {
    let provider = provider().await;
    provider.change(|behaviour| {
        behaviour.identity.insert("aud".to_owned(), json!([CLIENT, "somebody-else"]));
        behaviour.identity.insert("azp".to_owned(), json!(CLIENT));
    });
    assert!(signed_in(&provider.openid()).await.is_ok());
}

#[tokio::test]
async fn only_an_id_token_signs_anybody_in() {
    let provider = provider().await;
    let access = json!({ "typ": "at+jwt", "alg": "ES256", "kid": "p256-1" });
    provider.change(|behaviour| behaviour.identity_header = Some(access));
    let refused = signed_in(&provider.openid()).await;
    assert_eq!(refused, Err(SignInRefused::IdToken(TokenRefused::TypeNotAccepted)));
    let unsigned = json!({ "typ": "JWT", "alg": "none" });
    provider.change(|behaviour| behaviour.identity_header = Some(unsigned));
    let refused = signed_in(&provider.openid()).await;
    assert_eq!(refused, Err(SignInRefused::IdToken(TokenRefused::AlgorithmNotAccepted)));
    provider.change(|behaviour| behaviour.has_no_id_token = true);
    assert_eq!(signed_in(&provider.openid()).await, Err(SignInRefused::NoIdToken));
}

#[tokio::test]
async fn a_secret_goes_where_the_provider_wants_it() {
    for (methods, place) in [
        (Value::Null, "header"),
        (json!(["client_secret_basic", "client_secret_post"]), "header"),
        (json!(["client_secret_post"]), "body"),
    ] {
        let provider = provider().await;
        provider.change(|behaviour| {
            behaviour.description.insert("token_endpoint_auth_methods_supported".to_owned(), methods);
            behaviour.client_secret = Some("tell-nobody");
        });
        let mut options = provider.options();
        options.client.as_mut().unwrap().client_secret = Some("tell-nobody".into());
        let openid = Openid::new(options).unwrap();
        assert!(signed_in(&openid).await.is_ok());
        assert_eq!(provider.change(|behaviour| behaviour.client_spoke_by), place);
    }
}

#[tokio::test]
async fn a_client_that_the_provider_does_not_know_is_told_so() {
    let provider = provider().await;
    provider.change(|behaviour| behaviour.client_secret = Some("tell-nobody"));
    let refused = signed_in(&provider.openid()).await;
    assert_eq!(refused, Err(SignInRefused::CodeRefused("invalid_client")));
}

#[tokio::test]
async fn a_provider_that_is_away_is_nobodys_fault() {
    let provider = provider().await;
    let openid = provider.openid();
    let start = openid.begin().await.unwrap();
    let (code, _) = sign_in_at(&start.url).await;
    provider.change(|behaviour| behaviour.is_away = true);
    let refused = openid.finish(&code, &start.secrets, now()).await;
    assert_eq!(refused, Err(SignInRefused::ProviderUnavailable));
    let newcomer = provider.openid();
    assert!(matches!(newcomer.begin().await, Err(OpenidError::ProviderUnavailable(_))));
}

#[tokio::test]
async fn a_code_is_not_carried_along_a_redirect() {
    let provider = provider().await;
    let openid = provider.openid();
    let start = openid.begin().await.unwrap();
    let (code, _) = sign_in_at(&start.url).await;
    provider.change(|behaviour| behaviour.redirects = true);
    let refused = openid.finish(&code, &start.secrets, now()).await;
    assert_eq!(refused, Err(SignInRefused::ProviderUnavailable));
    assert_eq!((provider.exchanges(), provider.elsewhere()), (1, 0));
}

#[tokio::test]
async fn sign_in_needs_a_client_and_pkce() {
    let provider = provider().await;
    let mut options = provider.options();
    options.client = None;
    let openid = Openid::new(options).unwrap();
    assert!(matches!(openid.begin().await, Err(OpenidError::NoClient)));
    let secrets = provider.openid().begin().await.unwrap().secrets;
    assert_eq!(openid.finish("code", &secrets, now()).await, Err(SignInRefused::NoClient));
    let plain_only = json!(["plain"]);
    provider.change(|behaviour| {
        behaviour.description.insert("code_challenge_methods_supported".to_owned(), plain_only);
    });
    assert!(matches!(provider.openid().begin().await, Err(OpenidError::NoPkce)));
}

#[tokio::test]
async fn the_secrets_of_a_sign_in_can_be_kept_and_are_not_shown() {
    let provider = provider().await;
    let start = provider.openid().begin().await.unwrap();
    let row = serde_json::to_value(&start.secrets).unwrap();
    let kept: SignInSecrets = serde_json::from_value(row.clone()).unwrap();
    assert_eq!(serde_json::to_value(&kept).unwrap(), row);
    let shown = format!("{:?}", start.secrets);
    for name in ["state", "nonce", "code_verifier"] {
        assert!(!shown.contains(row[name].as_str().unwrap()), "{name}");
    }
}
