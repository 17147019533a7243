//! Which addresses may be spoken to.

use url::{Host, Url};

/// Whether `url` names this machine. Names other than `localhost` may resolve to anywhere.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// https, or http that does not leave this machine.
pub(crate) fn is_private(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether `endpoint` may be used for `issuer`: only a provider on this machine may send us to http.
pub(crate) fn is_private_for(issuer: &Url, endpoint: &Url) -> bool {
    is_private(endpoint) && (endpoint.scheme() == "https" || is_loopback(issuer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for private in ["https://id.example", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:3/x"] {
            assert!(is_private(&url(private)), "{private}");
        }
        for open in ["http://id.example", "http://localhost.id.example", "http://10.0.0.1", "ftp://localhost", "data:x"]
        {
            assert!(!is_private(&url(open)), "{open}");
        }
    }

    #[test]
    fn a_provider_elsewhere_cannot_send_us_to_http_on_this_machine() {
        let elsewhere = url("https://id.example");
        assert!(!is_private_for(&elsewhere, &url("http://localhost:8080/keys")));
        assert!(is_private_for(&elsewhere, &url("https://keys.id.example/")));
        assert!(is_private_for(&url("http://localhost:1"), &url("http://127.0.0.1:1/keys")));
        assert!(!is_private_for(&url("http://localhost:1"), &url("http://id.example/keys")));
    }
}
