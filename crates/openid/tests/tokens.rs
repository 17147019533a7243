//! Access tokens, good ones and all the others, against a provider of our own.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod provider_double;

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use openid::{Claims, Openid, Pacing, TokenRefused};
use provider_double::keys::{SigningKey, hmac_token, message};
use provider_double::{AUDIENCE, PAUSE, ProviderDouble, now, pass_the_pause, seconds_from_now};
use serde_json::{Value, json};
use tokio::time::sleep;

/// A provider with a key of each kind, and us.
struct Scene {
    rsa: SigningKey,
    p256: SigningKey,
    provider: ProviderDouble,
    openid: Openid,
}

impl Scene {
    async fn new() -> Self {
        let (rsa, p256) = (SigningKey::rsa("rsa-1"), SigningKey::p256("p256-1"));
        let provider = ProviderDouble::start(&[&rsa, &p256]).await;
        let openid = provider.openid();
        Self { rsa, p256, provider, openid }
    }

    async fn in_a_hurry() -> Self {
        let scene = Self::new().await;
        Self { openid: scene.provider.hurried_openid(), ..scene }
    }

    fn keys(&self) -> [&SigningKey; 2] {
        [&self.rsa, &self.p256]
    }

    fn good_token(&self) -> String {
        self.p256.token(&self.provider.claims())
    }

    async fn verify(&self, token: &str) -> Result<Claims, TokenRefused> {
        self.openid.verify(token, now()).await
    }

    /// What comes of good claims with one of them changed, or taken away by null. The same for both kinds of keys.
    async fn verify_with(&self, claim: &str, value: Value) -> Result<(), TokenRefused> {
        let mut claims = self.provider.claims();
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
            value => claims[claim] = value,
        }
        let [first, second] = self.keys().map(|key| key.token(&claims));
        let outcome = self.verify(&first).await.map(drop);
        assert_eq!(outcome, self.verify(&second).await.map(drop), "both algorithms are judged alike");
        outcome
    }
}

#[tokio::test]
async fn good_tokens_say_who_presents_them() {
    let scene = Scene::new().await;
    for key in scene.keys() {
        let claims = scene.verify(&key.token(&scene.provider.claims())).await.unwrap();
        assert_eq!(claims.issuer, scene.provider.name());
        assert_eq!(claims.subject, "248289761001");
        assert_eq!(claims.expires_at.timestamp(), seconds_from_now(300));
        assert_eq!(claims.name.as_deref(), Some("ada@id.example"));
        assert_eq!(claims.all["groups"], json!(["data-science"]));
    }
    assert_eq!((scene.provider.descriptions(), scene.provider.key_readings()), (1, 1));
}

#[tokio::test]
async fn a_token_has_its_time() {
    let scene = Scene::new().await;
    for (claim, value, outcome) in [
        ("exp", json!(seconds_from_now(-3600)), Err(TokenRefused::Expired)),
        ("exp", json!(seconds_from_now(-30)), Err(TokenRefused::Expired)),
        ("exp", json!(seconds_from_now(-29)), Ok(())),
        ("exp", json!(0), Err(TokenRefused::Expired)),
        ("exp", json!(-1), Err(TokenRefused::Expired)),
        ("exp", Value::Null, Err(TokenRefused::NoExpiry)),
        ("exp", json!("tomorrow"), Err(TokenRefused::Malformed)),
        ("exp", json!(u64::MAX), Err(TokenRefused::Malformed)),
        ("nbf", json!(seconds_from_now(31)), Err(TokenRefused::NotYetValid)),
        ("nbf", json!(seconds_from_now(30)), Ok(())),
        ("nbf", Value::Null, Ok(())),
        ("iat", json!(seconds_from_now(31)), Err(TokenRefused::IssuedInFuture)),
        ("iat", json!(seconds_from_now(30)), Ok(())),
        ("iat", Value::Null, Ok(())),
    ] {
        assert_eq!(scene.verify_with(claim, value.clone()).await, outcome, "{claim}: {value}");
    }
}

