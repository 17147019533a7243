use std::net::IpAddr;

use access::audit::{AuditAction, AuditEvent};
use access::{Caller, Persons, Sight};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::{NoContext, Timestamp, Uuid};

use crate::audit::record_in;
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// A file that a caller asks for.
#[derive(Clone, Debug)]
pub struct NewCostFile<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// From where.
    pub address: Option<IpAddr>,
    /// What they may see.
    pub sight: &'a Sight,
    /// The query string that asks the same of `/v1/costs`, with data version and format.
    pub question: String,
    /// The data version that it is of.
    pub data_version: i64,
    /// The format.
    pub format: &'static str,
    /// The most that one caller may ask for in a day.
    pub per_day: u32,
    /// The most that one caller may have unfinished.
    pub at_once: u32,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRequested {
    /// It is to be written, under this id.
    Accepted(Uuid),
    /// It is there, or on its way, under this id: the caller asked for it before.
    Known(Uuid),
    /// The caller has asked for so many within a day that the next can be asked for at this time.
    TooManyToday(DateTime<Utc>),
    /// The caller has too many that are not finished.
    TooManyAtOnce,
}

impl Store {
    /// Keeps a file that a caller asks for, with an entry in the audit log, unless they have it, or it is on its way.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn request_cost_file(&self, new: &NewCostFile<'_>) -> Result<FileRequested, StoreError> {
        let mut transaction = self.begin().await.doing("a cost file")?;
        let caller = new.caller.audit_name();
        // One caller's requests come one after another, so that limits hold and nothing is written twice.
        sqlx::query!("select pg_advisory_xact_lock(hashtext('chargeback.cost_files'), hashtext($1))", caller)
            .fetch_one(&mut *transaction)
            .await
            .doing("the lock on a caller's cost files")?;
        if let Some(known) = known(&mut transaction, new, &caller).await? {
            return Ok(FileRequested::Known(known));
        }
        if let Some(refused) = refusal(&mut transaction, new, &caller).await? {
            return Ok(refused);
        }
        let seconds = u64::try_from(new.now.timestamp()).unwrap_or(0);
        let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, new.now.timestamp_subsec_nanos()));
        sqlx::query!(
            "insert into cost_file (cost_file_id, caller, question, extent, named, data_version, format, state, requested_at)
             values ($1, $2, $3, $4, $5, $6, $7, 'queued', $8)",
            id,
            caller,
            new.question,
            json!(new.sight.extent),
            new.sight.persons == Persons::Named,
            new.data_version,
            new.format,
            new.now.trunc_subsecs(6),
        )
        .execute(&mut *transaction)
        .await
        .doing("a cost file")?;
        let event = AuditEvent {
            address: new.address,
            object: Some(id.to_string()),
            extent: new.sight.extent.clone(),
            details: json!({ "question": new.question }),
            ..AuditEvent::new(new.now, AuditAction::CostsExported, new.caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("a cost file")?;
        Ok(FileRequested::Accepted(id))
    }
}

/// The same file, of the same caller, who might see the same.
async fn known(connection: &mut PgConnection, new: &NewCostFile<'_>, caller: &str) -> Result<Option<Uuid>, StoreError> {
    sqlx::query_scalar!(
        "select cost_file_id
           from cost_file
          where caller = $1 and question = $2 and extent = $3 and named = $4
            and state <> 'failed' and deleted_at is null and (expires_at is null or expires_at > $5)
          limit 1",
        caller,
        new.question,
        json!(new.sight.extent),
        new.sight.persons == Persons::Named,
        new.now,
    )
    .fetch_optional(connection)
    .await
    .doing("a caller's cost files")
}

async fn refusal(
    connection: &mut PgConnection,
    new: &NewCostFile<'_>,
    caller: &str,
) -> Result<Option<FileRequested>, StoreError> {
    let asked = sqlx::query!(
        r#"select count(*) as "today!",
                  count(*) filter (where deleted_at is null and state in ('queued', 'running')) as "unfinished!",
                  min(requested_at) as first
             from (select requested_at, deleted_at, state
                     from cost_file
                    where caller = $1 and requested_at > $2
                    order by requested_at desc
                    limit $3) as latest"#,
        caller,
        new.now - TimeDelta::days(1),
        i64::from(new.per_day),
    )
    .fetch_one(connection)
    .await
    .doing("the count of a caller's cost files")?;
    // The latest so many: when the first of them is a day old, the next may come.
    let first = asked.first.filter(|_| asked.today >= i64::from(new.per_day));
    if let Some(first) = first {
        return Ok(Some(FileRequested::TooManyToday(first + TimeDelta::days(1))));
    }
    Ok((asked.unfinished >= i64::from(new.at_once)).then_some(FileRequested::TooManyAtOnce))
}
