use std::collections::BTreeMap;

use bill::BillingPeriod;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::{CurrencyTotal, Occasion, RefreshPart, RefreshRecord, RefreshState, periods_of};
use crate::error::{Doing, StoreError, amount};
use crate::store::Store;

struct Row {
    refresh_id: Uuid,
    occasion: String,
    requested_by: Option<String>,
    periods: Vec<NaiveDate>,
    force: bool,
    state: String,
    attempts: i32,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

struct PartRow {
    refresh_id: Uuid,
    export: String,
    period: Option<NaiveDate>,
    engine: Option<String>,
    step: Option<String>,
    rows: i64,
    result: Option<String>,
    message: Option<String>,
    version: Option<i32>,
    line_items: Option<i64>,
    fact_rows: Option<i64>,
    totals: Json<Vec<CurrencyTotal>>,
    manifest_written_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    scanned_bytes: Option<i64>,
    price: Option<String>,
}

impl Store {
    /// One refresh; `None` where there is none of this id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn refresh(&self, refresh_id: Uuid) -> Result<Option<RefreshRecord>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            "select refresh_id, occasion, requested_by, periods, force, state, attempts, created_at, started_at, finished_at
               from refresh
              where refresh_id = $1",
            refresh_id,
        )
        .fetch_optional(&self.pool)
        .await
        .doing("a refresh")?;
        Ok(self.with_parts(Vec::from_iter(row)).await?.pop())
    }

    /// Refreshes, newest first: at most so many, older than one of them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn refreshes(&self, before: Option<Uuid>, limit: i64) -> Result<Vec<RefreshRecord>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            "select refresh_id, occasion, requested_by, periods, force, state, attempts, created_at, started_at, finished_at
               from refresh
              where $1::uuid is null or refresh_id < $1
              order by refresh_id desc
              limit $2",
            before,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the refreshes")?;
        self.with_parts(rows).await
    }

    /// How the last refresh of each period of each export ended, on whichever instance, by export and period.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn latest_refresh_parts(&self) -> Result<Vec<RefreshPart>, StoreError> {
        let rows = sqlx::query_file_as!(PartRow, "src/refreshes/latest_parts.sql")
            .fetch_all(&self.pool)
            .await
            .doing("how refreshes ended")?;
        rows.into_iter().map(RefreshPart::try_from).collect()
    }

    async fn with_parts(&self, rows: Vec<Row>) -> Result<Vec<RefreshRecord>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.refresh_id).collect();
        let part_rows = sqlx::query_file_as!(PartRow, "src/refreshes/parts.sql", &ids)
            .fetch_all(&self.pool)
            .await
            .doing("the parts of refreshes")?;
        let mut parts: BTreeMap<Uuid, Vec<RefreshPart>> = BTreeMap::new();
        for row in part_rows {
            parts.entry(row.refresh_id).or_default().push(RefreshPart::try_from(row)?);
        }
        rows.into_iter()
            .map(|row| {
                let parts = parts.remove(&row.refresh_id).unwrap_or_default();
                record(row, parts)
            })
            .collect()
    }
}

fn record(row: Row, parts: Vec<RefreshPart>) -> Result<RefreshRecord, StoreError> {
    let occasion = Occasion::ALL.into_iter().find(|occasion| occasion.as_str() == row.occasion);
    let state = RefreshState::ALL.into_iter().find(|state| state.as_str() == row.state);
    Ok(RefreshRecord {
        refresh_id: row.refresh_id,
        occasion: occasion.ok_or(StoreError::Corrupt { what: "the occasion of a refresh", value: row.occasion })?,
        requested_by: row.requested_by,
        periods: periods_of(row.periods),
        force: row.force,
        state: state.ok_or(StoreError::Corrupt { what: "the state of a refresh", value: row.state })?,
        attempts: row.attempts,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        parts,
    })
}

impl TryFrom<PartRow> for RefreshPart {
    type Error = StoreError;

    fn try_from(row: PartRow) -> Result<Self, StoreError> {
        Ok(Self {
            export: row.export,
            period: row.period.map(BillingPeriod::containing),
            engine: row.engine,
            step: row.step,
            rows: row.rows,
            result: row.result,
            message: row.message,
            version: row.version,
            line_items: row.line_items,
            fact_rows: row.fact_rows,
            totals: row.totals.0,
            manifest_written_at: row.manifest_written_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            scanned_bytes: row.scanned_bytes,
            price: row.price.as_deref().map(amount).transpose()?,
        })
    }
}