#[tokio::test]
async fn a_token_is_for_us_from_our_provider_about_somebody() {
    let scene = Scene::new().await;
    let with_slash = format!("{}/", scene.provider.name());
    for (claim, value, outcome) in [
        ("aud", json!("somebody-else"), Err(TokenRefused::WrongAudience)),
        ("aud", json!("chargeback-API"), Err(TokenRefused::WrongAudience)),
        ("aud", json!(""), Err(TokenRefused::WrongAudience)),
        ("aud", json!([]), Err(TokenRefused::WrongAudience)),
        ("aud", Value::Null, Err(TokenRefused::WrongAudience)),
        ("aud", json!(["somebody-else", AUDIENCE]), Ok(())),
        ("aud", json!("another-of-ours"), Ok(())),
        ("aud", json!([AUDIENCE, 5]), Err(TokenRefused::Malformed)),
        ("aud", json!({ "is": AUDIENCE }), Err(TokenRefused::Malformed)),
        ("iss", json!("https://id.example"), Err(TokenRefused::WrongIssuer)),
        ("iss", json!(with_slash), Err(TokenRefused::WrongIssuer)),
        ("iss", json!([scene.provider.name()]), Err(TokenRefused::WrongIssuer)),
        ("iss", Value::Null, Err(TokenRefused::WrongIssuer)),
        ("sub", json!(""), Err(TokenRefused::NoSubject)),
        ("sub", Value::Null, Err(TokenRefused::NoSubject)),
        ("sub", json!(248289761001_u64), Err(TokenRefused::Malformed)),
    ] {
        assert_eq!(scene.verify_with(claim, value.clone()).await, outcome, "{claim}: {value}");
    }
}

#[tokio::test]
async fn somebody_elses_key_opens_nothing() {
    let scene = Scene::new().await;
    for forged in [SigningKey::rsa("rsa-1"), SigningKey::p256("p256-1")] {
        let token = forged.token(&scene.provider.claims());
        assert_eq!(scene.verify(&token).await, Err(TokenRefused::WrongSignature));
        // A key that the token brings along is not believed either.
        let mut header = forged.header();
        header["jwk"] = forged.published();
        header["jku"] = json!("https://evil.example/keys");
        let token = forged.token_with_header(&header.to_string(), &scene.provider.claims());
        assert_eq!(scene.verify(&token).await, Err(TokenRefused::WrongSignature));
    }
    assert_eq!(scene.provider.key_readings(), 1, "a wrong signature is no reason to ask for keys");
}

#[tokio::test]
async fn a_changed_token_is_no_token() {
    let scene = Scene::new().await;
    for key in scene.keys() {
        let token = key.token(&scene.provider.claims());
        let signature = token.rsplit_once('.').unwrap().1;
        let mut claims = scene.provider.claims();
        claims["groups"] = json!(["finance"]);
        let changed = format!("{}.{signature}", message(&key.header().to_string(), &claims));
        assert_eq!(scene.verify(&changed).await, Err(TokenRefused::WrongSignature));
        for cut in [&token[..token.len() - 2], token.trim_end_matches(signature)] {
            assert_eq!(scene.verify(cut).await, Err(TokenRefused::WrongSignature));
        }
    }
}

#[tokio::test]
async fn a_token_without_signature_is_refused() {
    let scene = Scene::new().await;
    for algorithm in ["none", "None", "NONE"] {
        for key in scene.keys() {
            let header = json!({ "typ": "JWT", "alg": algorithm, "kid": key.id }).to_string();
            let bare = format!("{}.", message(&header, &scene.provider.claims()));
            assert_eq!(scene.verify(&bare).await, Err(TokenRefused::AlgorithmNotAccepted));
            let signed = key.token_with_header(&header, &scene.provider.claims());
            assert_eq!(scene.verify(&signed).await, Err(TokenRefused::AlgorithmNotAccepted));
        }
    }
}

#[tokio::test]
async fn a_public_key_is_not_a_secret() {
    let scene = Scene::new().await;
    for key in scene.keys() {
        for secret in [key.public_bytes(), key.published().to_string().into_bytes(), Vec::new()] {
            let token = hmac_token(&secret, &key.id, &scene.provider.claims());
            assert_eq!(scene.verify(&token).await, Err(TokenRefused::AlgorithmNotAccepted));
        }
    }
}

