use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// By this, scanners and libraries know the secret of a webhook.
const PREFIX: &str = "whsec_";
const BYTES: usize = 32;

/// The key of a webhook's signatures.
pub(crate) struct WebhookSecret([u8; BYTES]);

impl WebhookSecret {
    /// One that nobody can guess.
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }

    /// What is kept of it: all, because a hash cannot sign.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As its owner is shown it, once.
    pub(crate) fn text(&self) -> String {
        format!("{PREFIX}{}", BASE64.encode(&self.0))
    }
}

/// The signatures of a message by each of these keys, as the header `webhook-signature` has them.
pub(super) fn signatures<'k>(
    keys: impl IntoIterator<Item = &'k [u8]>,
    message_id: &str,
    at: DateTime<Utc>,
    body: &str,
) -> String {
    let signed = format!("{message_id}.{}.{body}", at.timestamp());
    let signature = |key: &[u8]| {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(signed.as_bytes());
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    };
    keys.into_iter().map(signature).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the libraries of Standard Webhooks; its signature was made with Python's `hmac`.
    #[test]
    fn a_message_is_signed_as_the_libraries_expect_it() {
        let key = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        let at = DateTime::from_timestamp(1_614_265_330, 0).expect("a time");
        let signed = signatures([key.as_slice()], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let twice =
            signatures([key.as_slice(), b"other"], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}");
        assert!(twice.starts_with(&format!("{signed} v1,")) && twice.split(' ').count() == 2, "{twice}");
    }

    #[test]
    fn a_secret_is_shown_as_libraries_take_it() {
        let (one, other) = (WebhookSecret::random(), WebhookSecret::random());
        assert_ne!(one.text(), other.text());
        let text = one.text();
        let bytes = BASE64.decode(text.strip_prefix("whsec_").expect("the prefix").as_bytes()).expect("base64");
        assert_eq!(bytes, one.bytes());
    }
}
