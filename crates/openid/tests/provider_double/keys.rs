//! Keys that live as long as a test, and tokens signed with them by hand: by the cryptography itself, without the
//! library that reads tokens in the crate under test.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

pub(crate) struct SigningKey {
    pub(crate) id: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<KeyPair>),
    P256(EcdsaKeyPair),
}

impl SigningKey {
    pub(crate) fn rsa(id: &str) -> Self {
        Self { id: id.to_owned(), pair: Pair::Rsa(Box::new(KeyPair::generate(KeySize::Rsa2048).unwrap())) }
    }

    pub(crate) fn p256(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { id: id.to_owned(), pair: Pair::P256(pair) }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::P256(_) => "ES256",
        }
    }

    /// The public key as it stands in a key set.
    pub(crate) fn published(&self) -> Value {
        let mut key = json!({ "kid": self.id, "use": "sig", "alg": self.algorithm() });
        let more = match &self.pair {
            Pair::Rsa(pair) => {
                let modulus = &pair.public_key().as_ref()[PKCS1_MODULUS];
                json!({ "kty": "RSA", "n": BASE64URL_NOPAD.encode(modulus), "e": "AQAB" })
            }
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (BASE64URL_NOPAD.encode(&point[1..33]), BASE64URL_NOPAD.encode(&point[33..]));
                json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
            }
        };
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    /// The public key as bytes, which anybody may have.
    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": self.algorithm(), "kid": self.id })
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with_header(&self.header().to_string(), claims)
    }

    /// `header` is text, so that it may be wrong in any way.
    pub(crate) fn token_with_header(&self, header: &str, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.sign(message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Pair::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
        }
    }
}

/// Where the modulus of a 2048-bit key lies in `RSAPublicKey`: behind the heads of the sequence (4 bytes) and of the
/// integer (4), and a zero that says that it is positive (https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1).
const PKCS1_MODULUS: std::ops::Range<usize> = 9..265;

pub(crate) fn message(header: &str, claims: &Value) -> String {
    let claims = BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
    format!("{}.{claims}", BASE64URL_NOPAD.encode(header.as_bytes()))
}

/// A token that whoever knows `secret` could make.
pub(crate) fn hmac_token(secret: &[u8], key_id: &str, claims: &Value) -> String {
    let message = message(&json!({ "typ": "JWT", "alg": "HS256", "kid": key_id }).to_string(), claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
}
