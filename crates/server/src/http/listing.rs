//! Lists of what costs something in a period: searched with `q`, read page by page.
//!
//! A cursor belongs to a data version as well as to a question: the second page is from the same truth as the first,
//! whichever that is.

use bill::BillingPeriod;
use store::StoreError;
use store::snapshot::{Arrangement, CostQuestion, CostRow, OrderBy, OrderKey, RowSlice, Snapshot};

use super::access::CostReader;
use super::answer::Links;
use super::cursor::{Cursor, CursorQuestion};
use super::format::Format;
use super::grammar::{Echo, Fault, Faults, LONGEST_FILTER_VALUE_BYTES, Parameters, ReportQuery};
use super::page::{USUAL_LIMIT, parse_limit};
use super::problem::{Problem, ProblemKind};

/// What a list is asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// `period`, `cost`, `as_of`, `reveal` and `format`.
    pub(crate) report: ReportQuery,
    /// What is looked for; nothing where it is empty.
    pub(crate) q: Option<String>,
    limit: u16,
    cursor: Option<String>,
}

impl ListQuery {
    /// Its parameters.
    pub(crate) const PARAMETERS: &'static [&'static str] =
        &["period", "cost", "as_of", "reveal", "q", "limit", "cursor", "format"];

    /// Reads them among others; what is wrong goes to the faults.
    pub(crate) fn read(parameters: &Parameters, faults: &mut Faults) -> Self {
        let report = ReportQuery::read(parameters, faults);
        let q =
            parameters.single("q").and_then(|text| faults.keep(parse_text("q", text))).filter(|text| !text.is_empty());
        let limit = parameters.single("limit").and_then(|text| faults.keep(parse_limit(text)));
        let cursor = parameters.single("cursor").map(str::to_owned);
        Self { report, q, limit: limit.unwrap_or(USUAL_LIMIT), cursor }
    }

    /// The question as understood, but for the page.
    pub(crate) fn echo(&self, period: BillingPeriod) -> Echo {
        let mut echo = self.report.echo(Some(period));
        if let Some(q) = &self.q {
            echo.push("q", q.as_str());
        }
        echo
    }

    /// What the page is read from, as far as this reader may see it: the data version of its cursor, or else the one that is
    /// asked for.
    ///
    /// # Errors
    /// Where the cursor is none, or as [`CostReader::snapshot_as_of`].
    pub(crate) async fn snapshot(&self, reader: &CostReader) -> Result<Snapshot, Problem> {
        match self.page_version()? {
            Some(version) => reader.snapshot_of_page(version, self.report.as_of).await,
            None => reader.snapshot_as_of(self.report.as_of).await,
        }
    }

    /// The data version that the page must be of, where it is not the first.
    fn page_version(&self) -> Result<Option<i64>, Problem> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let given = Cursor::read_any(text).map_err(|error| Fault::invalid_value("cursor", error.to_string()))?;
        Ok(Some(i64::try_from(given.cursor.position >> 64).unwrap_or(i64::MAX)))
    }

    /// The page of the list at this path that is asked for.
    ///
    /// # Errors
    /// Where the cursor is of another question, or of a data version that is not the snapshot's: it is not kept any more.
    pub(crate) fn page(
        &self,
        path: &str,
        echo: &Echo,
        reader: &CostReader,
        snapshot: &Snapshot,
    ) -> Result<ListPage, Problem> {
        let question = CursorQuestion::new(path, &[("query", Some(&echo.query_string()))], &reader.sight.extent);
        let version = u128::try_from(snapshot.data_version()).unwrap_or_default();
        let mut offset = 0;
        if let Some(text) = &self.cursor {
            let cursor = Cursor::read(text, question);
            let Cursor { position } = cursor.map_err(|error| Fault::invalid_value("cursor", error.to_string()))?;
            if position >> 64 != version {
                let detail = "the data version of the first of these pages is not kept any more";
                let first = format!("{path}?{}&limit={}", echo.query_string(), self.limit);
                let links = Links::default().and("first", first);
                return Err(Problem::new(ProblemKind::CursorOutdated, detail).with_links(links));
            }
            // Whoever makes up a number that is too large asks for what is behind the last row.
            offset = i64::try_from(position & u128::from(u64::MAX)).unwrap_or(i64::MAX);
        }
        let cursor = self.cursor.clone();
        let (path, echo, format) = (path.to_owned(), echo.clone(), self.report.format);
        Ok(ListPage { path, echo, format, limit: self.limit, offset, cursor, question, version })
    }
}

/// Reads a text of a caller that is compared with what is kept.
pub(crate) fn parse_text(parameter: &str, text: &str) -> Result<String, Fault> {
    if text.len() > LONGEST_FILTER_VALUE_BYTES {
        let detail = format!("a value of {} bytes is given; at most {LONGEST_FILTER_VALUE_BYTES} are read", text.len());
        return Err(Fault::new(ProblemKind::LimitExceeded, parameter, detail));
    }
    Ok(text.to_owned())
}

/// A page of a list.
#[derive(Clone, Debug)]
pub(crate) struct ListPage {
    path: String,
    echo: Echo,
    /// The format, where one is named: the next page is in the same.
    format: Option<Format>,
    limit: u16,
    offset: i64,
    cursor: Option<String>,
    question: CursorQuestion,
    version: u128,
}

impl ListPage {
    /// The rows of this page, the largest of each currency first, and the links to it and to the next one.
    ///
    /// # Errors
    /// Where the database fails, or there are too many rows.
    pub(crate) async fn rows(
        &self,
        snapshot: &mut Snapshot,
        question: &CostQuestion,
    ) -> Result<(Vec<CostRow>, Links), StoreError> {
        let largest_first = Some(OrderBy { key: OrderKey::Cost, descending: true });
        let question = CostQuestion { order_by: largest_first, ..question.clone() };
        let slice = RowSlice { offset: self.offset, limit: i64::from(self.limit) + 1 };
        let page = Arrangement { slice: Some(slice), ..Arrangement::default() };
        let mut rows = snapshot.arranged_costs(&question, &page).await?;
        // One more than is shown tells whether there is another page.
        let has_more = rows.len() > usize::from(self.limit);
        rows.truncate(usize::from(self.limit));
        let links = Links::to_self(self.link(self.cursor.clone(), None));
        let links = if has_more { links.and("next", self.link(Some(self.next_cursor()), self.format)) } else { links };
        Ok((rows.into_iter().map(|arranged| arranged.row).collect(), links))
    }

    fn next_cursor(&self) -> String {
        let offset = self.offset.saturating_add(i64::from(self.limit)).unsigned_abs();
        Cursor { position: self.version << 64 | u128::from(offset) }.write(self.question)
    }

    fn link(&self, cursor: Option<String>, format: Option<Format>) -> String {
        let mut query = self.echo.clone();
        query.push("limit", self.limit.to_string());
        if let Some(cursor) = cursor {
            query.push("cursor", cursor);
        }
        format!("{}?{}", self.path, query.in_format(format).query_string())
    }
}
