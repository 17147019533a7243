use std::time::Duration;

use access::Sight;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::PART_BYTES;
use super::read::sight;
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// How often the writing of a file is begun. What ends the process each time must not end it for ever.
const MOST_TRIES: i32 = 3;

/// A file that is being written. Nobody reads its pieces until [`FileWriter::finish`], and no other process writes it meanwhile.
pub struct FileWriter {
    /// Holds the lock on the file. Dropping it closes the connection, and the lock goes with it whatever else happens.
    lease: PgConnection,
    /// The id of the file.
    pub cost_file_id: Uuid,
    /// The query string that asks the same of `/v1/costs`.
    pub question: String,
    /// What its caller might see when they asked.
    pub sight: Sight,
    /// The data version that it is of.
    pub data_version: i64,
    piece: Vec<u8>,
    place: i32,
    bytes: u64,
    digest: Sha256,
}

/// What a file is called, what is said about it, and how many rows it has.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its name, without the end that says the format.
    pub name: String,
    /// What is said about it in headers, by their names.
    pub told: Value,
    /// Its rows.
    pub rows: i64,
}

impl Store {
    /// Takes a file that waits to be written, or whose writer has died; `None` where there is none. One whose writers have died
    /// again and again has failed.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn take_cost_file(&self, keep: Duration, now: DateTime<Utc>) -> Result<Option<FileWriter>, StoreError> {
        let waiting = sqlx::query_scalar!(
            "select cost_file_id from cost_file where state = 'running' or state = 'queued' and deleted_at is null
              order by requested_at limit 100"
        )
        .fetch_all(&self.pool)
        .await
        .doing("the cost files that wait")?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let mut lease = self.writer_connection().await?;
        for id in waiting {
            if !lock(&mut lease, id).await? {
                continue;
            }
            match begin(&mut lease, id).await? {
                Some(begun) if begun.tries > MOST_TRIES => {
                    let writer = begun.into_writer(lease, id).await?;
                    let reason = format!("the service ended {MOST_TRIES} times while it was writing this file");
                    writer.fail(&reason, keep, now).await?;
                    return Box::pin(self.take_cost_file(keep, now)).await;
                }
                Some(begun) => return begun.into_writer(lease, id).await.map(Some),
                // Somebody else was quicker, or it was deleted before it was begun.
                None => unlock(&mut lease, id).await?,
            }
        }
        Ok(None)
    }
}

async fn lock(lease: &mut PgConnection, id: Uuid) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_lock(hashtext('chargeback.cost_file'), hashtext($1)) as "locked!""#,
        id.to_string(),
    )
    .fetch_one(lease)
    .await
    .doing("the lock on a cost file")
}

async fn unlock(lease: &mut PgConnection, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!("select pg_advisory_unlock(hashtext('chargeback.cost_file'), hashtext($1))", id.to_string())
        .fetch_one(lease)
        .await
        .map(drop)
        .doing("the lock on a cost file")
}

/// What is known of a file when its writing begins.
struct Begun {
    tries: i32,
    question: String,
    extent: Value,
    named: bool,
    data_version: i64,
}

async fn begin(lease: &mut PgConnection, id: Uuid) -> Result<Option<Begun>, StoreError> {
    let forgotten = sqlx::query!(
        "update cost_file set state = 'queued'
          where cost_file_id = $1 and state = 'running' and deleted_at is not null",
        id,
    );
    forgotten.execute(&mut *lease).await.doing("a cost file that nobody waits for")?;
    sqlx::query_as!(
        Begun,
        "update cost_file set state = 'running', tries = tries + 1
          where cost_file_id = $1 and state in ('queued', 'running') and deleted_at is null
         returning tries, question, extent, named, data_version",
        id,
    )
    .fetch_optional(lease)
    .await
    .doing("the beginning of a cost file")
}

impl Begun {
    async fn into_writer(self, mut lease: PgConnection, cost_file_id: Uuid) -> Result<FileWriter, StoreError> {
        // What a writer that died has left.
        sqlx::query!("delete from cost_file_part where cost_file_id = $1", cost_file_id)
            .execute(&mut lease)
            .await
            .doing("the clearing of a cost file")?;
        Ok(FileWriter {
            lease,
            cost_file_id,
            question: self.question,
            sight: sight(self.extent, self.named)?,
            data_version: self.data_version,
            piece: Vec::with_capacity(PART_BYTES),
            place: 0,
            bytes: 0,
            digest: Sha256::new(),
        })
    }
}

impl FileWriter {
    /// How many bytes there are so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the next bytes.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PART_BYTES - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PART_BYTES {
                self.keep_piece().await?;
            }
        }
        Ok(())
    }

    async fn keep_piece(&mut self) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into cost_file_part (cost_file_id, place, bytes) values ($1, $2, $3)",
            self.cost_file_id,
            self.place,
            self.piece,
        )
        .execute(&mut self.lease)
        .await
        .doing("a piece of a cost file")?;
        self.place += 1;
        self.piece.clear();
        Ok(())
    }

    /// Makes the file complete; it is kept for so long.
    ///
    /// # Errors
    /// Where the database fails, or the file is not this process's any more.
    pub async fn finish(&mut self, written: &Written, keep: Duration, now: DateTime<Utc>) -> Result<(), StoreError> {
        if !self.piece.is_empty() {
            self.keep_piece().await?;
        }
        let digest: [u8; 32] = std::mem::take(&mut self.digest).finalize().into();
        let finished = sqlx::query!(
            "update cost_file
                set state = 'complete', name = $2, told = $3, rows = $4, bytes = $5, digest = $6, finished_at = $7,
                    expires_at = $8
              where cost_file_id = $1 and state = 'running'",
            self.cost_file_id,
            written.name,
            written.told,
            written.rows,
            i64::try_from(self.bytes).unwrap_or(i64::MAX),
            digest.as_slice(),
            now,
            until(keep, now),
        )
        .execute(&mut self.lease)
        .await
        .doing("the end of a cost file")?;
        if finished.rows_affected() == 1 { Ok(()) } else { Err(StoreError::FileLost) }
    }

    /// Keeps the file as failed, with the reason, and forgets what was written of it.
    ///
    /// # Errors
    /// Where the database fails; the file is then taken up again.
    pub async fn fail(mut self, reason: &str, keep: Duration, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.forget_pieces().await?;
        sqlx::query!(
            "update cost_file set state = 'failed', failure = $2, finished_at = $3, expires_at = $4
              where cost_file_id = $1 and state = 'running'",
            self.cost_file_id,
            reason.replace('\0', "\u{fffd}"),
            now,
            until(keep, now),
        )
        .execute(&mut self.lease)
        .await
        .map(drop)
        .doing("the record of a failed cost file")
    }

    /// Forgets what was written: nobody waits for it any more. That it was asked for still counts for the day.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn forget(mut self) -> Result<(), StoreError> {
        self.forget_pieces().await?;
        sqlx::query!("update cost_file set state = 'queued' where cost_file_id = $1", self.cost_file_id)
            .execute(&mut self.lease)
            .await
            .map(drop)
            .doing("the forgetting of a cost file")
    }

    async fn forget_pieces(&mut self) -> Result<(), StoreError> {
        sqlx::query!("delete from cost_file_part where cost_file_id = $1", self.cost_file_id)
            .execute(&mut self.lease)
            .await
            .map(drop)
            .doing("the clearing of a cost file")
    }
}

fn until(keep: Duration, now: DateTime<Utc>) -> DateTime<Utc> {
    let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(keep).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
