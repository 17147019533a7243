//! What is read of a token before anything is believed: its length, its shape and its header.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use crate::TokenRefused;
use crate::keys::SigningAlgorithm;

/// Longer tokens are refused unread; the largest headers that servers take are of this size.
const LONGEST: usize = 16 * 1024;

/// What a token is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Presented by a caller as `Authorization: Bearer`.
    Access,
    /// Given to us by the provider, to say who signed in.
    Identity,
}

/// A token in three parts, of which only the header has been read. Its claims are out of reach until a key has checked
/// them.
pub(crate) struct UnverifiedToken<'a> {
    pub(crate) text: &'a str,
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) key_id: Option<String>,
}

impl<'a> UnverifiedToken<'a> {
    pub(crate) fn read(text: &'a str, purpose: Purpose) -> Result<Self, TokenRefused> {
        if text.len() > LONGEST {
            return Err(TokenRefused::TooLong);
        }
        let header = read_header(text)?;
        // An extension that must be understood and is not (https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11).
        if header.contains_key("crit") {
            return Err(TokenRefused::CriticalHeader);
        }
        if !has_accepted_type(&header, purpose)? {
            return Err(TokenRefused::TypeNotAccepted);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).ok_or(TokenRefused::Malformed)?;
        let algorithm = SigningAlgorithm::named(algorithm).ok_or(TokenRefused::AlgorithmNotAccepted)?;
        Ok(Self { text, algorithm, key_id: text_of(&header, "kid")?.map(str::to_owned) })
    }
}

fn read_header(token: &str) -> Result<Map<String, Value>, TokenRefused> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, _claims, _signature] = parts[..] else { return Err(TokenRefused::Malformed) };
    let json = BASE64URL_NOPAD.decode(header.as_bytes()).map_err(|_| TokenRefused::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenRefused::Malformed)
}

/// Types keep tokens of one kind from being used as another (<https://www.rfc-editor.org/rfc/rfc8725#section-3.11>). Many
/// providers write no `at+jwt` yet, so `JWT` and silence are accepted too.
fn has_accepted_type(header: &Map<String, Value>, purpose: Purpose) -> Result<bool, TokenRefused> {
    let Some(named) = text_of(header, "typ")? else { return Ok(true) };
    let named = named.to_ascii_lowercase();
    Ok(match named.strip_prefix("application/").unwrap_or(&named) {
        "jwt" => true,
        "at+jwt" => purpose == Purpose::Access,
        _ => false,
    })
}

fn text_of<'a>(header: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, TokenRefused> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(TokenRefused::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_header(header: &str) -> String {
        format!("{}.e30.AA", BASE64URL_NOPAD.encode(header.as_bytes()))
    }

    fn refusal(text: &str, purpose: Purpose) -> Option<TokenRefused> {
        UnverifiedToken::read(text, purpose).err()
    }

    #[test]
    fn an_access_token_may_say_its_type_or_not() {
        for typ in ["", r#","typ":"JWT""#, r#","typ":"at+jwt""#, r#","typ":"application/AT+JWT""#] {
            let token = with_header(&format!(r#"{{"alg":"ES256"{typ}}}"#));
            assert_eq!(refusal(&token, Purpose::Access), None, "{typ}");
        }
        let other = with_header(r#"{"alg":"ES256","typ":"logout+jwt"}"#);
        assert_eq!(refusal(&other, Purpose::Access), Some(TokenRefused::TypeNotAccepted));
    }

    #[test]
    fn an_access_token_does_not_sign_anybody_in() {
        let token = with_header(r#"{"alg":"RS256","typ":"at+jwt"}"#);
        assert_eq!(refusal(&token, Purpose::Identity), Some(TokenRefused::TypeNotAccepted));
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        let nested = with_header(&format!(r#"{{"alg":{}"#, "[".repeat(5000)));
        for text in ["", ".", "..", "a.b", "a.b.c.d", "e30.e30.e30", "\u{1F980}..", &nested] {
            assert_eq!(refusal(text, Purpose::Access), Some(TokenRefused::Malformed), "{text}");
        }
        for header in [r#"{"alg":5}"#, r#"{"alg":"RS256","kid":5}"#, r#"{"alg":"RS256","typ":[]}"#, "[]", "null"] {
            assert_eq!(refusal(&with_header(header), Purpose::Access), Some(TokenRefused::Malformed), "{header}");
        }
    }

    #[test]
    fn critical_headers_are_refused_even_when_empty() {
        for crit in [r#"["b64"]"#, "[]", "null"] {
            let token = with_header(&format!(r#"{{"alg":"RS256","crit":{crit}}}"#));
            assert_eq!(refusal(&token, Purpose::Access), Some(TokenRefused::CriticalHeader), "{crit}");
        }
    }

    #[test]
    fn only_two_algorithms_are_accepted_and_their_names_are_exact() {
        for name in ["none", "None", "HS256", "HS512", "RS384", "RS512", "PS256", "ES384", "EdDSA", "rs256", ""] {
            let token = with_header(&format!(r#"{{"alg":"{name}"}}"#));
            assert_eq!(refusal(&token, Purpose::Access), Some(TokenRefused::AlgorithmNotAccepted), "{name}");
        }
    }
}
