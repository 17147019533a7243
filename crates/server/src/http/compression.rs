//! Codings of bodies: gzip, br and zstd, as `Accept-Encoding` asks for them.
//!
//! A strong entity tag is of one representation alone (RFC 9110, section 8.8.3.3), and a coded body is another one than the
//! same body as it is: its tag ends with the coding, `"v12-…-gzip"`. Inside nobody knows of that: what a condition names is
//! taken apart here, and what comes back is put together again.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower::ServiceBuilder;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

use super::format::{Format, thousandths};

/// What is smaller fits into one packet as it is.
const SMALLEST_CODED_BYTES: u64 = 1024;
const CODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// Codes what all routes answer; what is compressed already, or must arrive at once, stays as it is.
pub(super) fn around(router: Router) -> Router {
    let worthwhile = SizeAbove::new(SMALLEST_CODED_BYTES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new(Format::PARQUET));
    let coding = CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worthwhile);
    router.layer(ServiceBuilder::new().layer(from_fn(tag)).layer(coding))
}

async fn tag(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if !takes_anything(headers) {
        // Nothing that there is would do: the body as it is is what most can read.
        headers.remove(header::ACCEPT_ENCODING);
    }
    let named = Named::take_from(headers);
    let mut response = next.run(request).await;
    let is_unchanged = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    if is_unchanged {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    let coding = match headers.get(header::CONTENT_ENCODING) {
        Some(coding) => CODINGS.into_iter().find(|known| coding == known),
        None if is_unchanged => headers.get(header::ETAG).and_then(|tag| named.coding_of(tag)),
        None => None,
    };
    let coded = coding.zip(headers.get(header::ETAG)).and_then(|(coding, tag)| with_coding(tag, coding));
    if let Some(tag) = coded {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The tags of coded representations that a condition names, and that its asker can still read.
#[derive(Default)]
struct Named(Vec<(String, &'static str)>);

impl Named {
    /// Leaves in `If-None-Match` what is known inside.
    fn take_from(headers: &mut HeaderMap) -> Self {
        let conditions: Vec<&str> =
            headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).collect();
        if conditions.is_empty() {
            return Self::default();
        }
        let mut named = Self::default();
        let mut plain: Vec<String> = Vec::new();
        for tag in conditions.iter().flat_map(|condition| condition.split(',')).map(str::trim) {
            match without_coding(tag) {
                None => plain.push(tag.to_owned()),
                Some((tag, coding)) if weight(headers, coding).unwrap_or(0) > 0 => {
                    plain.push(tag.clone());
                    named.0.push((tag, coding));
                }
                // Who cannot read that coding any more has nothing that could be unchanged.
                Some(_) => {}
            }
        }
        headers.remove(header::IF_NONE_MATCH);
        // It was in a header before.
        if let Some(value) = HeaderValue::from_str(&plain.join(", ")).ok().filter(|value| !value.is_empty()) {
            headers.insert(header::IF_NONE_MATCH, value);
        }
        named
    }

    fn coding_of(&self, tag: &HeaderValue) -> Option<&'static str> {
        let strong = |named: &str| tag.as_bytes() == named.strip_prefix("W/").unwrap_or(named).as_bytes();
        self.0.iter().find(|(named, _)| strong(named)).map(|(_, coding)| *coding)
    }
}

fn without_coding(tag: &str) -> Option<(String, &'static str)> {
    let opaque = tag.strip_suffix('"')?;
    CODINGS.into_iter().find_map(|coding| {
        let rest = opaque.strip_suffix(coding)?.strip_suffix('-')?;
        Some((format!("{rest}\""), coding))
    })
}

fn with_coding(tag: &HeaderValue, coding: &str) -> Option<HeaderValue> {
    let opaque = tag.to_str().ok()?.strip_suffix('"')?;
    HeaderValue::from_str(&format!("{opaque}-{coding}\"")).ok()
}

/// How dear a coding is to whoever asks, in thousandths; `None` where nothing is said of it.
fn weight(headers: &HeaderMap, coding: &str) -> Option<u16> {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let members: Vec<(&str, u16)> = values.flat_map(|value| value.split(',')).map(member).collect();
    let of = |name: &str| members.iter().find(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight);
    of(coding).or_else(|| of("*"))
}

fn member(text: &str) -> (&str, u16) {
    let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
    let weight = parameters.split_once('=').map_or(1000, |(_, weight)| thousandths(weight.trim()));
    (name.trim(), weight)
}

fn takes_anything(headers: &HeaderMap) -> bool {
    weight(headers, "identity").unwrap_or(1000) > 0
        || CODINGS.iter().any(|coding| weight(headers, coding).unwrap_or(0) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accept_encoding: &'static str, if_none_match: &'static str) -> HeaderMap {
        HeaderMap::from_iter([
            (header::ACCEPT_ENCODING, HeaderValue::from_static(accept_encoding)),
            (header::IF_NONE_MATCH, HeaderValue::from_static(if_none_match)),
        ])
    }

    #[test]
    fn a_tag_of_a_coding_is_known_inside_without_it() {
        let mut asked = headers("gzip, br;q=0", r#""a-gzip", W/"b", "c-br", "d""#);
        let named = Named::take_from(&mut asked);
        assert_eq!(asked[header::IF_NONE_MATCH], r#""a", W/"b", "d""#);
        assert_eq!(named.coding_of(&HeaderValue::from_static("\"a\"")), Some("gzip"));
        assert_eq!(named.coding_of(&HeaderValue::from_static("\"d\"")), None);
        let mut asked = headers("identity", r#""a-gzip""#);
        Named::take_from(&mut asked);
        assert!(!asked.contains_key(header::IF_NONE_MATCH), "nothing is left of the condition");
    }

    #[test]
    fn what_nothing_would_satisfy_is_found_out() {
        for (accepted, takes) in [
            ("", true),
            ("gzip", true),
            ("deflate", true),
            ("identity;q=0, zstd", true),
            ("*;q=0", false),
            ("identity;q=0", false),
            ("*;q=0, identity", true),
            ("identity;q=0, *", true),
        ] {
            assert_eq!(takes_anything(&headers(accepted, "*")), takes, "{accepted}");
        }
    }
}
