//! What proxies write of a request: `X-Forwarded-For`, `X-Forwarded-Proto`, and `Forwarded` of
//! [RFC 7239](https://www.rfc-editor.org/rfc/rfc7239). Each proxy adds itself on the right.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A header that is not understood: nothing in it is believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// One proxy's word on who asked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    /// Nothing where it does not say, or hides it.
    pub(super) client: Option<IpAddr>,
    /// Whether the proxy was asked by HTTPS, where it says.
    pub(super) https: Option<bool>,
}

/// `X-Forwarded-For`, from left to right; nothing where it is not there. An element that is no address stays one that
/// does not say, because what stands left of the client's own may be anything.
pub(super) fn x_forwarded(headers: &HeaderMap) -> Result<Option<Vec<Hop>>, Malformed> {
    let Some(elements) = joined(headers, &FORWARDED_FOR)? else { return Ok(None) };
    let hops = elements.split(',').map(|element| Hop { client: address(element.trim()), https: None });
    Ok(Some(hops.collect()))
}

/// Whether `X-Forwarded-Proto` says HTTPS; the proxy that is nearest to us is believed.
pub(super) fn x_forwarded_https(headers: &HeaderMap) -> Result<Option<bool>, Malformed> {
    let Some(elements) = joined(headers, &FORWARDED_PROTO)? else { return Ok(None) };
    elements.rsplit(',').next().map(|nearest| is_https(nearest.trim())).transpose()
}

/// `Forwarded`, from left to right; nothing where it is not there.
pub(super) fn forwarded(headers: &HeaderMap) -> Result<Option<Vec<Hop>>, Malformed> {
    let Some(elements) = joined(headers, &header::FORWARDED)? else { return Ok(None) };
    split_unquoted(&elements, ',')?.into_iter().map(hop).collect::<Result<_, _>>().map(Some)
}

/// A header that is written several times is one list.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Malformed> {
    let values = headers.get_all(name).iter().map(|value| value.to_str().map_err(|_| Malformed));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    Ok((!values.is_empty()).then(|| values.join(",")))
}

fn hop(element: &str) -> Result<Hop, Malformed> {
    let mut hop = Hop { client: None, https: None };
    for pair in split_unquoted(element, ';')? {
        let Some((name, value)) = pair.split_once('=') else {
            if pair.trim().is_empty() {
                continue;
            }
            return Err(Malformed);
        };
        let value = unquoted(value.trim())?;
        match name.trim().to_ascii_lowercase().as_str() {
            "for" if hop.client.is_none() => hop.client = address(&value),
            "proto" if hop.https.is_none() => hop.https = Some(is_https(&value)?),
            "for" | "proto" => return Err(Malformed),
            _ => {}
        }
    }
    Ok(hop)
}

fn split_unquoted(text: &str, separator: char) -> Result<Vec<&str>, Malformed> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                parts.push(&text[begin..index]);
                begin = index + separator.len_utf8();
            }
            _ => {}
        }
    }
    if quoted {
        return Err(Malformed);
    }
    parts.push(&text[begin..]);
    Ok(parts)
}

fn unquoted(value: &str) -> Result<String, Malformed> {
    let Some(rest) = value.strip_prefix('"') else {
        return if value.contains('"') { Err(Malformed) } else { Ok(value.to_owned()) };
    };
    let inner = rest.strip_suffix('"').ok_or(Malformed)?;
    let mut escaped = false;
    let plain = inner.chars().filter(|character| {
        escaped = !escaped && *character == '\\';
        !escaped
    });
    Ok(plain.collect())
}

fn is_https(word: &str) -> Result<bool, Malformed> {
    if word.eq_ignore_ascii_case("https") {
        Ok(true)
    } else if word.eq_ignore_ascii_case("http") {
        Ok(false)
    } else {
        Err(Malformed)
    }
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6);
    plain.or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: &'static str) -> Option<Vec<String>> {
        let headers = HeaderMap::from_iter([(header::FORWARDED, value.parse().unwrap())]);
        let hops = forwarded(&headers).ok()?.expect("it is there");
        let word = |hop: Hop| {
            let client = hop.client.map_or_else(|| "?".to_owned(), |client| client.to_string());
            match hop.https {
                Some(https) => format!("{client} {}", if https { "https" } else { "http" }),
                None => client,
            }
        };
        Some(hops.into_iter().map(word).collect())
    }

    #[test]
    fn forwarded_is_read_as_the_rfc_writes_it() {
        assert_eq!(said("for=192.0.2.43, for=198.51.100.17").unwrap(), ["192.0.2.43", "198.51.100.17"]);
        assert_eq!(said("For=\"[2001:db8:cafe::17]:4711\"").unwrap(), ["2001:db8:cafe::17"]);
        assert_eq!(said("for=192.0.2.60;proto=http;by=203.0.113.43").unwrap(), ["192.0.2.60 http"]);
        assert_eq!(said("for=unknown;proto=HTTPS, for=_hidden").unwrap(), ["? https", "?"]);
        assert_eq!(said("for=\"192.0.2.1\";host=\"a,b;for=1.1.1.1\"").unwrap(), ["192.0.2.1"]);
        assert_eq!(said("for=\"192.0.2.\\1\"").unwrap(), ["192.0.2.1"]);
    }

    #[test]
    fn what_is_not_well_formed_is_not_half_believed() {
        for odd in ["for=\"192.0.2.1", "for", "for=1\"2", "for=192.0.2.1;for=192.0.2.2", "proto=ftp", "for=\"1\"2"] {
            assert_eq!(said(odd), None, "{odd}");
        }
    }

    #[test]
    fn addresses_are_read_with_and_without_a_port() {
        for text in ["192.0.2.1", "192.0.2.1:80", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:80"] {
            assert_eq!(address(text), Some(IpAddr::from([192, 0, 2, 1])), "{text}");
        }
        for text in
            ["", "192.0.2", "192.0.2.1:", "[192.0.2.1]", "2001:db8::1]", "localhost", "192.0.2.1 ", "0xc0.0.2.1"]
        {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
