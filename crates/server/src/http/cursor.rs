//! Where the next page begins, as an opaque text.
//!
//! A cursor belongs to one question: the route, its filters, and of what the caller may see. It says where to go on and
//! nothing else, so it needs no secret: whoever makes one up gets another page of what they may see anyway, because every
//! page is asked for within the caller's extent. The question in it is there so that a cursor of another one is refused
//! instead of giving a page that has nothing to do with it.

use access::Extent;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// The layout below. Cursors of other layouts are refused.
const VERSION: u8 = 1;
const QUESTION_BYTES: usize = 8;
const POSITION_BYTES: usize = 16;
const BYTES: usize = 1 + QUESTION_BYTES + POSITION_BYTES;

/// What a cursor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CursorQuestion([u8; QUESTION_BYTES]);

impl CursorQuestion {
    /// The question that a route answers, with its filters in a fixed order, for callers with this extent.
    pub(crate) fn new(route: &str, filters: &[(&str, Option<&str>)], extent: &Extent) -> Self {
        // Debug output of these types is exact and ordered: every text in it is escaped, and sets are sorted.
        let digest = Sha256::digest(format!("{:?}", (route, filters, extent)).as_bytes());
        let mut question = [0; QUESTION_BYTES];
        question.copy_from_slice(&digest[..QUESTION_BYTES]);
        Self(question)
    }
}

/// Where to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The last thing on the page before: a number, or an id as a number.
    pub(crate) position: u128,
}

/// A cursor that was given, before it is known whether it is one of the question that it was given with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GivenCursor {
    /// As it was given.
    pub(crate) text: String,
    /// Where to go on, if it is.
    pub(crate) cursor: Cursor,
    question: CursorQuestion,
}

impl GivenCursor {
    /// Where to go on with this question.
    ///
    /// # Errors
    /// Where the cursor is one of another question.
    pub(crate) fn of(&self, question: CursorQuestion) -> Result<Cursor, ReadCursorError> {
        if self.question == question { Ok(self.cursor) } else { Err(ReadCursorError) }
    }
}

/// A text that is no cursor of this question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor of this question; follow `links.next` of an answer to it, or leave the cursor out")]
pub(crate) struct ReadCursorError;

impl Cursor {
    /// How one is written, as a regular expression.
    pub(crate) const PATTERN: &'static str = "^[A-Za-z0-9_-]{34}$";

    /// Reads what [`Cursor::write`] wrote for the same question.
    ///
    /// # Errors
    /// Where the text is anything else.
    pub(crate) fn read(text: &str, question: CursorQuestion) -> Result<Self, ReadCursorError> {
        Self::read_any(text)?.of(question)
    }

    /// Reads what [`Cursor::write`] wrote, for whatever question.
    ///
    /// # Errors
    /// Where the text is anything else.
    pub(crate) fn read_any(text: &str) -> Result<GivenCursor, ReadCursorError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| ReadCursorError)?;
        let bytes: [u8; BYTES] = bytes.try_into().map_err(|_| ReadCursorError)?;
        let [version, rest @ ..] = bytes;
        let (question, position) = rest.split_at(QUESTION_BYTES);
        let question = question.try_into().map_err(|_| ReadCursorError)?;
        let position = position.try_into().map_err(|_| ReadCursorError)?;
        if version != VERSION {
            return Err(ReadCursorError);
        }
        let cursor = Self { position: u128::from_be_bytes(position) };
        Ok(GivenCursor { text: text.to_owned(), cursor, question: CursorQuestion(question) })
    }

    /// As a text that can stand in a query string.
    pub(crate) fn write(self, question: CursorQuestion) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&question.0);
        bytes.extend_from_slice(&self.position.to_be_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn question() -> CursorQuestion {
        CursorQuestion::new("/v1/audit", &[("action", None)], &Extent::of_team("ds"))
    }

    #[test]
    fn a_cursor_of_another_question_or_scope_is_refused() {
        let text = Cursor { position: 7 }.write(question());
        assert_eq!(Cursor::read(&text, question()), Ok(Cursor { position: 7 }));
        for other in [
            CursorQuestion::new("/v1/keys", &[("action", None)], &Extent::of_team("ds")),
            CursorQuestion::new("/v1/audit", &[("action", Some(""))], &Extent::of_team("ds")),
            CursorQuestion::new("/v1/audit", &[("caller", None)], &Extent::of_team("ds")),
            CursorQuestion::new("/v1/audit", &[("action", None)], &Extent::of_team("web")),
            CursorQuestion::new("/v1/audit", &[("action", None)], &Extent::Everything),
        ] {
            assert_eq!(Cursor::read(&text, other), Err(ReadCursorError), "{other:?}");
        }
    }

    #[test]
    fn the_layout_of_a_cursor_never_changes() {
        let question = CursorQuestion([1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(Cursor { position: 258 }.write(question), "AQECAwQFBgcIAAAAAAAAAAAAAAAAAAABAg");
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_back_as_itself(position: u128) {
            let cursor = Cursor { position };
            let text = cursor.write(question());
            prop_assert_eq!(Cursor::read(&text, question()), Ok(cursor));
            prop_assert!(regex::Regex::new(Cursor::PATTERN).expect("a pattern").is_match(&text), "{}", text);
        }

        #[test]
        fn whatever_is_read_was_written_so(text in ".{0,40}|[A-Za-z0-9_=-]{30,38}") {
            if let Ok(cursor) = Cursor::read(&text, question()) {
                prop_assert_eq!(cursor.write(question()), text);
            }
        }

        #[test]
        fn a_mangled_cursor_is_refused_or_says_another_position(position: u128, at in 0_usize..34, letter in "[A-Za-z0-9_-]") {
            let text = Cursor { position }.write(question());
            let mut mangled = text.clone();
            mangled.replace_range(at..=at, &letter);
            match Cursor::read(&mangled, question()) {
                Ok(cursor) => prop_assert!(mangled == text || (cursor.position != position && at >= 12)),
                Err(ReadCursorError) => prop_assert_ne!(mangled, text),
            }
        }
    }
}
