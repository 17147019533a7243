//! Pages of costs: all of one data version, or none.
//!
//! A version never changes and its rows have one order, so that a page is told by how many rows come before it. The cursor
//! says that and the version, which is read from as long as it is kept; once it is gone, the caller is told where to begin anew.

use store::snapshot::{ArrangedRow, RowSlice, Snapshot};

use super::PATH;
use crate::http::answer::{Links, data_version};
use crate::http::cursor::{Cursor, CursorQuestion};
use crate::http::grammar::{AskedPage, Echo, Fault};
use crate::http::middleware::LONGEST_QUERY_BYTES;
use crate::http::problem::{Problem, ProblemKind};

/// A page that is there.
pub(super) struct Page {
    limit: u16,
    offset: i64,
    given_cursor: Option<String>,
    question: CursorQuestion,
    data_version: i64,
}

impl Page {
    /// The page that is asked for of this question.
    ///
    /// # Errors
    /// Where its cursor is one of another question, or of a data version that is not the snapshot's: it is not kept any more.
    pub(super) fn of(asked: AskedPage, question: &Echo, snapshot: &Snapshot) -> Result<Self, Problem> {
        let sight = snapshot.sight();
        let filters = [(question.query_string(), sight.digest())];
        let filters = filters.each_ref().map(|(query, sight)| (query.as_str(), Some(sight.as_str())));
        let mut page = Self {
            limit: asked.limit,
            offset: 0,
            given_cursor: None,
            question: CursorQuestion::new(PATH, &filters, &sight.extent),
            data_version: snapshot.data_version(),
        };
        let Some(given) = asked.cursor else { return Ok(page) };
        let read = given.of(page.question).map_err(|error| Fault::invalid_value("cursor", error.to_string()));
        let (version, offset) = split(given.cursor.position);
        if version != page.data_version {
            return Err(outdated(version, question, page.limit, snapshot));
        }
        read?;
        (page.offset, page.given_cursor) = (offset, Some(given.text));
        Ok(page)
    }

    /// The rows to read: one more than is shown tells whether there is another page.
    pub(super) fn slice(&self) -> RowSlice {
        RowSlice { offset: self.offset, limit: i64::from(self.limit) + 1 }
    }

    /// Cuts what was read to a page. Gives back the cursor of the next one, where there is one.
    pub(super) fn cut(&self, rows: &mut Vec<ArrangedRow>) -> Option<String> {
        let has_more = rows.len() > usize::from(self.limit);
        rows.truncate(usize::from(self.limit));
        has_more.then(|| {
            let position = join(self.data_version, self.offset + i64::from(self.limit));
            Cursor { position }.write(self.question)
        })
    }

    /// The question of this page.
    pub(super) fn echo(&self, question: &Echo) -> Echo {
        echo(question, self.limit, self.given_cursor.as_deref())
    }

    /// Adds where to go from this page.
    pub(super) fn links(&self, links: Links, question: &Echo, next: Option<&str>) -> Links {
        let page = |cursor| echo(question, self.limit, cursor);
        let links = if self.given_cursor.is_some() { link(links, "first", &page(None)) } else { links };
        match next {
            Some(cursor) => link(links, "next", &page(Some(cursor))),
            None => links,
        }
    }
}

/// Adds a link to where a question is asked by GET, unless it is too long for that.
pub(super) fn link(links: Links, relation: &'static str, question: &Echo) -> Links {
    let query = question.query_string();
    if query.len() > LONGEST_QUERY_BYTES { links } else { links.and(relation, format!("{PATH}?{query}")) }
}

fn echo(question: &Echo, limit: u16, cursor: Option<&str>) -> Echo {
    let mut echo = question.clone();
    echo.push("limit", limit.to_string());
    if let Some(cursor) = cursor {
        echo.push("cursor", cursor);
    }
    echo
}

/// The data version that a page which is asked for must be of, where it is not the first.
pub(super) fn page_version(asked: Option<&AskedPage>) -> Option<i64> {
    let given = asked?.cursor.as_ref()?;
    Some(split(given.cursor.position).0)
}

fn outdated(version: i64, question: &Echo, limit: u16, snapshot: &Snapshot) -> Problem {
    let served = data_version(snapshot);
    let detail =
        format!("the cursor belongs to data version v{version}, which is not kept; {served} is served now: begin anew");
    let first = link(Links::default(), "first", &echo(question, limit, None));
    Problem::new(ProblemKind::CursorOutdated, detail).with_links(first)
}

/// Two numbers that are never negative in one.
fn join(data_version: i64, offset: i64) -> u128 {
    u128::from(data_version.unsigned_abs()) << 64 | u128::from(offset.unsigned_abs())
}

/// What [`join`] joined. Whoever makes up a number that is too large asks for what is behind the last row.
fn split(position: u128) -> (i64, i64) {
    let half = |half: u128| i64::try_from(half).unwrap_or(i64::MAX);
    (half(position >> 64), half(position & u128::from(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_version_and_a_place_come_apart_as_they_were(version in 0..=i64::MAX, offset in 0..=i64::MAX) {
            prop_assert_eq!(split(join(version, offset)), (version, offset));
        }

        #[test]
        fn no_number_is_a_place_before_the_first_row(position: u128) {
            let (version, offset) = split(position);
            prop_assert!(version >= 0 && offset >= 0);
        }
    }
}
