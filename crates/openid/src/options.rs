//! What the operator says about the provider.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::OpenidError;
use crate::address::is_private;

/// Beyond this, a "skew" would be a way to use expired tokens.
const LONGEST_SKEW: Duration = Duration::from_secs(600);

/// The provider, and which of its tokens are meant for us.
#[derive(Debug, Clone)]
pub struct OpenidOptions {
    /// The provider, as it calls itself in `iss`. https, or http on this machine.
    pub issuer: Url,
    /// Access tokens must name one of these in `aud`. May be empty where there is a client: then only sign-in works.
    pub audiences: Vec<String>,
    /// How far the provider's clock and ours may differ, ten minutes at most.
    pub clock_skew: Duration,
    /// Who we are to the provider, for sign-in through the browser.
    pub client: Option<ClientOptions>,
    /// How long one request to the provider may take as a whole.
    pub http_timeout: Duration,
}

/// Who we are to the provider.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The name under which we are registered.
    pub client_id: String,
    /// None for a public client, for which PKCE stands alone.
    pub client_secret: Option<SecretString>,
    /// Where the provider sends the browser back to; registered there. https, or http on this machine.
    pub redirect_url: Url,
    /// Scopes to ask for beside `openid`.
    pub scopes: Vec<String>,
}

/// How often the provider is asked. The defaults are the promise; tests are in more of a hurry.
#[derive(Debug, Clone)]
pub struct Pacing {
    /// An unknown key makes us ask again, at most once in this time.
    pub unknown_key: Duration,
    /// How long the first failure silences us. Each further one doubles it.
    pub first_retry: Duration,
    /// The longest silence after failures.
    pub longest_retry: Duration,
    /// When keys are read again if the provider does not say (`Cache-Control: max-age`).
    pub fresh: Duration,
    /// The least of what the provider may say.
    pub shortest_fresh: Duration,
    /// The most of what the provider may say. Keys older than this are read again before they are used, if that works.
    pub longest_fresh: Duration,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            unknown_key: Duration::from_secs(10),
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(60),
            fresh: Duration::from_secs(60 * 60),
            shortest_fresh: Duration::from_secs(5 * 60),
            longest_fresh: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl OpenidOptions {
    /// Refuses what could not work, or not safely.
    pub(crate) fn check(&self) -> Result<(), OpenidError> {
        let issuer = &self.issuer;
        if !is_private(issuer) {
            return Err(OpenidError::IssuerNotPrivate(issuer.clone()));
        }
        if issuer.query().is_some() || issuer.fragment().is_some() || has_user(issuer) {
            return Err(OpenidError::IssuerNotPlain);
        }
        if self.clock_skew > LONGEST_SKEW {
            return Err(OpenidError::ClockSkew(self.clock_skew));
        }
        if self.audiences.iter().any(String::is_empty) || (self.audiences.is_empty() && self.client.is_none()) {
            return Err(OpenidError::NoAudience);
        }
        self.client.as_ref().map_or(Ok(()), ClientOptions::check)
    }
}

impl ClientOptions {
    fn check(&self) -> Result<(), OpenidError> {
        if self.client_id.is_empty() {
            return Err(OpenidError::NoClientId);
        }
        if !is_private(&self.redirect_url) || self.redirect_url.fragment().is_some() {
            return Err(OpenidError::RedirectNotPrivate(self.redirect_url.clone()));
        }
        Ok(())
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}
