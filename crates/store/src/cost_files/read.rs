use access::{Caller, Persons, Sight};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{CostFileRecord, FileContent, FileState};
use crate::error::{Doing, StoreError};
use crate::store::Store;

struct FileRow {
    cost_file_id: Uuid,
    question: String,
    extent: Value,
    named: bool,
    data_version: i64,
    format: String,
    state: String,
    failure: Option<String>,
    requested_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    name: Option<String>,
    told: Option<Value>,
    rows: Option<i64>,
    bytes: Option<i64>,
    digest: Option<Vec<u8>>,
}

impl FileRow {
    fn read(self) -> Result<CostFileRecord, StoreError> {
        let state = FileState::read(&self.state)?;
        let digest = self.digest.and_then(|digest| <[u8; 32]>::try_from(digest).ok());
        let content = match (state, self.name, self.told, self.rows, self.bytes, digest) {
            (FileState::Complete, Some(name), Some(told), Some(rows), Some(bytes), Some(digest)) => {
                Some(FileContent { name, told, rows, bytes, digest })
            }
            _ => None,
        };
        Ok(CostFileRecord {
            cost_file_id: self.cost_file_id,
            question: self.question,
            sight: sight(self.extent, self.named)?,
            data_version: self.data_version,
            format: self.format,
            state,
            failure: self.failure,
            requested_at: self.requested_at,
            finished_at: self.finished_at,
            expires_at: self.expires_at,
            content,
        })
    }
}

/// What a caller might see, as it was kept.
pub(super) fn sight(extent: Value, named: bool) -> Result<Sight, StoreError> {
    let extent = serde_json::from_value(extent)
        .map_err(|error| StoreError::Corrupt { what: "an extent", value: error.to_string() })?;
    Ok(Sight { extent, persons: if named { Persons::Named } else { Persons::Pseudonymous } })
}

impl Store {
    /// A file of this caller's; those of others, and those that are forgotten, are not there.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn cost_file(
        &self,
        id: Uuid,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<Option<CostFileRecord>, StoreError> {
        let row = sqlx::query_as!(
            FileRow,
            "select cost_file_id, question, extent, named, data_version, format, state, failure, requested_at, finished_at,
                    expires_at, name, told, rows, bytes, digest
               from cost_file
              where cost_file_id = $1 and caller = $2 and deleted_at is null and (expires_at is null or expires_at > $3)",
            id,
            caller.audit_name(),
            now,
        )
        .fetch_optional(&self.pool)
        .await
        .doing("a cost file")?;
        row.map(FileRow::read).transpose()
    }

    /// The files of this caller after the one before, the newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn cost_files(
        &self,
        caller: &Caller,
        after: Option<Uuid>,
        limit: i64,
        now: DateTime<Utc>,
    ) -> Result<Vec<CostFileRecord>, StoreError> {
        let rows = sqlx::query_as!(
            FileRow,
            "select cost_file_id, question, extent, named, data_version, format, state, failure, requested_at, finished_at,
                    expires_at, name, told, rows, bytes, digest
               from cost_file
              where caller = $1 and deleted_at is null and (expires_at is null or expires_at > $2)
                and ($3::uuid is null or cost_file_id < $3)
              order by cost_file_id desc
              limit $4",
            caller.audit_name(),
            now,
            after,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("a caller's cost files")?;
        rows.into_iter().map(FileRow::read).collect()
    }

    /// One piece of a file; `None` where it is not there, or not any more.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn cost_file_part(&self, id: Uuid, place: i32) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar!(
            "select cost_file_part.bytes
               from cost_file_part
               join cost_file using (cost_file_id)
              where cost_file_id = $1 and place = $2 and state = 'complete'",
            id,
            place,
        )
        .fetch_optional(&self.pool)
        .await
        .doing("a piece of a cost file")
    }
}
