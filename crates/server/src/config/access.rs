use std::time::Duration;

use access::GrantText;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// `[access]`: who may ask. Where neither API keys nor an OpenID provider are configured, callers are not known, and the
/// service listens on this machine only.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessConfig {
    /// Machines are known by keys made with `chargeback keys create`.
    pub api_keys: bool,
    /// `[access.oidc]`: people and machines are known by tokens of an OpenID provider.
    pub oidc: Option<OidcConfig>,
    /// `[[access.grant]]`: what the claims of a token allow.
    pub grant: Vec<ClaimGrantConfig>,
}

impl AccessConfig {
    /// Whether callers have to be known.
    pub fn is_configured(&self) -> bool {
        self.api_keys || self.oidc.is_some()
    }
}

/// `[access.oidc]`: the OpenID provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Its issuer, exactly as tokens carry it; the provider is discovered from there.
    pub issuer: Url,
    /// The audiences of which a bearer token must name one.
    pub audience: Vec<String>,
    /// How far clocks may differ.
    #[serde(default = "one_minute", with = "humantime_serde")]
    pub clock_skew: Duration,
    /// `[access.oidc.sign_in]`: browsers may sign in.
    pub sign_in: Option<SignInConfig>,
}

/// `[access.oidc.sign_in]`: authorization code with PKCE.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInConfig {
    /// The client's id at the provider.
    pub client_id: String,
    /// The client's secret; none for a public client. Better given as `CHARGEBACK_ACCESS__OIDC__SIGN_IN__CLIENT_SECRET`.
    pub client_secret: Option<SecretString>,
    /// Where browsers reach this service; the provider sends them back to `auth/callback` under it.
    pub public_url: Url,
    /// What is asked for.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
    /// How long a browser stays signed in.
    #[serde(default = "working_day", with = "humantime_serde")]
    pub session: Duration,
}

/// `[[access.grant]]`: whoever has one of these values in a claim is allowed this.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimGrantConfig {
    /// The name of the claim; its value is a text or a list of texts.
    pub claim: String,
    /// The values of which one must be there.
    pub values: Vec<String>,
    /// What is allowed, and of what.
    pub allow: GrantText,
}

fn one_minute() -> Duration {
    Duration::from_secs(60)
}

fn working_day() -> Duration {
    Duration::from_secs(10 * 60 * 60)
}

fn usual_scopes() -> Vec<String> {
    ["openid", "email", "profile"].map(str::to_owned).into()
}
