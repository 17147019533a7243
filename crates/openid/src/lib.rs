//! Asks an OpenID provider "who is this?".
//!
//! Two questions, one object ([`Openid`]): [`Openid::verify`] reads an access token that a caller presents, and
//! [`Openid::begin`] with [`Openid::finish`] sign a person in through the browser, by authorization code with PKCE.
//! Whose token it is comes out ([`Claims`]); what that caller may do is decided elsewhere.
//!
//! # Reading order
//!
//! 1. [`Openid`]: the whole way of a token, on one screen.
//! 2. `token`: what is read of a token before anything is believed.
//! 3. `keys`: which published keys are used, and for which algorithm. The key decides, never the token alone.
//! 4. `claims`: issuer, audience, subject and times.
//! 5. `provider`: what is remembered of the provider, and who may ask it again, when (`schedule`).
//! 6. `discovery`, `fetch`, `address`: the provider's documents, how much of them is read, and from where.
//! 7. `sign_in`: the code flow.
//!
//! # What is promised
//!
//! RS256 and ES256 are accepted, nothing else. No request follows a redirect, no answer is read beyond one mebibyte. A
//! flood of unknown keys reaches the provider once in ten seconds. While the provider is away, keys that are known go on
//! working. Nothing here reads the time of day: `now` is an argument. (Ages of documents and pauses between requests
//! are counted on the monotonic clock.) Cryptography is `aws-lc-rs` by way of `jsonwebtoken`, the code flow is `oauth2`.
//!
//! # Sources
//!
//! - JSON Web Tokens: <https://www.rfc-editor.org/rfc/rfc7519>, their best practices:
//!   <https://www.rfc-editor.org/rfc/rfc8725>, as access tokens: <https://www.rfc-editor.org/rfc/rfc9068>
//! - Keys and algorithms: <https://www.rfc-editor.org/rfc/rfc7517>, <https://www.rfc-editor.org/rfc/rfc7518>
//! - PKCE: <https://www.rfc-editor.org/rfc/rfc7636>, current practice: <https://www.rfc-editor.org/rfc/rfc9700>
//! - OpenID Connect: <https://openid.net/specs/openid-connect-core-1_0.html>,
//!   <https://openid.net/specs/openid-connect-discovery-1_0.html>

mod address;
mod claims;
mod discovery;
mod error;
mod fetch;
mod keys;
mod openid;
mod options;
mod provider;
mod schedule;
mod sign_in;
mod token;

pub use claims::Claims;
pub use error::{FetchError, OpenidError, SignInRefused, TokenRefused};
pub use openid::Openid;
pub use options::{ClientOptions, OpenidOptions, Pacing};
pub use sign_in::{SignInSecrets, SignInStart};
