use std::collections::BTreeSet;

use bill::BillingPeriod;
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{CurrencyTotal, Occasion, RefreshState};
use crate::error::{Doing, StoreError};
use crate::events::{EventKind, NewEvent, record_in};

/// A refresh that this process does. Nobody else does it as long as the connection in here lives, and all that is written
/// about it goes through that connection: whoever has lost the lock cannot write any more.
#[derive(Debug)]
pub struct RefreshLease {
    pub(super) connection: PgConnection,
    /// Which one.
    pub refresh_id: Uuid,
    /// What it was asked for by.
    pub occasion: Occasion,
    /// Only these periods; all where empty.
    pub periods: BTreeSet<BillingPeriod>,
    /// Whether what has not changed is read again.
    pub force: bool,
    /// What a process before has published for it already.
    pub published: BTreeSet<(String, BillingPeriod)>,
    /// What has failed so far, as the event about it says.
    pub(super) failed: Vec<Value>,
}

/// How far a refresh is with one period of one export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartProgress {
    /// The name of the export.
    pub export: String,
    /// The billing period; `None` where the export as a whole could not be read.
    pub period: Option<BillingPeriod>,
    /// `embedded` or `athena`.
    pub engine: &'static str,
    /// The step that was begun last.
    pub step: Option<&'static str>,
    /// Rows of the answer that have been read.
    pub rows: i64,
    /// What the control question counted.
    pub totals: Vec<CurrencyTotal>,
    /// When AWS wrote the manifest that was found.
    pub manifest_written_at: Option<DateTime<Utc>>,
    /// When its first step began.
    pub started_at: Option<DateTime<Utc>>,
    /// How it ended, where it has.
    pub end: Option<PartEnd>,
}

/// How a refresh of one period of one export ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartEnd {
    /// `published`, `unchanged` or `failed`.
    pub result: &'static str,
    /// The result as a sentence.
    pub message: String,
    /// Why it failed, where it did, in words that quote nothing of the bill: everyone who reads costs may hear it.
    pub reason: Option<&'static str>,
    /// The version that was published, or that is what the export holds.
    pub version: Option<i32>,
    /// Bedrock lines of the bill that were counted in.
    pub line_items: Option<i64>,
    /// Rows kept.
    pub fact_rows: Option<i64>,
    /// When it ended.
    pub at: DateTime<Utc>,
}

impl RefreshLease {
    /// Writes down how far these parts are, all of them or none.
    ///
    /// # Errors
    /// Where the database fails: then the lock is lost, and another process may take the refresh up.
    pub async fn write_parts<'p>(
        &mut self,
        parts: impl IntoIterator<Item = &'p PartProgress>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.connection.begin().await.doing("the progress of a refresh")?;
        for part in parts {
            write_part(&mut transaction, self.refresh_id, part).await?;
            if let Some(end) = part.end.as_ref().filter(|end| end.result == "failed") {
                self.failed.push(json!({ "export": part.export, "period": part.period, "reason": end.reason }));
            }
        }
        transaction.commit().await.doing("the progress of a refresh")
    }

    /// Proves that the lock is still held.
    ///
    /// # Errors
    /// Where the connection, and with it the lock, is lost.
    pub async fn prove(&mut self) -> Result<(), StoreError> {
        sqlx::query!("select 1 as one").fetch_one(&mut self.connection).await.map(drop).doing("the lock on a refresh")
    }

    /// Writes down that it is over, with an event where it failed, and lets go of it.
    ///
    /// # Errors
    /// Where the database fails: then another process takes the refresh up, and finds what was published.
    pub async fn finish(mut self, state: RefreshState, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.connection.begin().await.doing("the end of a refresh")?;
        let ended = sqlx::query!(
            "update refresh set state = $2, finished_at = $3 where refresh_id = $1 and state = 'running'",
            self.refresh_id,
            state.as_str(),
            now.trunc_subsecs(6),
        )
        .execute(&mut *transaction)
        .await
        .doing("the end of a refresh")?;
        if ended.rows_affected() == 1 && state == RefreshState::Failed {
            let payload = json!({
                "refresh": self.refresh_id,
                "occasion": self.occasion.as_str(),
                "failed": self.failed,
            });
            let event = NewEvent { kind: EventKind::RefreshFailed, payload, now };
            record_in(&mut transaction, &event).await?;
        }
        transaction.commit().await.doing("the end of a refresh")?;
        // The lock goes in any case when the connection is dropped.
        self.connection.close().await.ok();
        Ok(())
    }
}

async fn write_part(connection: &mut PgConnection, refresh_id: Uuid, part: &PartProgress) -> Result<(), StoreError> {
    let end = part.end.as_ref();
    sqlx::query!(
        "insert into refresh_part (refresh_id, export, period, engine, step, rows, totals, manifest_written_at, started_at,
                                   result, message, version, line_items, fact_rows, finished_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (refresh_id, export, coalesce(period, '-infinity'::date)) do update
            set engine = excluded.engine, step = excluded.step, rows = excluded.rows, totals = excluded.totals,
                manifest_written_at = excluded.manifest_written_at, started_at = excluded.started_at,
                result = excluded.result, message = excluded.message, version = excluded.version,
                line_items = excluded.line_items, fact_rows = excluded.fact_rows, finished_at = excluded.finished_at",
        refresh_id,
        part.export,
        part.period.map(BillingPeriod::first_day),
        part.engine,
        part.step,
        part.rows,
        Json(&part.totals) as _,
        part.manifest_written_at,
        part.started_at,
        end.map(|end| end.result),
        end.map(|end| end.message.replace('\0', "\u{fffd}")),
        end.and_then(|end| end.version),
        end.and_then(|end| end.line_items),
        end.and_then(|end| end.fact_rows),
        end.map(|end| end.at),
    )
    .execute(connection)
    .await
    .map(drop)
    .doing("the progress of a refresh")
}
