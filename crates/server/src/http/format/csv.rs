//! CSV (RFC 4180) that no spreadsheet takes for a program.

use std::borrow::Cow;

use axum::BoxError;
use csv::{Terminator, Writer, WriterBuilder};

/// A writer into memory.
pub(crate) fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new())
}

/// What was written.
///
/// # Errors
/// Never: memory does not refuse.
pub(crate) fn written(writer: Writer<Vec<u8>>) -> Result<Vec<u8>, BoxError> {
    Ok(writer.into_inner()?)
}

/// A text that no spreadsheet takes for a formula. Numbers are not texts: a minus in front of them stays.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_text_that_begins_a_formula_gets_an_apostrophe() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "a=b", "arn:aws:iam::123456789012:user/x", " =1", "'=1"] {
            assert_eq!(harmless(text), text);
        }
    }
}
