//! One file for each target.

mod amount;
mod api_key;
mod bearer;
mod costs;
mod cursor;
mod fold;
mod forwarded;
mod grant;
mod manifest;
mod ownership;
mod principal;
mod pseudonym;
mod tags;
mod usage;

use std::borrow::Cow;

/// Something that reads bytes from outside.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder in `corpora/`.
    pub name: &'static str,
    /// Panics where something does not hold that must hold for any bytes.
    pub check: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 14] = [
    Target { name: "amount", check: amount::check },
    Target { name: "api_key", check: api_key::check },
    Target { name: "bearer", check: bearer::check },
    Target { name: "costs", check: costs::check },
    Target { name: "cursor", check: cursor::check },
    Target { name: "fold", check: fold::check },
    Target { name: "forwarded", check: forwarded::check },
    Target { name: "grant", check: grant::check },
    Target { name: "manifest", check: manifest::check },
    Target { name: "ownership", check: ownership::check },
    Target { name: "principal", check: principal::check },
    Target { name: "pseudonym", check: pseudonym::check },
    Target { name: "tags", check: tags::check },
    Target { name: "usage", check: usage::check },
];

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }
}

/// Bytes as text. Whoever reads text has refused other bytes before; replacing them wastes none of the fuzzer's work.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The first lines of a text, one for each part of what a target reads; what follows the last stays with it.
fn lines<const COUNT: usize>(text: &str) -> [Option<&str>; COUNT] {
    let mut lines = text.splitn(COUNT, '\n');
    std::array::from_fn(|_| lines.next())
}
