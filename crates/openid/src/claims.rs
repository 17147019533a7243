//! What a verified token says, and whether it says it about us and now.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::TokenRefused;

/// Who somebody is, as the provider says.
#[derive(Clone, PartialEq)]
pub struct Claims {
    /// The provider, exactly as it writes itself.
    pub issuer: String,
    /// Who it is: unique at this issuer, and never given to anybody else.
    pub subject: String,
    /// When the token ends. (Accepted a little longer, by the clock skew.)
    pub expires_at: DateTime<Utc>,
    /// A name to show: the e-mail address unless the provider says that it is not verified, else the preferred user
    /// name, else the name. Nothing to decide by: only `issuer` with `subject` says who it is.
    pub name: Option<String>,
    /// Everything that the token says.
    pub all: Map<String, Value>,
}

/// Names and addresses stay out of logs.
impl fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Claims");
        shown.field("issuer", &self.issuer).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What a token must say to be for us.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audiences: &'a [String],
    pub(crate) clock_skew: Duration,
    pub(crate) now: DateTime<Utc>,
}

impl Expected<'_> {
    pub(crate) fn accept(&self, all: Map<String, Value>) -> Result<Claims, TokenRefused> {
        if all.get("iss").and_then(Value::as_str) != Some(self.issuer) {
            return Err(TokenRefused::WrongIssuer);
        }
        if !audiences(&all)?.iter().any(|named| self.audiences.iter().any(|ours| ours == named)) {
            return Err(TokenRefused::WrongAudience);
        }
        let subject = match all.get("sub") {
            Some(Value::String(subject)) if !subject.is_empty() => subject.clone(),
            None | Some(Value::String(_)) => return Err(TokenRefused::NoSubject),
            Some(_) => return Err(TokenRefused::Malformed),
        };
        let expires_at = self.check_times(&all)?;
        Ok(Claims { issuer: self.issuer.to_owned(), subject, expires_at, name: name(&all), all })
    }

    /// Compares with moved copies of `now`, because a date in a token may be too far away to be moved itself.
    fn check_times(&self, all: &Map<String, Value>) -> Result<DateTime<Utc>, TokenRefused> {
        let expires_at = date(all, "exp")?.ok_or(TokenRefused::NoExpiry)?;
        if expires_at <= self.now - self.clock_skew {
            return Err(TokenRefused::Expired);
        }
        let latest = self.now + self.clock_skew;
        if date(all, "nbf")?.is_some_and(|not_before| not_before > latest) {
            return Err(TokenRefused::NotYetValid);
        }
        if date(all, "iat")?.is_some_and(|issued_at| issued_at > latest) {
            return Err(TokenRefused::IssuedInFuture);
        }
        Ok(expires_at)
    }
}

/// `aud` is one name or a list of names (<https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3>).
pub(crate) fn audiences(all: &Map<String, Value>) -> Result<Vec<&str>, TokenRefused> {
    match all.get("aud") {
        None => Ok(Vec::new()),
        Some(Value::String(name)) => Ok(vec![name]),
        Some(Value::Array(names)) => names.iter().map(|name| name.as_str().ok_or(TokenRefused::Malformed)).collect(),
        Some(_) => Err(TokenRefused::Malformed),
    }
}

/// Seconds since 1970, with or without a fraction (<https://www.rfc-editor.org/rfc/rfc7519#section-2>).
fn date(all: &Map<String, Value>, name: &str) -> Result<Option<DateTime<Utc>>, TokenRefused> {
    let Some(value) = all.get(name) else { return Ok(None) };
    // The cast cuts the fraction off, and what is too large for it is too large for a date.
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
    let date = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    date.map(Some).ok_or(TokenRefused::Malformed)
}

fn name(all: &Map<String, Value>) -> Option<String> {
    // Where anybody can type in an address, it must not show up as if it were theirs.
    let is_unverified = all.get("email_verified").is_some_and(|verified| verified != true && verified != "true");
    let candidates = [(!is_unverified).then_some("email"), Some("preferred_username"), Some("name")];
    let mut names = candidates.into_iter().flatten().filter_map(|claim| all.get(claim)?.as_str());
    names.find(|name| !name.trim().is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_name_to_show_is_the_best_that_there_is() {
        let everything = json!({"email": "ada@id.example", "preferred_username": "ada", "name": "Ada Lovelace"});
        assert_eq!(name(&map(everything)).as_deref(), Some("ada@id.example"));
        assert_eq!(name(&map(json!({"email": "", "preferred_username": "ada"}))).as_deref(), Some("ada"));
        assert_eq!(name(&map(json!({"name": "Ada Lovelace"}))).as_deref(), Some("Ada Lovelace"));
        assert_eq!(name(&map(json!({"name": 5}))), None);
    }

    #[test]
    fn an_address_that_nobody_has_verified_is_not_shown() {
        for verified in [json!(false), json!("false"), json!(null)] {
            let claims = json!({"email": "chief@id.example", "email_verified": verified, "preferred_username": "ada"});
            assert_eq!(name(&map(claims)).as_deref(), Some("ada"));
        }
        let claims = json!({"email": "ada@id.example", "email_verified": true});
        assert_eq!(name(&map(claims)).as_deref(), Some("ada@id.example"));
    }

    #[test]
    fn dates_may_have_fractions_and_must_be_dates() {
        let at = |value: Value| date(&map(json!({ "exp": value })), "exp").map(|date| date.map(|d| d.timestamp()));
        assert_eq!(at(json!(1_700_000_000)), Ok(Some(1_700_000_000)));
        assert_eq!(at(json!(1_700_000_000.9)), Ok(Some(1_700_000_000)));
        for no_date in [json!("1700000000"), json!(1e300), json!(u64::MAX), json!(i64::MIN), json!(null), json!([])] {
            assert_eq!(at(no_date.clone()), Err(TokenRefused::Malformed), "{no_date}");
        }
    }

    #[test]
    fn debug_output_names_nobody() {
        let all = map(json!({"email": "ada@id.example"}));
        let (issuer, subject) = ("https://id.example".to_owned(), "ada-lovelace".to_owned());
        let claims = Claims { issuer, subject, expires_at: DateTime::UNIX_EPOCH, name: name(&all), all };
        let shown = format!("{claims:?}");
        assert!(!shown.contains("ada") && shown.contains("id.example"), "{shown}");
    }
}
