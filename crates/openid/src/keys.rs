//! The keys that a provider publishes, and what each of them is good for.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::TokenRefused;
use crate::token::UnverifiedToken;

/// Shorter RSA keys are ignored (<https://www.rfc-editor.org/rfc/rfc7518#section-3.3>).
const SHORTEST_RSA_BITS: usize = 2048;
/// Longer ones would cost too much for each request, and the cryptography refuses them.
const LONGEST_RSA_BITS: usize = 8192;
/// A coordinate of a point on P-256.
const P256_COORDINATE_BYTES: usize = 32;

/// The algorithms that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SigningAlgorithm {
    Rs256,
    Es256,
}

impl SigningAlgorithm {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// The usable keys of one reading.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

/// A key and the one algorithm that it is used with.
#[derive(Debug)]
pub(crate) struct Key {
    id: Option<String>,
    algorithm: SigningAlgorithm,
    decoding: DecodingKey,
    validation: Validation,
}

/// The document at `jwks_uri` (<https://www.rfc-editor.org/rfc/rfc7517#section-5>).
#[derive(Deserialize)]
pub(crate) struct PublishedKeys {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct PublishedKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl From<PublishedKeys> for KeySet {
    /// Keys that are not for us (encryption, other curves, short) are left out, as a provider may publish any.
    fn from(published: PublishedKeys) -> Self {
        let readable = published.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Self { keys: readable.filter_map(Key::from_published).collect() }
    }
}

impl KeySet {
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The one key that `token` says it is signed with, or the reason why there is none.
    pub(crate) fn find(&self, token: &UnverifiedToken<'_>) -> Result<&Key, TokenRefused> {
        let mut named = self.keys.iter().filter(|key| token.key_id.is_none() || key.id == token.key_id).peekable();
        if named.peek().is_none() {
            return Err(TokenRefused::UnknownKey);
        }
        let mut fitting = named.filter(|key| key.algorithm == token.algorithm);
        match (fitting.next(), fitting.next(), &token.key_id) {
            (Some(key), None, _) => Ok(key),
            (None, _, Some(_)) => Err(TokenRefused::AlgorithmDiffersFromKey),
            _ => Err(TokenRefused::NoSingleKey),
        }
    }
}

impl Key {
    fn from_published(published: PublishedKey) -> Option<Self> {
        let is_for_signatures = published.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && published.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "verify"));
        let (algorithm, decoding) = match published.kty.as_str() {
            "RSA" => (SigningAlgorithm::Rs256, rsa_key(&published)?),
            "EC" => (SigningAlgorithm::Es256, p256_key(&published)?),
            _ => return None,
        };
        let is_for_algorithm = published.alg.as_deref().is_none_or(|name| name == algorithm.name());
        (is_for_signatures && is_for_algorithm).then(|| Self {
            id: published.kid,
            algorithm,
            decoding,
            validation: signature_only(algorithm),
        })
    }

    /// The claims of `token`, if this key's owner signed them.
    pub(crate) fn claims(&self, token: &UnverifiedToken<'_>) -> Result<Map<String, Value>, TokenRefused> {
        use jsonwebtoken::errors::ErrorKind;
        match jsonwebtoken::decode(token.text, &self.decoding, &self.validation) {
            Ok(verified) => Ok(verified.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => TokenRefused::WrongSignature,
                ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => TokenRefused::AlgorithmDiffersFromKey,
                _ => TokenRefused::Malformed,
            }),
        }
    }
}

/// The library checks the signature; claims are checked by `claims`, with a time that is an argument.
fn signature_only(algorithm: SigningAlgorithm) -> Validation {
    let mut validation = Validation::new(match algorithm {
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Es256 => Algorithm::ES256,
    });
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn rsa_key(published: &PublishedKey) -> Option<DecodingKey> {
    let modulus = decode(published.n.as_deref()?)?;
    let exponent = decode(published.e.as_deref()?)?;
    let bits = bit_length(&modulus);
    (SHORTEST_RSA_BITS..=LONGEST_RSA_BITS)
        .contains(&bits)
        .then(|| DecodingKey::from_rsa_raw_components(without_leading_zeros(&modulus), &exponent))
}

fn p256_key(published: &PublishedKey) -> Option<DecodingKey> {
    let (x, y) = (published.x.as_deref()?, published.y.as_deref()?);
    let is_coordinate = |text| decode(text).is_some_and(|bytes| bytes.len() == P256_COORDINATE_BYTES);
    let is_p256 = published.crv.as_deref() == Some("P-256") && is_coordinate(x) && is_coordinate(y);
    if is_p256 { DecodingKey::from_ec_components(x, y).ok() } else { None }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[first..]
}

fn bit_length(number: &[u8]) -> usize {
    let digits = without_leading_zeros(number);
    digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn usable(key: Value) -> usize {
        let published: PublishedKeys = serde_json::from_value(json!({ "keys": [key] })).unwrap();
        KeySet::from(published).len()
    }

    fn rsa(bits: usize, more: Value) -> Value {
        let mut modulus = vec![0u8; bits.div_ceil(8)];
        modulus[0] = 1 << ((bits - 1) % 8);
        let mut key = json!({ "kty": "RSA", "n": BASE64URL_NOPAD.encode(&modulus), "e": "AQAB" });
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    #[test]
    fn a_key_is_used_for_what_it_says_it_is_for() {
        for more in [json!({}), json!({"use": "sig", "alg": "RS256"}), json!({"key_ops": ["verify"]})] {
            assert_eq!(usable(rsa(2048, more.clone())), 1, "{more}");
        }
        for more in [json!({"use": "enc"}), json!({"alg": "RS512"}), json!({"alg": "ES256"}), json!({"key_ops": []})] {
            assert_eq!(usable(rsa(2048, more.clone())), 0, "{more}");
        }
    }

    #[test]
    fn short_rsa_keys_are_ignored_even_when_they_are_padded() {
        assert_eq!(usable(rsa(2047, json!({}))), 0);
        assert_eq!(usable(rsa(1024, json!({}))), 0);
        assert_eq!(usable(rsa(16384, json!({}))), 0);
        let mut padded = vec![0u8; 256];
        padded[128] = 0x80;
        assert_eq!(usable(json!({"kty": "RSA", "n": BASE64URL_NOPAD.encode(&padded), "e": "AQAB"})), 0);
    }

    #[test]
    fn secrets_and_other_curves_are_never_keys() {
        let coordinate = BASE64URL_NOPAD.encode(&[1; 32]);
        assert_eq!(usable(json!({"kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate})), 1);
        for key in [
            json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": coordinate}),
            json!({"kty": "EC", "crv": "P-384", "x": coordinate, "y": coordinate}),
            json!({"kty": "EC", "crv": "P-256", "x": coordinate, "y": "AA"}),
            json!({"kty": "EC", "crv": "P-256", "x": coordinate}),
            json!("not even an object"),
        ] {
            assert_eq!(usable(key.clone()), 0, "{key}");
        }
    }
}
