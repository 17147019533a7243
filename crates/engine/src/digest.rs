//! Digests that say whether two things are the same.

use sha2::{Digest, Sha256};

/// SHA-256 of the parts, in hex. Each part counts with its length, so that none runs into the next.
pub(crate) fn hex(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // A lone part is digested as it is: anyone can repeat that with a tool of theirs.
        if parts.len() > 1 {
            hash.update((part.len() as u64).to_le_bytes());
        }
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
