//! How the rows of an answer are arranged: what stands beside their cost, which are folded into one, and which are read.

use bill::{Amount, BillingPeriod};
use sqlx::{Postgres, QueryBuilder};

use super::figures::Figure;
use super::{CostQuestion, CostRow, Snapshot};
use crate::error::StoreError;

/// What is wanted of the rows of a question. Nothing said: all of them, as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// So many groups of each currency keep their rows: those that cost most over the whole question. What others come to
    /// is folded into one row for each time and currency.
    pub top: Option<u16>,
    /// The period whose cost stands beside that of the question. Groups that are in that period alone have a row as well.
    pub compare: Option<BillingPeriod>,
    /// Which of the rows are read.
    pub slice: Option<RowSlice>,
}

/// Some of the rows of an answer, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowSlice {
    /// How many rows come before.
    pub offset: i64,
    /// How many are read at most.
    pub limit: i64,
}

/// A row as arranged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrangedRow {
    /// Its groups and figures. A row of what is folded has no dimension set.
    pub row: CostRow,
    /// What the group cost in the period that is compared with, where one is.
    pub compared: Option<Amount>,
    /// How many groups are folded into this row, where any are kept apart from others; 0 for those that are kept.
    pub folded: Option<i64>,
}

impl Snapshot {
    /// The rows that answer a question, as arranged; what was folded comes after what was not.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] where no slice is wanted and there are more than [`super::MOST_ROWS`], or where the
    /// database fails.
    pub async fn arranged_costs(
        &mut self,
        question: &CostQuestion,
        arrangement: &Arrangement,
    ) -> Result<Vec<ArrangedRow>, StoreError> {
        if *arrangement == Arrangement::default()
            && let Some(rows) = self.held_costs(question)?
        {
            return Ok(rows.into_iter().map(|row| ArrangedRow { row, compared: None, folded: None }).collect());
        }
        let query = self.compose(question, arrangement, self.visible(), self.shown());
        self.fetch_costs(query, question, arrangement).await
    }
}

/// Closes the table of all groups, which has these columns, and selects from it, up to what rows are grouped by. A group is
/// ranked by what it comes to over all times, and then by its dimensions: each has a place of its own.
pub(super) fn push_folding(text: &mut QueryBuilder<Postgres>, keys: &[String], figures: &[Figure], top: u16) {
    let is_group = |key: &&String| !matches!(key.as_str(), "time" | "currency");
    let groups: Vec<&str> = keys.iter().filter(is_group).map(String::as_str).collect();
    let partition: Vec<&str> = ["currency"].into_iter().chain(groups.iter().copied()).collect();
    let places: String = groups.iter().map(|key| format!(", {key} asc nulls last")).collect();
    text.push("), totalled as (select grouped.*, sum(cost) over (partition by ");
    text.push(partition.join(", ")).push(") as total from grouped), ranked as (select totalled.*, ");
    text.push("dense_rank() over (partition by currency order by total desc").push(places);
    text.push(") > ").push_bind(i64::from(top)).push(" as others from totalled) select ");
    for key in keys {
        match is_group(&key) {
            true => text.push("case when not others then ").push(key).push(" end, "),
            false => text.push(key).push(", "),
        };
    }
    for figure in figures {
        text.push("sum(").push(figure.column()).push(")").push(figure.cast()).push(", ");
    }
    text.push("case when others then count(*) else 0 end, sum(cost) as ordering from ranked");
}