#[tokio::test]
async fn a_key_serves_its_own_algorithm_only() {
    let scene = Scene::new().await;
    for (key, other) in [(&scene.rsa, &scene.p256), (&scene.p256, &scene.rsa)] {
        let header = json!({ "typ": "JWT", "alg": key.algorithm(), "kid": other.id }).to_string();
        let token = key.token_with_header(&header, &scene.provider.claims());
        assert_eq!(scene.verify(&token).await, Err(TokenRefused::AlgorithmDiffersFromKey));
        // The header lies about the algorithm, and the key is the right one.
        let header = json!({ "typ": "JWT", "alg": other.algorithm(), "kid": key.id }).to_string();
        let token = key.token_with_header(&header, &scene.provider.claims());
        assert_eq!(scene.verify(&token).await, Err(TokenRefused::AlgorithmDiffersFromKey));
    }
}

#[tokio::test]
async fn headers_that_must_be_understood_are_refused_and_doubled_ones_too() {
    let scene = Scene::new().await;
    let mut header = scene.rsa.header();
    header["crit"] = json!(["b64"]);
    let token = scene.rsa.token_with_header(&header.to_string(), &scene.provider.claims());
    assert_eq!(scene.verify(&token).await, Err(TokenRefused::CriticalHeader));
    let doubled = r#"{"alg":"none","kid":"rsa-1","alg":"RS256"}"#;
    let token = scene.rsa.token_with_header(doubled, &scene.provider.claims());
    assert_eq!(scene.verify(&token).await, Err(TokenRefused::Malformed));
}

#[tokio::test]
async fn a_megabyte_of_token_is_refused_before_anything_is_done() {
    let scene = Scene::new().await;
    let mut claims = scene.provider.claims();
    claims["groups"] = json!("x".repeat(1024 * 1024));
    assert_eq!(scene.verify(&scene.rsa.token(&claims)).await, Err(TokenRefused::TooLong));
    assert_eq!(scene.verify(&"a".repeat(16 * 1024 + 1)).await, Err(TokenRefused::TooLong));
    assert_eq!(scene.verify(&"a".repeat(16 * 1024)).await, Err(TokenRefused::Malformed));
    assert_eq!(scene.provider.descriptions(), 0, "nobody was asked");
}

#[tokio::test]
async fn a_token_without_key_id_needs_exactly_one_key_that_fits() {
    let scene = Scene::new().await;
    let unnamed = |key: &SigningKey| {
        let header = json!({ "alg": key.algorithm() }).to_string();
        key.token_with_header(&header, &scene.provider.claims())
    };
    for key in scene.keys() {
        assert!(scene.verify(&unnamed(key)).await.is_ok(), "one of each kind: it is clear which is meant");
    }
    let another = SigningKey::rsa("rsa-2");
    scene.provider.publish(&[&scene.rsa, &another, &scene.p256]);
    let openid = scene.provider.openid();
    assert_eq!(openid.verify(&unnamed(&scene.rsa), now()).await, Err(TokenRefused::NoSingleKey));
    assert!(openid.verify(&unnamed(&scene.p256), now()).await.is_ok());
}

#[tokio::test]
async fn two_keys_of_one_name_are_told_apart_by_their_algorithm_or_not_used() {
    let (rsa, p256, twin) = (SigningKey::rsa("same"), SigningKey::p256("same"), SigningKey::p256("same"));
    let provider = ProviderDouble::start(&[&rsa, &p256]).await;
    for key in [&rsa, &p256] {
        assert!(provider.openid().verify(&key.token(&provider.claims()), now()).await.is_ok());
    }
    provider.publish(&[&twin, &p256]);
    let refused = provider.openid().verify(&p256.token(&provider.claims()), now()).await;
    assert_eq!(refused, Err(TokenRefused::NoSingleKey));
}

