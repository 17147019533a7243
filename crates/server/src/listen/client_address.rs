//! Where a request comes from, for limits, for the audit log, and for cookies that are for HTTPS alone.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;
use axum_server::tls::TlsInfo;
use ipnet::IpNet;

use super::forwarded::{Hop, Malformed, forwarded, x_forwarded, x_forwarded_https};

/// The client that a request comes from. An extractor that cannot fail; [`ClientAddress::of`] is for layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// Its address, never an IPv4 address written as IPv6.
    pub ip: IpAddr,
    /// Whether it asked by HTTPS, here or at a trusted proxy.
    pub https: bool,
}

impl ClientAddress {
    /// What [`add_client_address`] found out; where it did not run, as in tests without a connection, this machine.
    pub fn of(extensions: &Extensions) -> Self {
        let this_machine = Self { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), https: false };
        extensions.get().copied().unwrap_or(this_machine)
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// Whose word is taken on where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// The proxies in these networks.
    pub fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// A layer (`axum::middleware::from_fn_with_state`) that gives each request its [`ClientAddress`].
pub async fn add_client_address(State(trusted): State<TrustedProxies>, mut request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let peer =
        extensions.get().map_or(Ipv4Addr::LOCALHOST.into(), |ConnectInfo(peer): &ConnectInfo<SocketAddr>| peer.ip());
    let https = extensions.get::<Arc<TlsInfo>>().is_some();
    let address = client_address(ClientAddress { ip: peer.to_canonical(), https }, request.headers(), &trusted);
    request.extensions_mut().insert(address);
    next.run(request).await
}

/// The peer; or, where it is a trusted proxy, the right-most address that it and the trusted proxies before it name and
/// that is none of theirs. What stands left of that address is the client's own word.
pub(crate) fn client_address(peer: ClientAddress, headers: &HeaderMap, trusted: &TrustedProxies) -> ClientAddress {
    if !trusted.contains(peer.ip) {
        return peer;
    }
    behind_proxy(peer, headers, trusted).unwrap_or(peer)
}

/// The two ways of writing hops are both used, and a proxy that writes one may pass on what the client wrote of the
/// other: where they name different clients neither is believed.
fn behind_proxy(
    peer: ClientAddress,
    headers: &HeaderMap,
    trusted: &TrustedProxies,
) -> Result<ClientAddress, Malformed> {
    let by_x = x_forwarded(headers)?.map(|hops| client_of(&hops, trusted)).transpose()?;
    let by_rfc = forwarded(headers)?.map(|hops| client_of(&hops, trusted)).transpose()?;
    let client = match (by_x, by_rfc) {
        (Some(x), Some(rfc)) if x.client != rfc.client => return Err(Malformed),
        (Some(x), Some(rfc)) => Hop { https: rfc.https, ..x },
        (one, other) => one.or(other).unwrap_or(Hop { client: None, https: None }),
    };
    let https = match (x_forwarded_https(headers)?, client.https) {
        (Some(x), Some(rfc)) if x != rfc => return Err(Malformed),
        (x, rfc) => x.or(rfc),
    };
    Ok(ClientAddress { ip: client.client.unwrap_or(peer.ip), https: https.unwrap_or(peer.https) })
}

/// Where all are trusted a proxy asks for itself: the one that is farthest away.
fn client_of(hops: &[Hop], trusted: &TrustedProxies) -> Result<Hop, Malformed> {
    let mut farthest = Err(Malformed);
    for hop in hops.iter().rev() {
        let address = hop.client.ok_or(Malformed)?;
        farthest = Ok(*hop);
        if !trusted.contains(address) {
            break;
        }
    }
    farthest
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    const STRANGER: &str = "203.0.113.9";
    const PROXY: &str = "10.0.0.1";

    /// Who is found behind this peer with these headers, where 10.0.0.0/8 and ::1 are trusted.
    fn found(peer: &str, headers: &[(&str, &str)]) -> String {
        let trusted = TrustedProxies::new(&["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let peer = ClientAddress { ip: peer.parse().unwrap(), https: false };
        let ClientAddress { ip, https } = client_address(peer, &map, &trusted);
        format!("{ip}{}", if https { " https" } else { "" })
    }

    #[test]
    fn a_stranger_cannot_say_that_it_is_somebody_else() {
        for header in [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1;proto=https")] {
            assert_eq!(found(STRANGER, &[header, ("x-forwarded-proto", "https")]), STRANGER);
        }
    }

    #[test]
    fn a_trusted_proxy_is_believed() {
        let by_x = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https")];
        assert_eq!(found(PROXY, &by_x), "198.51.100.1 https");
        assert_eq!(found("::1", &by_x), "198.51.100.1 https");
        assert_eq!(found(PROXY, &[("forwarded", "for=198.51.100.1;proto=https")]), "198.51.100.1 https");
        assert_eq!(found(PROXY, &[]), PROXY);
    }

    #[test]
    fn what_the_client_itself_wrote_is_left_of_its_address_and_not_looked_at() {
        for spoofed in ["1.1.1.1", "10.0.0.7", "garbage", "", "\"", "for=1.1.1.1"] {
            let one_line = format!("{spoofed}, 198.51.100.1, 10.0.0.2");
            assert_eq!(found(PROXY, &[("x-forwarded-for", &one_line)]), "198.51.100.1", "{spoofed}");
            let two_lines = [("x-forwarded-for", spoofed), ("x-forwarded-for", "198.51.100.1")];
            assert_eq!(found(PROXY, &two_lines), "198.51.100.1", "{spoofed}");
        }
    }

    #[test]
    fn a_client_that_writes_the_header_which_the_proxy_passes_on_is_not_believed() {
        let proxy_writes_x = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=1.1.1.1")];
        assert_eq!(found(PROXY, &proxy_writes_x), PROXY);
        let both_agree = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1;proto=https")];
        assert_eq!(found(PROXY, &both_agree), "198.51.100.1 https");
        let different_words = [("forwarded", "for=198.51.100.1;proto=https"), ("x-forwarded-proto", "http")];
        assert_eq!(found(PROXY, &different_words), PROXY);
    }

    #[test]
    fn what_a_proxy_writes_and_nobody_understands_is_the_proxys_own_address() {
        for odd in ["garbage", "198.51.100.1, garbage", "198.51.100.1,", "", "unknown"] {
            assert_eq!(found(PROXY, &[("x-forwarded-for", odd)]), PROXY, "{odd}");
        }
        for odd in ["for=\"198.51.100.1", "for=198.51.100.1, by=10.0.0.2", "for=_hidden"] {
            assert_eq!(found(PROXY, &[("forwarded", odd)]), PROXY, "{odd}");
        }
        assert_eq!(found(PROXY, &[("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "gopher")]), PROXY);
    }

    #[test]
    fn a_proxy_that_asks_for_itself_is_itself() {
        assert_eq!(found(PROXY, &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")]), "10.0.0.3");
    }

    #[test]
    fn the_nearest_proxy_says_whether_it_was_https() {
        let spoofed = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https, http")];
        assert_eq!(found(PROXY, &spoofed), "198.51.100.1");
    }

    #[test]
    fn without_a_connection_it_is_this_machine() {
        assert_eq!(ClientAddress::of(&Extensions::new()).ip, IpAddr::from([127, 0, 0, 1]));
    }
}
