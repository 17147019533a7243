//! What lies in sight: the one place that says, in SQL, which lines a part of the bill is made of.
//!
//! A line belongs to a part because of who it is about, and `owner` has one row for each subject of a load under the rules
//! in force. So a part is a choice of rows of `owner`: every read of a part joins that choice, or, where teams alone make
//! it, looks at the same teams in `team_cost`. It is made on what the bill says, never on what is shown instead of it.

use access::Part;
use bill::BillingPeriod;
use bill::tags::{TagKey, TagView};
use chrono::NaiveDate;
use sqlx::{Postgres, QueryBuilder};

use super::{LoadVersion, Snapshot};
use crate::error::{Doing, StoreError};

/// The word for the team of lines that no rule claims.
pub(crate) const UNATTRIBUTED: &str = "unattributed";

/// The lines that a part of the bill is made of, under the rules in force.
#[derive(Clone, Copy)]
pub(crate) struct Visible<'p> {
    pub(crate) part: &'p Part,
    pub(crate) ownership_id: i32,
}

impl Snapshot {
    /// What may be seen; `None` where that is the whole bill.
    pub(super) fn visible(&self) -> Option<Visible<'_>> {
        self.sight.extent.part().map(|part| Visible { part, ownership_id: self.ownership_id })
    }

    /// The periods that have lines used from `start` to before `end`, and, where only a part of the bill may be seen, those
    /// whose days these are: when others used something is not to be read from it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn periods_with_usage(
        &mut self,
        start: NaiveDate,
        end: NaiveDate,
    ) -> Result<Vec<BillingPeriod>, StoreError> {
        let mut load_ids = self.load_ids_with_usage(start, end);
        if let Some(visible) = self.visible() {
            let mut query = QueryBuilder::new("select distinct cost.load_id from daily_cost as cost join ");
            visible.push_owners(&mut query, &load_ids);
            query.push(" as owner using (load_id, subject_id) where cost.load_id = any(").push_bind(load_ids);
            query.push(") and cost.usage_date >= ").push_bind(start).push(" and cost.usage_date < ").push_bind(end);
            let found = query.build_query_scalar().fetch_all(self.reading.connection().await?).await;
            load_ids = found.doing("the periods of days")?;
            load_ids.extend(self.load_ids(|load| load.period.first_day() < end && load.period.end() > start));
        }
        Ok(self.periods_of(&load_ids))
    }

    /// The versions that are served of these periods and have lines in sight.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn loads_in_sight(&mut self, periods: &[BillingPeriod]) -> Result<Vec<LoadVersion>, StoreError> {
        let mut load_ids = self.load_ids(|load| periods.contains(&load.period));
        if let Some(visible) = self.visible() {
            let mut query = QueryBuilder::new("select distinct owner.load_id from ");
            visible.push_owners(&mut query, &load_ids);
            query.push(" as owner");
            let found = query.build_query_scalar().fetch_all(self.reading.connection().await?).await;
            load_ids = found.doing("the loads in sight")?;
        }
        Ok(self.versions_of(&load_ids))
    }
}

impl Visible<'_> {
    /// Whether teams alone make this part: then `team_cost` knows it.
    pub(super) fn is_by_team(&self) -> bool {
        self.part.accounts.is_empty() && self.part.tags.is_empty()
    }

    /// Writes a table to be read in the place of `owner`: its rows of these loads that are in the part.
    pub(crate) fn push_owners(&self, text: &mut QueryBuilder<Postgres>, load_ids: &[i64]) {
        text.push("(select seen.load_id, seen.subject_id, seen.team_id, seen.rule_number, seen.rule, seen.because");
        text.push(" from owner as seen");
        if !self.is_by_team() {
            text.push(" join subject as seen_subject on seen_subject.subject_id = seen.subject_id");
        }
        if !self.part.tags.is_empty() {
            text.push(" join tag_set as seen_tags on seen_tags.tag_set_id = seen_subject.tag_set_id");
        }
        text.push(" where seen.load_id = any(").push_bind(load_ids.to_vec());
        text.push(") and seen.ownership_id = ").push_bind(self.ownership_id);
        text.push(" and (");
        self.push_of_teams(text, "seen.team_id");
        if !self.part.accounts.is_empty() {
            let accounts: Vec<String> = self.part.accounts.iter().cloned().collect();
            text.push(" or seen_subject.account = any(").push_bind(accounts).push(")");
        }
        for tag in &self.part.tags {
            text.push(" or ");
            push_tag_value(text, "seen_tags", &tag.key);
            text.push(" = ").push_bind(tag.value.clone());
        }
        text.push("))");
    }

    /// Writes the condition that this column holds the id of a team of the part.
    pub(super) fn push_of_teams(&self, text: &mut QueryBuilder<Postgres>, column: &'static str) {
        push_is_team(text, column, self.part.teams.iter().cloned().collect());
        if self.part.teams.contains(UNATTRIBUTED) {
            text.push(" or ").push(column).push(" is null");
        }
    }
}

/// Writes the condition that this column holds the id of one of these teams. The ids are looked up once, so that an index on
/// the column serves; one id is compared with and not looked for among some, since Postgres plans for ten where it cannot know.
pub(super) fn push_is_team(text: &mut QueryBuilder<Postgres>, column: &'static str, slugs: Vec<String>) {
    text.push(column);
    match <[String; 1]>::try_from(slugs) {
        Ok([slug]) => text.push(" = (select team_id from team where slug = ").push_bind(slug).push(")"),
        Err(slugs) => text.push(" = any(array(select team_id from team where slug = any(").push_bind(slugs).push(")))"),
    };
}

/// Writes the value of a tag in the set of tags under this name. An empty one counts as not set.
pub(super) fn push_tag_value(text: &mut QueryBuilder<Postgres>, tag_set: &'static str, key: &TagKey) {
    let column = match key.view {
        TagView::NormalisedResourceTags => "resource_tags",
        TagView::NormalisedCostCategory => "cost_category",
        _ => "tags",
    };
    text.push("nullif(").push(tag_set).push(".").push(column).push(" ->> ");
    text.push_bind(key.column_key()).push("::text, '')");
}
