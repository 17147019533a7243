use access::Caller;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::error::{Doing, StoreError};
use crate::store::Store;

impl Store {
    /// Deletes a file of this caller's, and tells whether it was there. One that is being written is not written any further.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn delete_cost_file(&self, id: Uuid, caller: &Caller, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let deleted = sqlx::query!(
            "update cost_file set deleted_at = $3
              where cost_file_id = $1 and caller = $2 and deleted_at is null and (expires_at is null or expires_at > $3)",
            id,
            caller.audit_name(),
            now,
        )
        .execute(&self.pool)
        .await
        .doing("the deletion of a cost file")?;
        Ok(deleted.rows_affected() == 1)
    }

    /// Whether its caller still waits for a file that is being written.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn is_cost_file_wanted(&self, id: Uuid) -> Result<bool, StoreError> {
        sqlx::query_scalar!(
            r#"select exists (select from cost_file where cost_file_id = $1 and deleted_at is null) as "wanted!""#,
            id,
        )
        .fetch_one(&self.pool)
        .await
        .doing("who waits for a cost file")
    }

    /// Forgets files that have expired or were deleted, and their pieces. What is being written is left to its writer, and what
    /// counts for the day is counted until the day is over.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sweep_cost_files(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query!(
            "delete from cost_file_part
              using cost_file
              where cost_file.cost_file_id = cost_file_part.cost_file_id and state <> 'running'
                and (deleted_at is not null or expires_at <= $1)",
            now,
        )
        .execute(&self.pool)
        .await
        .doing("the forgetting of cost files")?;
        sqlx::query!(
            "delete from cost_file
              where state <> 'running' and requested_at < $2 and (deleted_at is not null or expires_at <= $1)",
            now,
            now - TimeDelta::days(1),
        )
        .execute(&self.pool)
        .await
        .map(drop)
        .doing("the forgetting of cost files")
    }
}
