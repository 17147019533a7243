use access::Caller;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::SetState;
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// What one caller asked for, and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct DrilldownRecord {
    /// Its id.
    pub drilldown_id: Uuid,
    /// The question in the caller's words.
    pub question: Value,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// The load that it is about; `None` once that has aged out.
    pub load_id: Option<i64>,
    /// The lines; `None` where there are none to be fetched, or they have aged out.
    pub set_id: Option<i64>,
    /// How far they have come; `None` where they have aged out.
    pub state: Option<SetState>,
    /// Why they could not be fetched.
    pub failure: Option<String>,
    /// The rules that say which lines were fetched, where that is a part of them.
    pub ownership_id: Option<i32>,
}

impl Store {
    /// A drill-down of this caller's; those of others are not there.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn drilldown(&self, id: Uuid, caller: &Caller) -> Result<Option<DrilldownRecord>, StoreError> {
        let row = sqlx::query!(
            r#"select drilldown_id, question, requested_at, drilldown.load_id, drilldown.drilldown_set_id, finds_nothing,
                      state as "state?", failure, ownership_id
                 from drilldown
                 left join drilldown_set using (drilldown_set_id)
                where drilldown_id = $1 and caller = $2 and deleted_at is null"#,
            id,
            caller.audit_name(),
        )
        .fetch_optional(&self.pool)
        .await
        .doing("a drill-down")?;
        let Some(row) = row else { return Ok(None) };
        let state = match row.state {
            Some(word) => Some(SetState::read(&word)?),
            None => row.finds_nothing.then_some(SetState::Complete),
        };
        Ok(Some(DrilldownRecord {
            drilldown_id: row.drilldown_id,
            question: row.question,
            requested_at: row.requested_at,
            load_id: row.load_id,
            set_id: row.drilldown_set_id,
            state,
            failure: row.failure,
            ownership_id: row.ownership_id,
        }))
    }

    /// Deletes a drill-down of this caller's, and tells whether it was there. What is being fetched for nobody else is not
    /// fetched any further.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn delete_drilldown(&self, id: Uuid, caller: &Caller, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let deleted = sqlx::query!(
            "update drilldown set deleted_at = $3 where drilldown_id = $1 and caller = $2 and deleted_at is null",
            id,
            caller.audit_name(),
            now,
        )
        .execute(&self.pool)
        .await
        .doing("the deletion of a drill-down")?;
        Ok(deleted.rows_affected() == 1)
    }
}
