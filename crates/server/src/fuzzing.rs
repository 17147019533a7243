//! A narrow door for the crate `fuzz`, and for nothing else: what reads bytes of a request, without a service around it.

use std::net::IpAddr;

use access::Extent;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use store::snapshot::Scope;

use crate::http::access::bearer;
use crate::http::cursor::{Cursor, CursorQuestion};
use crate::http::grammar::{AskedScope, CostsQuery, Echo};
use crate::listen::client_address::{ClientAddress, TrustedProxies, client_address};

/// What a query string of `/v1/costs` is read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CostsRead {
    /// It is understood.
    Question {
        /// The whole question, in the words of Rust.
        question: String,
        /// The question written back as a query string.
        echo: String,
    },
    /// It is not: each fault as it is answered.
    Faults(Vec<serde_json::Value>),
}

/// Reads a query string of `/v1/costs`. Where it names no period, the latest one is October 2026.
pub fn read_costs(query: &str) -> CostsRead {
    let asked = match CostsQuery::parse(Some(query)) {
        Ok(asked) => asked,
        Err(faults) => {
            let json = |fault| serde_json::to_value(fault).unwrap_or_default();
            return CostsRead::Faults(faults.into_vec().into_iter().map(json).collect());
        }
    };
    let scope = match asked.scope.clone() {
        AskedScope::LatestPeriod => Scope::Periods("2026-10".parse().into_iter().collect()),
        AskedScope::Periods(periods) => Scope::Periods(periods),
        AskedScope::UsageDates { start, end } => Scope::UsageDates { start, end },
    };
    let reveal = asked.reveal;
    let question = asked.about(scope);
    let echo = Echo::of(&question).revealing(reveal).query_string();
    CostsRead::Question { question: format!("{question:?} {reveal}"), echo }
}

/// The cursor of a route at a position, for those who may see everything.
pub fn cursor_at(position: u128, route: &str) -> String {
    Cursor { position }.write(CursorQuestion::new(route, &[], &Extent::Everything))
}

/// Where a text says to go on, if it is such a cursor.
pub fn position_of(text: &str, route: &str) -> Option<u128> {
    let cursor = Cursor::read(text, CursorQuestion::new(route, &[], &Extent::Everything));
    cursor.ok().map(|cursor| cursor.position)
}

/// Who asks and whether by HTTPS, where `peer` is connected, sends these headers, and 10.0.0.0/8 is trusted. Headers that
/// HTTP does not allow are not sent.
pub fn client_of(peer: IpAddr, headers: &[(&str, &str)]) -> (IpAddr, bool) {
    let sent = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    let mut map = HeaderMap::new();
    for (name, value) in sent {
        map.append(name, value);
    }
    let tens: Vec<IpNet> = "10.0.0.0/8".parse().into_iter().collect();
    let peer = ClientAddress { ip: peer, https: false };
    let ClientAddress { ip, https } = client_address(peer, &map, &TrustedProxies::new(&tens));
    (ip, https)
}

/// The token of an `Authorization` header.
pub fn bearer_of(value: &[u8]) -> Option<String> {
    let value = HeaderValue::from_bytes(value).ok()?;
    bearer(&value).map(str::to_owned)
}
