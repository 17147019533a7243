//! The way of a token, from its text to who presents it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::claims::Expected;
use crate::provider::{Known, Provider};
use crate::token::{Purpose, UnverifiedToken};
use crate::{Claims, OpenidError, OpenidOptions, Pacing, SignInRefused, SignInSecrets, SignInStart, TokenRefused};
use crate::{fetch, sign_in};

/// An OpenID provider that can be asked who somebody is. Clones share what is known of the provider.
#[derive(Clone)]
pub struct Openid {
    options: Arc<OpenidOptions>,
    provider: Arc<Provider>,
}

impl Openid {
    /// Checks the options and asks nobody: the provider is discovered on first use, and again later if it was away.
    pub fn new(options: OpenidOptions) -> Result<Self, OpenidError> {
        Self::with_pacing(options, Pacing::default())
    }

    /// As [`Openid::new`], with other pauses between requests to the provider.
    pub fn with_pacing(options: OpenidOptions, pacing: Pacing) -> Result<Self, OpenidError> {
        options.check()?;
        let client = fetch::client(&options)?;
        let provider = Provider::new(options.issuer.clone(), client, pacing);
        Ok(Self { options: Arc::new(options), provider })
    }

    /// Discovers the provider now, so that an operator hears at start whether it is there.
    pub async fn discover(&self) -> Result<(), OpenidError> {
        self.provider.known().await?;
        Ok(())
    }

    /// Who presents `token`, an access token, at the time `now`.
    pub async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenRefused> {
        self.read(token, Purpose::Access, &self.options.audiences, now).await
    }

    /// Begins a sign-in: where to send the browser, and what to remember until it comes back.
    pub async fn begin(&self) -> Result<SignInStart, OpenidError> {
        let client = self.options.client.as_ref().ok_or(OpenidError::NoClient)?;
        let known = self.provider.known().await?;
        sign_in::begin(client, &known.discovery)
    }

    /// Ends a sign-in: exchanges the `code` that the browser brought back for an ID token, and reads it. That the
    /// browser's `state` is [`start`'s](SignInSecrets::is_state) has been checked before.
    pub async fn finish(&self, code: &str, start: &SignInSecrets, now: DateTime<Utc>) -> Result<Claims, SignInRefused> {
        let client = self.options.client.as_ref().ok_or(SignInRefused::NoClient)?;
        let known = self.provider.known().await.map_err(|_| SignInRefused::ProviderUnavailable)?;
        let id_token = sign_in::exchange(client, &known.discovery, &self.provider.client, code, start).await?;
        let audience = std::slice::from_ref(&client.client_id);
        let claims = self.read(&id_token, Purpose::Identity, audience, now).await?;
        sign_in::check_id_token(client, start, &claims)?;
        Ok(claims)
    }

    async fn read(
        &self,
        token: &str,
        purpose: Purpose,
        audiences: &[String],
        now: DateTime<Utc>,
    ) -> Result<Claims, TokenRefused> {
        let asked_at = Instant::now();
        let token = UnverifiedToken::read(token, purpose)?;
        let known = self.known_for(&token, asked_at).await?;
        let claims = known.keys.find(&token)?.claims(&token)?;
        let (issuer, clock_skew) = (known.discovery.issuer.as_str(), self.options.clock_skew);
        Expected { issuer, audiences, clock_skew, now }.accept(claims)
    }

    /// What is known of the provider, read again (seldom) if the token's key is not in it.
    async fn known_for(&self, token: &UnverifiedToken<'_>, asked_at: Instant) -> Result<Arc<Known>, TokenRefused> {
        let known = self.provider.known().await.map_err(|_| TokenRefused::ProviderUnavailable)?;
        match known.keys.find(token) {
            Err(TokenRefused::UnknownKey) => {
                self.provider.known_after(asked_at).await.map_err(|_| TokenRefused::ProviderUnavailable)
            }
            _ => Ok(known),
        }
    }
}

/// Says which provider it is, and nothing of the client.
impl fmt::Debug for Openid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Openid").field("issuer", &self.options.issuer.as_str()).finish_non_exhaustive()
    }
}
