//! What proxies write of a request: a stranger is never believed, and what a client itself wrote never names anybody.
//!
//! Lines are headers, `name: value`.

use std::net::IpAddr;

use server::fuzzing::client_of;

use super::text;

/// Proxies in 10.0.0.0/8 are trusted.
const PROXY: &str = "10.0.0.1";
const STRANGER: &str = "203.0.113.9";

pub(super) fn check(bytes: &[u8]) {
    let text = text(bytes);
    let headers: Vec<(&str, &str)> = text.lines().take(20).filter_map(|line| line.split_once(": ")).collect();
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    let trusts = |peer: IpAddr| matches!(peer, IpAddr::V4(peer) if peer.octets()[0] == 10);
    assert_eq!(client_of(address(STRANGER), &headers), (address(STRANGER), false));
    let found = client_of(address(PROXY), &headers);
    assert_eq!(client_of(address(PROXY), &headers), found);
    assert_eq!(found.0.to_canonical(), found.0, "an IPv4 address is never written as IPv6");
    if trusts(found.0) {
        return;
    }
    // A client writes its own header before any proxy adds to it.
    for spoofed in [("x-forwarded-for", "198.51.100.77"), ("forwarded", "for=198.51.100.77;proto=https")] {
        let name = spoofed.0;
        if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
            continue;
        }
        let with_spoofed: Vec<(&str, &str)> = [spoofed].into_iter().chain(headers.iter().copied()).collect();
        let client = client_of(address(PROXY), &with_spoofed).0;
        assert!(client == found.0 || client == address(PROXY), "{client} is neither {} nor the proxy", found.0);
    }
}
