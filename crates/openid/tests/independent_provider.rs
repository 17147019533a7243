//! Tokens and sign-in against an OpenID provider that others have written: `oauth2-mock-server`, on Node.js
//! (`scripts/prepare-openid-provider` installs it). It makes its keys and signs its tokens with libraries that have
//! nothing in common with ours.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use openid::{Claims, ClientOptions, Openid, OpenidOptions, Pacing, SignInRefused, SignInSecrets, TokenRefused};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use url::Url;

const ALGORITHMS: [&str; 2] = ["RS256", "ES256"];
const AUDIENCE: &str = "chargeback-api";
const CLIENT: &str = "chargeback-web";
const SKEW: Duration = Duration::from_secs(5);

/// The provider keeps real time.
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

struct IndependentProvider {
    issuer: Url,
    port: u64,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl IndependentProvider {
    /// With one key, named after its algorithm.
    async fn start(algorithm: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/provider");
        assert!(
            folder.join("node_modules/oauth2-mock-server/package.json").exists(),
            "the OpenID provider for this test is not installed; run scripts/prepare-openid-provider, then try again"
        );
        let mut process = Command::new("node")
            .arg(folder.join("provider.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Node.js should be installed; run scripts/prepare-openid-provider, then try again");
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = "http://localhost".parse().unwrap();
        let mut provider = Self { issuer, port: 0, orders, answers, _process: process };
        provider.add_key(algorithm, algorithm).await;
        provider.come_back().await;
        provider
    }

    async fn order(&mut self, order: Value) -> Value {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        let line = tokio::time::timeout(Duration::from_secs(30), self.answers.next_line()).await;
        let line = line.expect("the provider should answer").unwrap().expect("the provider should run on");
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer.get("error"), None, "{order}");
        answer
    }

    async fn add_key(&mut self, algorithm: &str, kid: &str) {
        self.order(json!({ "do": "key", "algorithm": algorithm, "kid": kid })).await;
    }

    async fn go_away(&mut self) {
        self.order(json!({ "do": "stop" })).await;
    }

    /// On the port that it had, or on a free one.
    async fn come_back(&mut self) {
        let answer = self.order(json!({ "do": "start", "port": self.port })).await;
        self.issuer = answer["issuer"].as_str().unwrap().parse().unwrap();
        self.port = answer["port"].as_u64().unwrap();
    }

    /// Lays `claims` over what the provider says by itself (issuer, times); null takes a claim away.
    async fn token(&mut self, kid: &str, claims: Value, expires_in: i64) -> String {
        let mut all = json!({ "sub": "ada", "aud": AUDIENCE, "email": "ada@id.example" });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let order = json!({ "do": "token", "kid": kid, "claims": all, "expires_in": expires_in });
        self.order(order).await["token"].as_str().unwrap().to_owned()
    }

    fn options(&self) -> OpenidOptions {
        OpenidOptions {
            issuer: self.issuer.clone(),
            audiences: vec![AUDIENCE.to_owned()],
            clock_skew: SKEW,
            client: Some(ClientOptions {
                client_id: CLIENT.to_owned(),
                client_secret: None,
                redirect_url: "https://chargeback.example/return".parse().unwrap(),
                scopes: vec!["email".to_owned()],
            }),
            http_timeout: Duration::from_secs(5),
        }
    }

    fn openid(&self) -> Openid {
        let retry = Duration::from_secs(1);
        let pacing = Pacing { unknown_key: retry, first_retry: retry, longest_retry: retry, ..Pacing::default() };
        Openid::with_pacing(self.options(), pacing).unwrap()
    }
}

/// What a browser does: it goes where it is sent, and comes back with a code and the state.
async fn sign_in_at(page: Url) -> (String, String) {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let answer = browser.get(page).send().await.unwrap();
    let back: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    let brought = |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    (brought("code"), brought("state"))
}

async fn sign_in(openid: &Openid) -> Result<Claims, SignInRefused> {
    let start = openid.begin().await.unwrap();
    let (code, state) = sign_in_at(start.url).await;
    assert!(start.secrets.is_state(&state));
    openid.finish(&code, &start.secrets, now()).await
}

#[tokio::test]
async fn its_tokens_are_accepted() {
    for algorithm in ALGORITHMS {
        let mut provider = IndependentProvider::start(algorithm).await;
        let token = provider.token(algorithm, json!({ "groups": ["finance"] }), 300).await;
        let claims = provider.openid().verify(&token, now()).await.unwrap();
        assert_eq!(format!("{}/", claims.issuer), provider.issuer.as_str());
        assert_eq!((claims.subject.as_str(), claims.name.as_deref()), ("ada", Some("ada@id.example")));
        assert_eq!(claims.all["groups"], json!(["finance"]));
        assert!((claims.expires_at - now()).num_seconds() > 200);
    }
}

#[tokio::test]
async fn its_expired_and_misdirected_tokens_are_refused() {
    let later = now().timestamp() + 600;
    for algorithm in ALGORITHMS {
        let mut provider = IndependentProvider::start(algorithm).await;
        let openid = provider.openid();
        for (claims, expires_in, reason) in [
            (json!({}), -3600, TokenRefused::Expired),
            (json!({ "nbf": later }), 3600, TokenRefused::NotYetValid),
            (json!({ "iat": later }), 3600, TokenRefused::IssuedInFuture),
            (json!({ "exp": null }), 300, TokenRefused::NoExpiry),
            (json!({ "aud": "somebody-else" }), 300, TokenRefused::WrongAudience),
            (json!({ "aud": null }), 300, TokenRefused::WrongAudience),
            (json!({ "iss": "https://id.example" }), 300, TokenRefused::WrongIssuer),
            (json!({ "sub": null }), 300, TokenRefused::NoSubject),
        ] {
            let token = provider.token(algorithm, claims.clone(), expires_in).await;
            assert_eq!(openid.verify(&token, now()).await, Err(reason), "{algorithm} {claims}");
        }
    }
}

#[tokio::test]
async fn its_next_key_is_accepted_and_the_one_it_replaced_is_not() {
    for algorithm in ALGORITHMS {
        let mut provider = IndependentProvider::start(algorithm).await;
        let openid = provider.openid();
        let before = provider.token(algorithm, json!({}), 300).await;
        assert!(openid.verify(&before, now()).await.is_ok());
        provider.add_key(algorithm, "next").await;
        let after = provider.token("next", json!({}), 300).await;
        assert!(openid.verify(&after, now()).await.is_ok(), "a key of a new name");
        assert!(openid.verify(&before, now()).await.is_ok(), "the old one is still published");
        provider.add_key(algorithm, algorithm).await;
        let newcomer = provider.openid();
        assert_eq!(newcomer.verify(&before, now()).await, Err(TokenRefused::WrongSignature), "replaced");
    }
}

#[tokio::test]
async fn tokens_of_another_provider_are_refused() {
    let provider = IndependentProvider::start("RS256").await;
    let mut other = IndependentProvider::start("RS256").await;
    let openid = provider.openid();
    let token = other.token("RS256", json!({}), 300).await;
    assert_eq!(openid.verify(&token, now()).await, Err(TokenRefused::WrongSignature));
    let own_name = provider.issuer.as_str().trim_end_matches('/');
    let token = other.token("RS256", json!({ "iss": own_name }), 300).await;
    assert_eq!(openid.verify(&token, now()).await, Err(TokenRefused::WrongSignature));
    other.add_key("ES256", "stranger").await;
    let token = other.token("stranger", json!({ "iss": own_name }), 300).await;
    assert_eq!(openid.verify(&token, now()).await, Err(TokenRefused::UnknownKey));
}

#[tokio::test]
async fn it_may_go_away_and_come_back() {
    let mut provider = IndependentProvider::start("ES256").await;
    let token = provider.token("ES256", json!({}), 300).await;
    let (knowing, newcomer) = (provider.openid(), provider.openid());
    assert!(knowing.verify(&token, now()).await.is_ok());
    provider.go_away().await;
    assert!(knowing.verify(&token, now()).await.is_ok(), "known keys go on working");
    assert_eq!(newcomer.verify(&token, now()).await, Err(TokenRefused::ProviderUnavailable));
    provider.come_back().await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(newcomer.verify(&token, now()).await.is_ok());
}

#[tokio::test]
async fn somebody_signs_in_there() {
    for algorithm in ALGORITHMS {
        for secret in [None, Some("tell-nobody")] {
            let provider = IndependentProvider::start(algorithm).await;
            let mut options = provider.options();
            options.client.as_mut().unwrap().client_secret = secret.map(Into::into);
            let claims = sign_in(&Openid::new(options).unwrap()).await.unwrap();
            assert_eq!(claims.subject, "johndoe");
            assert_eq!(claims.all["aud"], CLIENT);
        }
    }
}

#[tokio::test]
async fn a_stolen_code_is_refused_there() {
    let provider = IndependentProvider::start("RS256").await;
    let openid = provider.openid();
    let (start, other) = (openid.begin().await.unwrap(), openid.begin().await.unwrap());
    let (code, _) = sign_in_at(start.url).await;
    let stolen = SignInSecrets { code_verifier: other.secrets.code_verifier, ..start.secrets };
    let refused = openid.finish(&code, &stolen, now()).await;
    assert_eq!(refused, Err(SignInRefused::CodeRefused("invalid_request")));
}

#[tokio::test]
async fn its_id_tokens_must_belong_to_the_sign_in() {
    let mut provider = IndependentProvider::start("ES256").await;
    let openid = provider.openid();
    for (claims, reason) in [
        (json!({ "nonce": "another" }), SignInRefused::WrongNonce),
        (json!({ "nonce": null }), SignInRefused::WrongNonce),
        (json!({ "aud": "somebody-else" }), SignInRefused::IdToken(TokenRefused::WrongAudience)),
        (json!({ "aud": [CLIENT, "somebody-else"] }), SignInRefused::WrongAuthorizedParty),
        (json!({ "exp": now().timestamp() - 60 }), SignInRefused::IdToken(TokenRefused::Expired)),
    ] {
        provider.order(json!({ "do": "identity", "claims": claims })).await;
        assert_eq!(sign_in(&openid).await, Err(reason), "{claims}");
    }
    provider.order(json!({ "do": "identity", "claims": {} })).await;
    assert!(sign_in(&openid).await.is_ok());
}
