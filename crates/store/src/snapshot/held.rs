//! What of a snapshot is answered from summaries in memory, and what must be asked of Postgres.

use std::sync::Arc;

use access::Persons;

use super::costs::{Needs, Table, is_of_principal};
use super::{CostQuestion, CostRow, Dimension, MOST_ROWS, Snapshot};
use crate::error::StoreError;
use crate::summaries::{Asked, LoadSummary, Source};

impl Snapshot {
    /// The summaries of these loads, where they are all held and everything in them may be seen.
    pub(super) fn wholly_held(&self, load_ids: &[i64]) -> Option<Vec<Arc<LoadSummary>>> {
        if self.visible().is_some() { None } else { self.summaries.of(load_ids, self.ownership_id) }
    }

    /// The rows that answer a question, in the order asked; `None` where Postgres must be asked.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] where there are more than [`MOST_ROWS`].
    pub(super) fn held_costs(&self, question: &CostQuestion) -> Result<Option<Vec<CostRow>>, StoreError> {
        let Some(rows) = self.try_held_costs(question) else { return Ok(None) };
        self.summaries.count_an_answer();
        if rows.len() > MOST_ROWS { Err(StoreError::TooManyRows { limit: MOST_ROWS }) } else { Ok(Some(rows)) }
    }

    fn try_held_costs(&self, question: &CostQuestion) -> Option<Vec<CostRow>> {
        let visible = self.visible();
        // Which teams' lines they are is all that summaries know of what may be seen.
        if visible.is_some_and(|visible| !visible.is_by_team()) || self.must_be_shown_by_postgres(question) {
            return None;
        }
        let source = match Needs::of(question, visible).table() {
            Table::TeamDayCost => Source::Days,
            Table::TeamPeriodCost => Source::Charges,
            Table::SubjectCost => Source::Callers,
            Table::TeamCost | Table::PeriodCost | Table::DailyCost => return None,
        };
        let summaries = self.summaries.of(&self.loads_in(&question.scope), self.ownership_id)?;
        let visible = visible.map(|visible| &visible.part.teams);
        Asked { question, source, visible }.answer(&summaries)
    }

    /// Whether an answer says what summaries do not: pseudonyms, or the names of accounts, which are those of the newest bill.
    fn must_be_shown_by_postgres(&self, question: &CostQuestion) -> bool {
        let filters = question.filters.iter().map(|filter| &filter.dimension);
        let shows_somebody =
            |dimension: &Dimension| is_of_principal(dimension) || matches!(dimension, Dimension::Tag(_));
        let hides_persons = self.sight.persons != Persons::Named;
        question.group_by.contains(&Dimension::Account)
            || hides_persons && question.group_by.iter().chain(filters).any(shows_somebody)
    }
}