#[tokio::test]
async fn a_rotated_key_is_accepted_after_one_more_reading() {
    let scene = Scene::new().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    let next = SigningKey::rsa("rsa-2");
    scene.provider.publish(&[&next, &scene.p256]);
    let token = next.token(&scene.provider.claims());
    for _ in 0..3 {
        assert!(scene.verify(&token).await.is_ok());
    }
    assert_eq!((scene.provider.descriptions(), scene.provider.key_readings()), (1, 2));
    let retired = scene.rsa.token(&scene.provider.claims());
    assert_eq!(scene.verify(&retired).await, Err(TokenRefused::UnknownKey), "the old key went with the reading");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_keys_reaches_the_provider_once() {
    let scene = Scene::new().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    let stranger = SigningKey::p256("stranger");
    let flood = (0..500).map(|number| {
        let header = json!({ "alg": "ES256", "kid": format!("unknown-{number}") }).to_string();
        let (openid, token) = (scene.openid.clone(), stranger.token_with_header(&header, &scene.provider.claims()));
        tokio::spawn(async move { openid.verify(&token, now()).await.map(drop) })
    });
    for outcome in flood.collect::<Vec<_>>() {
        assert_eq!(outcome.await.unwrap(), Err(TokenRefused::UnknownKey));
    }
    assert_eq!((scene.provider.descriptions(), scene.provider.key_readings()), (1, 2));
    assert!(scene.verify(&scene.good_token()).await.is_ok(), "and nobody else is held up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_before_anything_is_known_asks_once() {
    let scene = Scene::new().await;
    scene.provider.change(|behaviour| behaviour.delay = Duration::from_millis(50));
    let unknown = SigningKey::p256("unknown").token(&scene.provider.claims());
    let tokens = (0..100).map(|number| if number % 2 == 0 { unknown.clone() } else { scene.good_token() });
    let callers = tokens.map(|token| {
        let openid = scene.openid.clone();
        tokio::spawn(async move { openid.verify(&token, now()).await.map(drop) })
    });
    for (number, outcome) in callers.collect::<Vec<_>>().into_iter().enumerate() {
        let expected = if number % 2 == 0 { Err(TokenRefused::UnknownKey) } else { Ok(()) };
        assert_eq!(outcome.await.unwrap(), expected);
    }
    assert_eq!((scene.provider.descriptions(), scene.provider.key_readings()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_reading_does_not_repeat_it() {
    let scene = Scene::new().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    scene.provider.change(|behaviour| behaviour.delay = Duration::from_millis(300));
    let unknown = SigningKey::p256("unknown").token(&scene.provider.claims());
    let callers = (0..20).map(|number| {
        let (openid, token) = (scene.openid.clone(), unknown.clone());
        tokio::spawn(async move {
            // Most come while the reading is under way, and so cannot be sure that it is newer than their token.
            sleep(Duration::from_millis(10 * number)).await;
            openid.verify(&token, now()).await.map(drop)
        })
    });
    for outcome in callers.collect::<Vec<_>>() {
        assert_eq!(outcome.await.unwrap(), Err(TokenRefused::UnknownKey));
    }
    assert_eq!(scene.provider.key_readings(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_is_waited_for_while_it_is_being_read() {
    let scene = Scene::new().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    let next = SigningKey::rsa("rsa-2");
    scene.provider.publish(&[&next]);
    scene.provider.change(|behaviour| behaviour.delay = Duration::from_millis(300));
    let token = next.token(&scene.provider.claims());
    let callers = (0..20).map(|number| {
        let (openid, token) = (scene.openid.clone(), token.clone());
        tokio::spawn(async move {
            sleep(Duration::from_millis(10 * number)).await;
            openid.verify(&token, now()).await.map(drop)
        })
    });
    for outcome in callers.collect::<Vec<_>>() {
        assert_eq!(outcome.await.unwrap(), Ok(()));
    }
    assert_eq!(scene.provider.key_readings(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_failure_does_not_repeat_it() {
    let scene = Scene::new().await;
    scene.provider.change(|behaviour| (behaviour.is_away, behaviour.delay) = (true, Duration::from_millis(100)));
    let token = scene.good_token();
    let callers = (0..50).map(|_| {
        let (openid, token) = (scene.openid.clone(), token.clone());
        tokio::spawn(async move { openid.verify(&token, now()).await.map(drop) })
    });
    for outcome in callers.collect::<Vec<_>>() {
        assert_eq!(outcome.await.unwrap(), Err(TokenRefused::ProviderUnavailable));
    }
    assert_eq!(scene.provider.descriptions(), 1);
}

#[tokio::test]
async fn after_the_pause_an_unknown_key_may_ask_again() {
    let scene = Scene::in_a_hurry().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    let stranger = SigningKey::p256("stranger");
    for readings in [2, 3] {
        for _ in 0..20 {
            let refused = scene.verify(&stranger.token(&scene.provider.claims())).await;
            assert_eq!(refused, Err(TokenRefused::UnknownKey));
        }
        assert_eq!(scene.provider.key_readings(), readings);
        pass_the_pause().await;
    }
}

#[tokio::test]
async fn a_provider_that_was_never_there_is_nobodys_fault() {
    let scene = Scene::in_a_hurry().await;
    scene.provider.change(|behaviour| behaviour.is_away = true);
    for _ in 0..50 {
        assert_eq!(scene.verify(&scene.good_token()).await, Err(TokenRefused::ProviderUnavailable));
    }
    assert_eq!(scene.provider.descriptions(), 1, "a failure is followed by a pause");
    scene.provider.change(|behaviour| behaviour.is_away = false);
    pass_the_pause().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok(), "it came, and nobody had to restart anything");
}

#[tokio::test]
async fn while_the_provider_is_away_known_keys_go_on_working() {
    let scene = Scene::in_a_hurry().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    scene.provider.change(|behaviour| behaviour.is_away = true);
    let next = SigningKey::rsa("rsa-2");
    for _ in 0..50 {
        let unknown = scene.verify(&next.token(&scene.provider.claims())).await;
        assert_eq!(unknown, Err(TokenRefused::ProviderUnavailable), "the key may be a new one: nobody can say");
        assert!(scene.verify(&scene.good_token()).await.is_ok());
    }
    assert_eq!(scene.provider.key_readings(), 2);
    scene.provider.publish(&[&next, &scene.p256]);
    scene.provider.change(|behaviour| behaviour.is_away = false);
    pass_the_pause().await;
    assert!(scene.verify(&next.token(&scene.provider.claims())).await.is_ok());
}

#[tokio::test]
async fn nobody_listens_where_the_provider_should_be() {
    let scene = Scene::new().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = scene.provider.options();
    options.issuer = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let openid = Openid::new(options).unwrap();
    assert_eq!(openid.verify(&scene.good_token(), now()).await, Err(TokenRefused::ProviderUnavailable));
}

#[tokio::test]
async fn old_keys_are_read_again_behind_the_callers_back() {
    let scene = Scene::in_a_hurry().await;
    scene.provider.change(|behaviour| behaviour.cache_control = Some("max-age=0"));
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    assert_eq!(scene.provider.key_readings(), 1, "the least freshness keeps a hasty provider from being asked always");
    scene.provider.publish(&[&scene.rsa]);
    pass_the_pause().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok(), "the caller does not wait for the reading");
    let withdrawn = async {
        while scene.verify(&scene.good_token()).await != Err(TokenRefused::UnknownKey) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), withdrawn).await.expect("the key should be withdrawn soon");
    assert_eq!(scene.provider.descriptions(), 2, "the provider is described anew, too");
}

#[tokio::test]
async fn very_old_keys_are_not_used_before_they_are_read_again_unless_the_provider_is_away() {
    let scene = Scene::new().await;
    let pacing = Pacing { fresh: PAUSE, longest_fresh: PAUSE, first_retry: PAUSE, ..Pacing::default() };
    let openid = Openid::with_pacing(scene.provider.options(), pacing).unwrap();
    assert!(openid.verify(&scene.good_token(), now()).await.is_ok());
    scene.provider.publish(&[&scene.rsa]);
    pass_the_pause().await;
    assert_eq!(openid.verify(&scene.good_token(), now()).await, Err(TokenRefused::UnknownKey));
    scene.provider.change(|behaviour| behaviour.is_away = true);
    pass_the_pause().await;
    let token = scene.rsa.token(&scene.provider.claims());
    assert!(openid.verify(&token, now()).await.is_ok(), "nobody can say that this key is withdrawn");
}

#[tokio::test]
async fn fresh_keys_are_not_read_again() {
    let scene = Scene::in_a_hurry().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    pass_the_pause().await;
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    sleep(Duration::from_millis(50)).await;
    assert_eq!(scene.provider.key_readings(), 1, "without a word of the provider they are fresh for an hour");
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_stop_what_others_wait_for() {
    let scene = Scene::new().await;
    scene.provider.change(|behaviour| behaviour.delay = Duration::from_millis(100));
    let token = scene.good_token();
    let impatient = tokio::time::timeout(Duration::from_millis(20), scene.verify(&token));
    assert!(impatient.await.is_err());
    assert!(scene.verify(&scene.good_token()).await.is_ok());
    assert_eq!((scene.provider.descriptions(), scene.provider.key_readings()), (1, 1));
}

#[tokio::test]
async fn a_provider_that_takes_too_long_is_not_waited_for() {
    let scene = Scene::new().await;
    scene.provider.change(|behaviour| behaviour.delay = Duration::from_secs(60));
    let mut options = scene.provider.options();
    options.http_timeout = Duration::from_millis(100);
    let openid = Openid::new(options).unwrap();
    assert_eq!(openid.verify(&scene.good_token(), now()).await, Err(TokenRefused::ProviderUnavailable));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let scene = Scene::new().await;
    scene.provider.change(|behaviour| behaviour.redirects = true);
    assert_eq!(scene.verify(&scene.good_token()).await, Err(TokenRefused::ProviderUnavailable));
    assert_eq!(scene.provider.elsewhere(), 0);
}

#[tokio::test]
async fn documents_that_are_too_long_or_none_are_not_believed() {
    for body in [format!("{{\"keys\":[],\"padding\":\"{}\"}}", "x".repeat(1024 * 1024)), "<html>".to_owned()] {
        let scene = Scene::new().await;
        scene.provider.change(|behaviour| behaviour.key_set_body = Some(body));
        assert_eq!(scene.verify(&scene.good_token()).await, Err(TokenRefused::ProviderUnavailable));
        assert_eq!(scene.provider.key_readings(), 1);
    }
}

#[tokio::test]
async fn a_provider_that_calls_itself_otherwise_is_not_believed() {
    for (member, value) in [
        ("issuer", json!("https://id.example")),
        ("jwks_uri", json!("http://id.example/keys")),
        ("token_endpoint", json!("http://id.example/token")),
    ] {
        let scene = Scene::new().await;
        scene.provider.change(|behaviour| behaviour.description.insert(member.to_owned(), value));
        assert_eq!(scene.verify(&scene.good_token()).await, Err(TokenRefused::ProviderUnavailable), "{member}");
        assert_eq!(scene.provider.key_readings(), 0, "{member}");
        let why = scene.openid.discover().await.unwrap_err();
        let source = std::error::Error::source(&why).unwrap().to_string();
        assert!(source.contains("id.example"), "the operator hears what differs: {source}");
    }
}

#[tokio::test]
async fn options_that_are_not_safe_are_refused_before_anything_is_asked() {
    let provider = ProviderDouble::start(&[]).await;
    let refused = |change: fn(&mut openid::OpenidOptions)| {
        let mut options = provider.options();
        change(&mut options);
        Openid::new(options).unwrap_err().to_string()
    };
    assert!(refused(|options| options.issuer = "http://id.example".parse().unwrap()).contains("https"));
    assert!(
        refused(|options| options.issuer = "https://u:secret@id.example".parse().unwrap()).contains("without user")
    );
    assert!(!refused(|options| options.issuer = "https://u:secret@id.example".parse().unwrap()).contains("secret"));
    assert!(refused(|options| options.audiences = vec![String::new()]).contains("audience"));
    assert!(refused(|options| options.clock_skew = Duration::from_secs(3600)).contains("ten minutes"));
    assert!(refused(|options| options.client.as_mut().unwrap().client_id.clear()).contains("client id"));
    let redirect = |options: &mut openid::OpenidOptions| {
        options.client.as_mut().unwrap().redirect_url = "http://chargeback.example/".parse().unwrap();
    };
    assert!(refused(redirect).contains("redirect address"));
    assert_eq!(provider.descriptions(), 0);
}

#[tokio::test]
async fn what_is_no_token_never_reaches_the_provider() {
    let scene = Scene::new().await;
    let words = ["", "cbk_live_0123456789", "a.b.c", "....", "Bearer x", "\u{0}\u{0}.\u{0}.\u{0}"];
    for text in words {
        assert_eq!(scene.verify(text).await, Err(TokenRefused::Malformed), "{text:?}");
    }
    let no_claims = BASE64URL_NOPAD.encode(scene.p256.header().to_string().as_bytes());
    assert!(scene.verify(&format!("{no_claims}.bm90LWpzb24.AAAA")).await.is_err());
    assert_eq!(scene.provider.descriptions(), 1, "only the last one looked like a token");
}
