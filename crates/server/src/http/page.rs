//! Lists that are read page by page: `limit` says how long a page is, `cursor` where it begins.

use super::answer::Links;
use super::cursor::{Cursor, CursorQuestion};
use super::grammar::{Echo, Fault, Faults, Parameters, shown};

/// Things on a page where nothing is said.
pub(crate) const USUAL_LIMIT: u16 = 100;
/// The most things on a page.
pub(crate) const LARGEST_LIMIT: u16 = 1000;

/// The page that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    limit: u16,
    given_cursor: Option<String>,
    /// The last thing on the page before.
    pub(crate) after: Option<u128>,
    question: CursorQuestion,
}

impl Page {
    /// Reads `limit` and `cursor`; what is wrong goes to the faults.
    pub(crate) fn read(parameters: &Parameters, question: CursorQuestion, faults: &mut Faults) -> Self {
        let limit = parameters.single("limit").and_then(|text| faults.keep(parse_limit(text)));
        let given_cursor = parameters.single("cursor");
        let cursor = given_cursor.and_then(|text| {
            let read = Cursor::read(text, question);
            faults.keep(read.map_err(|error| Fault::invalid_value("cursor", error.to_string())))
        });
        Self {
            limit: limit.unwrap_or(USUAL_LIMIT),
            given_cursor: given_cursor.map(str::to_owned),
            after: cursor.map(|cursor| cursor.position),
            question,
        }
    }

    /// How many rows to read: one more than is shown tells whether there is another page.
    pub(crate) fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts what was read to a page. Gives back the links to this page and to the next, where there is one.
    pub(crate) fn cut<T>(&self, path: &str, filters: &Echo, rows: &mut Vec<T>, position: impl Fn(&T) -> u128) -> Links {
        let has_more = rows.len() > usize::from(self.limit);
        rows.truncate(usize::from(self.limit));
        let links = Links::to_self(self.link(path, filters, self.given_cursor.clone()));
        match rows.last().filter(|_| has_more) {
            None => links,
            Some(last) => {
                let cursor = Cursor { position: position(last) }.write(self.question);
                links.and("next", self.link(path, filters, Some(cursor)))
            }
        }
    }

    fn link(&self, path: &str, filters: &Echo, cursor: Option<String>) -> String {
        let mut query = filters.clone();
        query.push("limit", self.limit.to_string());
        if let Some(cursor) = cursor {
            query.push("cursor", cursor);
        }
        format!("{path}?{}", query.query_string())
    }
}

/// Reads how long a page is.
pub(crate) fn parse_limit(text: &str) -> Result<u16, Fault> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let limit = text.parse().ok().filter(|limit| is_plain && (1..=LARGEST_LIMIT).contains(limit));
    limit.ok_or_else(|| {
        let detail = format!("`{}` is not a length of a page; write a number from 1 to {LARGEST_LIMIT}", shown(text));
        Fault::invalid_value("limit", detail)
    })
}
