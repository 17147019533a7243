//! Why an answer is not to be had. Nothing here repeats a token, a code or a secret.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

/// Why the provider cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum OpenidError {
    /// The issuer would be spoken to in the open.
    #[error("the issuer {0} must be an https address (http is accepted for a provider on this machine only)")]
    IssuerNotPrivate(Url),
    /// The issuer has parts that no issuer has. They are not repeated: a password may be among them.
    #[error("the issuer must be an address without user, query and fragment, as the provider writes it in `iss`")]
    IssuerNotPlain,
    /// Nobody's tokens would be accepted.
    #[error("name at least one audience, none of them empty: the value of `aud` in tokens that are meant for us")]
    NoAudience,
    /// The skew would let expired tokens in.
    #[error("a clock skew of {0:?} is too much; up to ten minutes are accepted")]
    ClockSkew(Duration),
    /// The client has no name.
    #[error("the client id is empty; it is the name under which the provider knows us")]
    NoClientId,
    /// Codes would come back in the open.
    #[error("the redirect address {0} must be https without fragment (http is accepted on this machine only)")]
    RedirectNotPrivate(Url),
    /// TLS could not be set up.
    #[error("requests to the provider cannot be set up")]
    HttpClient(#[source] reqwest::Error),
    /// Sign-in is asked for and no client is configured.
    #[error("sign-in needs a client; none is configured")]
    NoClient,
    /// The provider cannot do PKCE with SHA-256.
    #[error("the provider does not support PKCE with S256, and sign-in without it is not done")]
    NoPkce,
    /// The provider is away, or not as it should be. Try again later.
    #[error("the OpenID provider is not available")]
    ProviderUnavailable(#[from] FetchError),
}

/// What went wrong with one request to the provider.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// No answer, or not all of it in time.
    #[error("{url} did not answer")]
    Unreachable {
        /// What was asked for.
        url: Url,
        /// Why.
        #[source]
        source: Arc<reqwest::Error>,
    },
    /// An answer other than success.
    #[error("{url} answered with status {status}; a success without redirect is wanted")]
    Status {
        /// What was asked for.
        url: Url,
        /// What came.
        status: u16,
    },
    /// More than is read.
    #[error("{url} answered with more than a mebibyte")]
    TooLarge {
        /// What was asked for.
        url: Url,
    },
    /// Not the document that was asked for.
    #[error("{url} did not answer with the JSON document that belongs there")]
    NotTheDocument {
        /// What was asked for.
        url: Url,
    },
    /// The provider says that it is somebody else.
    #[error("the provider calls itself {published:?}, and {configured} is configured; they must be equal")]
    IssuerDiffers {
        /// What the operator says.
        configured: Url,
        /// What the provider says.
        published: String,
    },
    /// An endpoint that would be spoken to in the open.
    #[error("the provider's {name} {url} must be an https address")]
    EndpointNotPrivate {
        /// Its name in the discovery document.
        name: &'static str,
        /// Where it is said to be.
        url: Url,
    },
    /// An endpoint that sign-in needs.
    #[error("the provider publishes no {name}, which sign-in needs")]
    NoEndpoint {
        /// Its name in the discovery document.
        name: &'static str,
    },
    /// Not asked, because it failed a moment ago.
    #[error("the provider was not asked")]
    NotAsked,
}

/// Why a token is refused. For the audit log: the caller outside hears one sentence, whatever the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenRefused {
    /// Longer than is read.
    #[error("the token is longer than 16 KiB")]
    TooLong,
    /// Not three parts of base64url with JSON inside, or a claim of the wrong kind.
    #[error("the token is not a signed JSON Web Token")]
    Malformed,
    /// `typ` says that it is something else.
    #[error("the token is of another type")]
    TypeNotAccepted,
    /// `crit` asks for something that must be understood, and nothing of the kind is.
    #[error("the token has critical headers")]
    CriticalHeader,
    /// `none`, an HMAC, or anything else than RS256 and ES256.
    #[error("the token is signed with an algorithm that is not accepted")]
    AlgorithmNotAccepted,
    /// The provider publishes no such key.
    #[error("the token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// The token names no key, or one of several with the same name, and not exactly one fits.
    #[error("the token does not say which key it is signed with, and not exactly one fits")]
    NoSingleKey,
    /// The key is for another algorithm.
    #[error("the token is signed with another algorithm than its key is for")]
    AlgorithmDiffersFromKey,
    /// Somebody else signed it, or it was changed afterwards.
    #[error("the signature is wrong")]
    WrongSignature,
    /// `iss` is missing or another provider's.
    #[error("the token is another issuer's")]
    WrongIssuer,
    /// `aud` is missing or names others.
    #[error("the token is meant for others")]
    WrongAudience,
    /// `sub` is missing or empty.
    #[error("the token names no subject")]
    NoSubject,
    /// `exp` is missing.
    #[error("the token never expires")]
    NoExpiry,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` is to come.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// Not the token's fault: the provider's keys are not to be had.
    #[error("the OpenID provider is not available")]
    ProviderUnavailable,
}

/// Why a sign-in is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SignInRefused {
    /// No client is configured, so no sign-in can have begun.
    #[error("sign-in needs a client; none is configured")]
    NoClient,
    /// The provider does not take the code: wrong, used, expired, or the verifier or our secret is wrong.
    #[error("the provider refuses the code ({0})")]
    CodeRefused(&'static str),
    /// The provider says who may use its resources, but not who signed in.
    #[error("the provider answered without an ID token")]
    NoIdToken,
    /// The ID token is not to be believed.
    #[error("the ID token is refused: {0}")]
    IdToken(TokenRefused),
    /// The ID token belongs to another sign-in.
    #[error("the ID token belongs to another sign-in")]
    WrongNonce,
    /// The ID token was issued to another client.
    #[error("the ID token was issued to another client")]
    WrongAuthorizedParty,
    /// Nobody's fault: the provider is away. Try again later.
    #[error("the OpenID provider is not available")]
    ProviderUnavailable,
}

impl From<TokenRefused> for SignInRefused {
    fn from(refused: TokenRefused) -> Self {
        match refused {
            TokenRefused::ProviderUnavailable => Self::ProviderUnavailable,
            refused => Self::IdToken(refused),
        }
    }
}

impl TokenRefused {
    /// A word for the audit log and for counters.
    pub fn word(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::TypeNotAccepted => "type_not_accepted",
            Self::CriticalHeader => "critical_header",
            Self::AlgorithmNotAccepted => "algorithm_not_accepted",
            Self::UnknownKey => "unknown_key",
            Self::NoSingleKey => "no_single_key",
            Self::AlgorithmDiffersFromKey => "algorithm_differs_from_key",
            Self::WrongSignature => "wrong_signature",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::NoSubject => "no_subject",
            Self::NoExpiry => "no_expiry",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::ProviderUnavailable => "provider_unavailable",
        }
    }
}

impl SignInRefused {
    /// A word for the audit log and for counters.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoClient => "no_client",
            Self::CodeRefused(_) => "code_refused",
            Self::NoIdToken => "no_id_token",
            Self::IdToken(refused) => refused.word(),
            Self::WrongNonce => "wrong_nonce",
            Self::WrongAuthorizedParty => "wrong_authorized_party",
            Self::ProviderUnavailable => "provider_unavailable",
        }
    }
}
