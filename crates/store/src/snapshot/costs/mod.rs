//! Answers [`CostQuestion`]s.
//!
//! The text of the query is put together from the words of these files and from nothing else: whatever comes from a
//! caller is bound as a value. Six tables hold the same money; the one with the fewest rows that can answer is read. Where
//! only a part of the bill may be seen, [`Visible`] says in the same text which lines that is.

mod columns;
mod composer;
mod conditions;
mod facts;
mod order;
mod row;
mod tables;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use sqlx::{Postgres, QueryBuilder};

use self::composer::{Compared, Composer};
pub(super) use self::conditions::{push_condition, push_value};
pub(super) use self::row::read_row;
pub(super) use self::tables::{Needs, Table, is_of_charge, is_of_principal};
use super::persons::Shown;
use super::scope::Visible;
use super::{ArrangedRow, Arrangement, CostQuestion, CostRow, Scope, Snapshot};
use crate::error::{Doing, StoreError};

/// The longest answer: what a client can still read at once.
pub const MOST_ROWS: usize = 100_000;

/// A part of what is asked: some loads, and of these the lines of some days where these are set, from one to before another.
#[derive(Clone)]
pub(super) struct Stretch {
    pub(super) load_ids: Vec<i64>,
    pub(super) days: Option<(NaiveDate, NaiveDate)>,
}

impl Snapshot {
    /// The rows that answer a question, in the order asked; rows that tie are ordered by time, cost and dimensions.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] where there are more than [`MOST_ROWS`], or where the database fails.
    pub async fn costs(&mut self, question: &CostQuestion) -> Result<Vec<CostRow>, StoreError> {
        let rows = self.arranged_costs(question, &Arrangement::default()).await?;
        Ok(rows.into_iter().map(|arranged| arranged.row).collect())
    }

    /// The same over everybody's lines, with persons as billed: for deciding how to fetch lines, never to be shown.
    pub(super) async fn everybodys_costs(&mut self, question: &CostQuestion) -> Result<Vec<CostRow>, StoreError> {
        let query = self.compose(question, &Arrangement::default(), None, Shown::Named);
        let rows = self.fetch_costs(query, question, &Arrangement::default()).await?;
        Ok(rows.into_iter().map(|arranged| arranged.row).collect())
    }

    pub(super) fn compose(
        &self,
        question: &CostQuestion,
        arrangement: &Arrangement,
        visible: Option<Visible<'_>>,
        shown: Shown<'_>,
    ) -> QueryBuilder<Postgres> {
        let whole = Stretch { load_ids: self.loads_in(&question.scope), days: None };
        self.compose_stretch(whole, question, arrangement, visible, shown)
    }

    /// The same over a part of its scope.
    pub(super) fn compose_stretch(
        &self,
        Stretch { mut load_ids, days }: Stretch,
        question: &CostQuestion,
        arrangement: &Arrangement,
        visible: Option<Visible<'_>>,
        shown: Shown<'_>,
    ) -> QueryBuilder<Postgres> {
        let compared = arrangement.compare.map(|period| {
            let former = self.load_ids(|load| load.period == period);
            let current = load_ids.clone();
            load_ids.extend(&former);
            Compared { current, former }
        });
        let (text, ownership_id) = (QueryBuilder::new(""), self.ownership_id);
        Composer { ownership_id, visible, shown, question, arrangement, load_ids, days, compared, text }.compose()
    }

    /// The numbers of the loads that may have lines in this scope.
    pub(super) fn loads_in(&self, scope: &Scope) -> Vec<i64> {
        match scope {
            Scope::Periods(periods) => self.load_ids(|load| periods.contains(&load.period)),
            Scope::UsageDates { start, end } => self.load_ids_with_usage(*start, *end),
        }
    }

    pub(super) async fn fetch_costs(
        &mut self,
        mut query: QueryBuilder<Postgres>,
        question: &CostQuestion,
        arrangement: &Arrangement,
    ) -> Result<Vec<ArrangedRow>, StoreError> {
        let rows = query.build().fetch_all(self.reading.connection().await?).await.doing("costs")?;
        if arrangement.slice.is_none() && rows.len() > MOST_ROWS {
            return Err(StoreError::TooManyRows { limit: MOST_ROWS });
        }
        rows.iter().map(|row| read_row(row, question, arrangement)).collect()
    }
}
