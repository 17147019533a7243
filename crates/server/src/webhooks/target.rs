use url::{Host, Url};

use super::address::is_public;

/// What is accepted where `[webhooks] allow_http_and_private` is not set, as a regular expression.
pub(crate) const PATTERN: &str = "^https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~%/?&=:@+,;!$'()*-]*)?$";
const LONGEST: usize = 2048;

/// Where a webhook is sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target(Url);

/// A text that no message is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error(
        "a webhook has an https address with the name of a host in small letters, such as https://example.com/hooks/chargeback, of \
         at most {LONGEST} bytes, with a port up to 9999 or none, without a user and without a fragment"
    )]
    NotPublic,
    #[error("a webhook has an http or https address of at most {LONGEST} bytes, without a user and without a fragment")]
    NotHttp,
}

impl Target {
    /// Reads an address. Only where `allow_http_and_private` is set it may be without TLS, or an IP address.
    pub(crate) fn parse(text: &str, allow_http_and_private: bool) -> Result<Self, TargetError> {
        let error = if allow_http_and_private { TargetError::NotHttp } else { TargetError::NotPublic };
        let url = Url::parse(text).map_err(|_| error)?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        let is_http = matches!(url.scheme(), "http" | "https") && url.host().is_some();
        if !is_http || has_user || url.fragment().is_some() || text.len() > LONGEST {
            return Err(error);
        }
        if allow_http_and_private || is_as_documented(text) { Ok(Self(url)) } else { Err(error) }
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// Whether it is an address, rather than the name of a host, that not everybody can reach.
    pub(super) fn is_private_address(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => !is_public(address.into()),
            Some(Host::Ipv6(address)) => !is_public(address.into()),
            Some(Host::Domain(_)) | None => false,
        }
    }

    /// Scheme, host and port: the path may hold a secret.
    pub(crate) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    pub(crate) fn text(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether [`PATTERN`] matches.
fn is_as_documented(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let Some((names, last)) = host.rsplit_once('.') else { return false };
    let is_last = (2..=63).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_lowercase());
    names.split('.').all(is_label)
        && is_last
        && port.is_none_or(is_port)
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~%/?&=:@+,;!$'()*-".contains(&byte))
}

fn is_label(label: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| is_plain(byte) || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_port(port: &str) -> bool {
    (1..=4).contains(&port.len()) && !port.starts_with('0') && port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_is_what_is_documented() {
        let pattern = regex::Regex::new(PATTERN).expect("a pattern");
        for text in
            ["https://example.com", "https://hooks.example-1.com:8443/a/b?token=x%20y", "https://a.b.c.example.museum/"]
        {
            assert!(Target::parse(text, false).is_ok() && pattern.is_match(text), "{text}");
        }
        for text in [
            "http://example.com",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://example.com:0/",
            "https://example.com:65536/",
            "https://EXAMPLE.com/",
            "https://user@example.com/",
            "https://example.com/#fragment",
            "https://example.com?query",
            "https://-a.com",
            "https://a..com",
            "https://example.com/\u{e9}",
            "https://example.com /",
            "ftp://example.com/",
            "file:///etc/passwd",
            "",
        ] {
            assert!(Target::parse(text, false).is_err() && !pattern.is_match(text), "{text}");
        }
    }

    #[test]
    fn where_it_is_allowed_a_receiver_may_be_anywhere_but_not_anything() {
        for text in ["http://127.0.0.1:3000/hook", "http://localhost", "https://[::1]/"] {
            assert!(Target::parse(text, true).is_ok(), "{text}");
        }
        for text in ["file:///etc/passwd", "http://user:word@localhost/", "http://localhost/#x", "localhost", "http://"]
        {
            assert_eq!(Target::parse(text, true), Err(TargetError::NotHttp), "{text}");
        }
        assert!(Target::parse("http://169.254.169.254/", true).expect("a target").is_private_address());
    }

    #[test]
    fn what_stands_in_the_audit_log_has_no_secret() {
        let target = Target::parse("https://hooks.example.com/services/T0/B0/secret", false).expect("a target");
        assert_eq!(target.origin(), "https://hooks.example.com");
    }
}
