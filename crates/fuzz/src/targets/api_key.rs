//! API keys as presented: only what was written as a key is looked up, and a key with a letter changed is none.
//!
//! The first two bytes say which letter is changed, and into what.

use access::api_key::{KeyHash, PREFIX, looks_like_a_key};
use sha2::{Digest, Sha256};

use super::text;

pub(super) fn check(bytes: &[u8]) {
    let Some(([at, into], rest)) = bytes.split_first_chunk() else { return };
    let presented = text(rest);
    let Some(hash) = KeyHash::of_presented(&presented) else { return };
    let digest: [u8; 32] = Sha256::digest(presented.as_bytes()).into();
    assert_eq!(hash.as_bytes(), digest);
    assert!(looks_like_a_key(&presented) && presented.len() == 63 && presented.is_ascii());
    let at = PREFIX.len() + usize::from(*at) % (presented.len() - PREFIX.len());
    let mut mistyped = presented.clone().into_owned();
    mistyped.replace_range(at..=at, &char::from(into % 128).to_string());
    if mistyped != presented {
        assert_eq!(KeyHash::of_presented(&mistyped), None, "{mistyped}");
    }
}
