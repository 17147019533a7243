use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::Extent;

/// What a read may look at: which lines, and whether persons are named. Every read of costs takes one; the store puts it
/// into the query itself, so that no route, format or total can forget it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sight {
    /// Which lines exist for the reader.
    pub extent: Extent,
    /// How persons appear.
    pub persons: Persons,
}

/// How sessions, user names and e-mail addresses appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Persons {
    /// As billed.
    Named,
    /// As keyed pseudonyms ([`crate::pseudonym`]).
    Pseudonymous,
}

impl Sight {
    /// The whole bill, persons named: for the service itself, which shows none of it.
    pub fn of_everything() -> Self {
        Self { extent: Extent::Everything, persons: Persons::Named }
    }

    /// Whether the whole bill can be seen.
    pub fn is_whole(&self) -> bool {
        self.extent == Extent::Everything
    }

    /// The same for the same sight and different for any other: what answers and caches are kept apart by.
    pub fn digest(&self) -> String {
        // Debug output of these types is exact and ordered: every text in it is escaped, and sets are sorted.
        let digest = Sha256::digest(format!("{self:?}").as_bytes());
        HEXLOWER.encode(&digest[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sights_that_differ_in_anything_have_different_digests() {
        let sights = [
            Sight::of_everything(),
            Sight { persons: Persons::Pseudonymous, ..Sight::of_everything() },
            Sight { extent: Extent::of_team("a"), persons: Persons::Named },
            Sight { extent: Extent::of_team("b"), persons: Persons::Named },
            Sight { extent: Extent::nothing(), persons: Persons::Named },
        ];
        let digests: std::collections::BTreeSet<String> = sights.iter().map(Sight::digest).collect();
        assert_eq!(digests.len(), sights.len());
    }
}
