//! What the provider says about itself (<https://openid.net/specs/openid-connect-discovery-1_0.html>).

use serde::Deserialize;
use url::Url;

use crate::FetchError;
use crate::address::is_private_for;

/// The discovery document, as far as it is used.
#[derive(Debug, Deserialize)]
pub(crate) struct Discovery {
    pub(crate) issuer: String,
    pub(crate) jwks_uri: Url,
    authorization_endpoint: Option<Url>,
    token_endpoint: Option<Url>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

/// Where the document of `issuer` lies: behind its path, whether that ends in a slash or not.
pub(crate) fn address_for(issuer: &Url) -> Url {
    let mut address = issuer.clone();
    address.set_path(&format!("{}/.well-known/openid-configuration", issuer.path().trim_end_matches('/')));
    address
}

impl Discovery {
    /// Refuses the document of another issuer, and endpoints that would be spoken to in the open.
    pub(crate) fn check(self, configured: &Url) -> Result<Self, FetchError> {
        if !is_issuer(configured, &self.issuer) {
            return Err(FetchError::IssuerDiffers { configured: configured.clone(), published: self.issuer });
        }
        let endpoints = [
            ("jwks_uri", Some(&self.jwks_uri)),
            ("authorization_endpoint", self.authorization_endpoint.as_ref()),
            ("token_endpoint", self.token_endpoint.as_ref()),
        ];
        for (name, url) in endpoints {
            if let Some(url) = url.filter(|url| !is_private_for(configured, url)) {
                return Err(FetchError::EndpointNotPrivate { name, url: url.clone() });
            }
        }
        Ok(self)
    }

    pub(crate) fn authorization_endpoint(&self) -> Result<&Url, FetchError> {
        self.authorization_endpoint.as_ref().ok_or(FetchError::NoEndpoint { name: "authorization_endpoint" })
    }

    pub(crate) fn token_endpoint(&self) -> Result<&Url, FetchError> {
        self.token_endpoint.as_ref().ok_or(FetchError::NoEndpoint { name: "token_endpoint" })
    }

    /// Silence is not a no: many providers do PKCE without saying so.
    pub(crate) fn refuses_pkce(&self) -> bool {
        self.code_challenge_methods_supported.as_ref().is_some_and(|methods| !methods.iter().any(|name| name == "S256"))
    }

    /// Whether our secret goes into the body. The header is the default, also where neither is offered.
    pub(crate) fn wants_secret_in_body(&self) -> bool {
        let offers = |wanted: &str| {
            let methods = self.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
            methods.iter().any(|name| name == wanted)
        };
        offers("client_secret_post") && !offers("client_secret_basic")
    }
}

/// Exact, but for one thing that an address cannot hold: whether `https://id.example` was written with a slash.
fn is_issuer(configured: &Url, published: &str) -> bool {
    let written = configured.as_str();
    published == written || (configured.path() == "/" && written.strip_suffix('/') == Some(published))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn published(document: Value) -> Discovery {
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn the_document_lies_behind_the_issuers_path() {
        for (issuer, address) in [
            ("https://id.example", "https://id.example/.well-known/openid-configuration"),
            ("https://id.example/realms/x", "https://id.example/realms/x/.well-known/openid-configuration"),
            ("https://id.example/o/app/", "https://id.example/o/app/.well-known/openid-configuration"),
        ] {
            assert_eq!(address_for(&url(issuer)).as_str(), address);
        }
    }

    #[test]
    fn the_issuer_is_equal_to_the_letter() {
        assert!(is_issuer(&url("https://id.example"), "https://id.example"));
        assert!(is_issuer(&url("https://id.example"), "https://id.example/"));
        assert!(is_issuer(&url("https://id.example/a/"), "https://id.example/a/"));
        assert!(!is_issuer(&url("https://id.example/a/"), "https://id.example/a"));
        assert!(!is_issuer(&url("https://id.example/a"), "https://id.example/a/"));
        assert!(!is_issuer(&url("https://id.example"), "https://id.example.evil.example"));
        assert!(!is_issuer(&url("https://id.example"), "http://id.example"));
    }

    #[test]
    fn endpoints_in_the_open_are_refused_by_name() {
        for name in ["jwks_uri", "authorization_endpoint", "token_endpoint"] {
            let mut document = json!({"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"});
            document[name] = json!("http://id.example/open");
            let refused = published(document).check(&url("https://id.example")).unwrap_err().to_string();
            assert_eq!(refused, format!("the provider's {name} http://id.example/open must be an https address"));
        }
    }

    #[test]
    fn the_secret_goes_where_the_provider_wants_it() {
        let wants = |methods: Value| {
            let document =
                json!({"issuer": "x", "jwks_uri": "https://x/", "token_endpoint_auth_methods_supported": methods});
            published(document).wants_secret_in_body()
        };
        assert!(wants(json!(["client_secret_post"])));
        assert!(!wants(json!(["client_secret_post", "client_secret_basic"])));
        assert!(!wants(json!(["none"])));
        assert!(!wants(json!(null)));
    }
}
