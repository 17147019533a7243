//! Cursors: what is read was written so, for the same question, and every position can be written.

use data_encoding::BASE64URL_NOPAD;
use server::fuzzing::{cursor_at, position_of};

use super::text;

const QUESTIONS: [&str; 2] = ["/v1/audit", "/v1/keys"];

pub(super) fn check(bytes: &[u8]) {
    let given = text(bytes);
    let [question, other] = QUESTIONS;
    if let Some(position) = position_of(&given, question) {
        assert_eq!(cursor_at(position, question), given);
        assert_eq!(position_of(&given, other), None, "a cursor belongs to one question");
    }
    let Some((position, _)) = bytes.split_first_chunk() else { return };
    let position = u128::from_be_bytes(*position);
    let written = cursor_at(position, question);
    assert_eq!(position_of(&written, question), Some(position));
    assert_eq!(BASE64URL_NOPAD.decode(written.as_bytes()).map(|bytes| bytes.len()), Ok(25));
}
