use axum::http::HeaderValue;
use serde::Deserialize;
use url::Url;

/// The origin of a page, as a browser names it: `https://dashboards.example.com`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PageOrigin(HeaderValue);

/// A text that is no origin of a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the origin of a page; write the scheme, the host and a port that is not the usual one, such as \
     https://dashboards.example.com"
)]
pub struct PageOriginError(String);

impl PageOrigin {
    /// As the header `Origin` has it.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl TryFrom<String> for PageOrigin {
    type Error = PageOriginError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // A host may have a `*` in it as far as URLs go, but browsers compare origins letter by letter.
        let origin =
            Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && !text.contains('*'));
        let written = origin.map(|url| url.origin().ascii_serialization()).filter(|written| *written == text);
        let header = written.and_then(|written| HeaderValue::from_str(&written).ok());
        header.map(Self).ok_or(PageOriginError(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for text in ["https://dashboards.example.com", "http://localhost:3000", "https://[::1]:8443"] {
            assert_eq!(
                PageOrigin::try_from(text.to_owned()).map(|origin| origin.header()),
                Ok(text.parse().expect("a header"))
            );
        }
        for text in [
            "*",
            "null",
            "dashboards.example.com",
            "https://dashboards.example.com/",
            "https://Dashboards.example.com",
            "https://dashboards.example.com:443",
            "https://*.example.com",
            "ftp://example.com",
            "file:///",
            "",
        ] {
            assert_eq!(PageOrigin::try_from(text.to_owned()), Err(PageOriginError(text.to_owned())), "{text}");
        }
    }
}
