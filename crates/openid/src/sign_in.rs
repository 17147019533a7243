//! Sign-in through the browser: authorization code with PKCE, state and nonce
//! (<https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth>, <https://www.rfc-editor.org/rfc/rfc9700>).

use std::fmt;
use std::pin::Pin;

use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use subtle::ConstantTimeEq;
use url::Url;

use crate::claims::audiences;
use crate::discovery::Discovery;
use crate::{Claims, ClientOptions, FetchError, OpenidError, SignInRefused, fetch};

/// 256 bits: nobody guesses a state or a nonce.
const RANDOM_BYTES: u32 = 32;

/// A sign-in that has begun.
#[derive(Debug)]
pub struct SignInStart {
    /// Where to send the browser.
    pub url: Url,
    /// What to remember until it comes back, and to nobody else.
    pub secrets: SignInSecrets,
}

/// What ties the browser's return to its departure. Can be kept in a row, for minutes; shows nothing in logs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignInSecrets {
    /// Comes back with the browser: it is the one that we sent.
    #[serde(serialize_with = "expose")]
    pub state: SecretString,
    /// Comes back in the ID token: it was issued for this sign-in.
    #[serde(serialize_with = "expose")]
    pub nonce: SecretString,
    /// Proves to the provider that whoever has the code began the sign-in.
    #[serde(serialize_with = "expose")]
    pub code_verifier: SecretString,
}

impl SignInSecrets {
    /// Whether `returned` is the state that was sent, compared without telling how much of it is right.
    pub fn is_state(&self, returned: &str) -> bool {
        is_equal(&self.state, returned)
    }
}

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn is_equal(secret: &SecretString, text: &str) -> bool {
    secret.expose_secret().as_bytes().ct_eq(text.as_bytes()).into()
}

type ProviderClient = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<IdTokenField, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What OpenID Connect adds to the answer of the token endpoint.
#[derive(Serialize, Deserialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

impl fmt::Debug for IdTokenField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("IdTokenField").finish_non_exhaustive()
    }
}

/// Makes up the secrets and the address of the provider's sign-in page.
pub(crate) fn begin(options: &ClientOptions, discovery: &Discovery) -> Result<SignInStart, OpenidError> {
    if discovery.refuses_pkce() {
        return Err(OpenidError::NoPkce);
    }
    let client = provider_client(options, discovery)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = CsrfToken::new_random_len(RANDOM_BYTES);
    let (url, state) = client
        .authorize_url(|| CsrfToken::new_random_len(RANDOM_BYTES))
        .add_scopes(scopes(options))
        .set_pkce_challenge(challenge)
        .add_extra_param("nonce", nonce.secret())
        .url();
    let secrets = SignInSecrets {
        state: state.into_secret().into(),
        nonce: nonce.into_secret().into(),
        code_verifier: verifier.into_secret().into(),
    };
    Ok(SignInStart { url, secrets })
}

/// `openid` makes it a sign-in; it is asked for once.
fn scopes(options: &ClientOptions) -> impl Iterator<Item = Scope> {
    let others = options.scopes.iter().filter(|scope| *scope != "openid").cloned();
    std::iter::once("openid".to_owned()).chain(others).map(Scope::new)
}

/// Gives the provider the code and the proof, and receives the ID token. The access token is dropped: it is not for us.
pub(crate) async fn exchange(
    options: &ClientOptions,
    discovery: &Discovery,
    http: &reqwest::Client,
    code: &str,
    start: &SignInSecrets,
) -> Result<String, SignInRefused> {
    let client = provider_client(options, discovery).map_err(|error| unavailable(&error))?;
    let endpoint = discovery.token_endpoint().map_err(|error| unavailable(&error))?;
    let answer = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(start.code_verifier.expose_secret().to_owned()))
        .request_async(&ToProvider { http, endpoint })
        .await
        .map_err(refusal)?;
    answer.extra_fields().id_token.clone().ok_or(SignInRefused::NoIdToken)
}

/// How the `oauth2` crate reaches the token endpoint. A type of its own, because a closure's future is not known to be
/// `Send`, which handlers of a server must be.
struct ToProvider<'p> {
    http: &'p reqwest::Client,
    endpoint: &'p Url,
}

impl<'c> AsyncHttpClient<'c> for ToProvider<'_> {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(fetch::send(self.http, self.endpoint, request))
    }
}

fn provider_client(options: &ClientOptions, discovery: &Discovery) -> Result<ProviderClient, FetchError> {
    let client = oauth2::Client::new(ClientId::new(options.client_id.clone()))
        .set_auth_uri(AuthUrl::from_url(discovery.authorization_endpoint()?.clone()))
        .set_token_uri(TokenUrl::from_url(discovery.token_endpoint()?.clone()))
        .set_redirect_uri(RedirectUrl::from_url(options.redirect_url.clone()))
        .set_auth_type(match discovery.wants_secret_in_body() {
            true => AuthType::RequestBody,
            false => AuthType::BasicAuth,
        });
    Ok(match &options.client_secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
        None => client,
    })
}

/// The provider's own words stay out of logs: what it says may repeat what it was sent.
fn refusal(error: RequestTokenError<FetchError, BasicErrorResponse>) -> SignInRefused {
    match error {
        RequestTokenError::ServerResponse(answer) => SignInRefused::CodeRefused(match answer.error() {
            BasicErrorResponseType::InvalidClient => "invalid_client",
            BasicErrorResponseType::InvalidGrant => "invalid_grant",
            BasicErrorResponseType::InvalidRequest => "invalid_request",
            BasicErrorResponseType::InvalidScope => "invalid_scope",
            BasicErrorResponseType::UnauthorizedClient => "unauthorized_client",
            BasicErrorResponseType::UnsupportedGrantType => "unsupported_grant_type",
            BasicErrorResponseType::Extension(_) => "another error",
        }),
        RequestTokenError::Request(error) => unavailable(&error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            tracing::warn!("the OpenID provider's token endpoint did not answer as RFC 6749 says");
            SignInRefused::ProviderUnavailable
        }
    }
}

fn unavailable(error: &FetchError) -> SignInRefused {
    tracing::warn!(%error, "the OpenID provider is not available for sign-in");
    SignInRefused::ProviderUnavailable
}

/// What an ID token must say beyond what every token must
/// (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).
pub(crate) fn check_id_token(
    options: &ClientOptions,
    start: &SignInSecrets,
    claims: &Claims,
) -> Result<(), SignInRefused> {
    let nonce = claims.all.get("nonce").and_then(Value::as_str);
    if !nonce.is_some_and(|nonce| is_equal(&start.nonce, nonce)) {
        return Err(SignInRefused::WrongNonce);
    }
    let has_several = audiences(&claims.all)?.len() > 1;
    match claims.all.get("azp") {
        None if !has_several => Ok(()),
        Some(Value::String(party)) if *party == options.client_id => Ok(()),
        _ => Err(SignInRefused::WrongAuthorizedParty),
    }
}
