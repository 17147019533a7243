use std::net::IpAddr;

use access::audit::{AuditAction, AuditEvent};
use access::{Caller, Extent};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::{NoContext, Timestamp, Uuid};

use crate::audit::record_in;
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// Lines that are to be fetched, unless they are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinesToFetch {
    /// What the question to the export is asked with, from its fourth parameter on.
    pub parameters: Vec<String>,
    /// The part whose lines are kept, and the rules under which; everybody's where not set.
    pub only: Option<(Extent, i32)>,
}

/// What a caller asks for.
#[derive(Clone, Debug)]
pub struct NewDrilldown<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// From where.
    pub address: Option<IpAddr>,
    /// Of what they may ask.
    pub extent: &'a Extent,
    /// The question in their words.
    pub question: Value,
    /// The load that it is about.
    pub load_id: i64,
    /// What to fetch; `None` where nothing that they may see can be in it.
    pub lines: Option<LinesToFetch>,
    /// The most that one caller may ask for in a day.
    pub per_day: u32,
    /// The most that one caller may have unfinished.
    pub at_once: u32,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requested {
    /// It is kept under this id.
    Accepted(Uuid),
    /// The caller has asked for so many within a day that the next can be asked for at this time.
    TooManyToday(DateTime<Utc>),
    /// The caller has too many that are not finished.
    TooManyAtOnce,
}

impl Store {
    /// Keeps what a caller asks for, with an entry in the audit log. Lines that are there, or on their way, are not fetched
    /// again.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn request_drilldown(&self, new: &NewDrilldown<'_>) -> Result<Requested, StoreError> {
        let mut transaction = self.begin().await.doing("a drill-down")?;
        let caller = new.caller.audit_name();
        // One caller's requests come one after another, so that limits hold.
        sqlx::query!("select pg_advisory_xact_lock(hashtext('chargeback.drilldowns'), hashtext($1))", caller)
            .fetch_one(&mut *transaction)
            .await
            .doing("the lock on a caller's drill-downs")?;
        if let Some(refused) = refusal(&mut transaction, new, &caller).await? {
            return Ok(refused);
        }
        let set_id = match &new.lines {
            None => None,
            Some(lines) => Some(set_for(&mut transaction, new, lines).await?),
        };
        let seconds = u64::try_from(new.now.timestamp()).unwrap_or(0);
        let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, new.now.timestamp_subsec_nanos()));
        sqlx::query!(
            "insert into drilldown (drilldown_id, drilldown_set_id, load_id, caller, question, finds_nothing, requested_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            id,
            set_id,
            new.load_id,
            caller,
            new.question,
            set_id.is_none(),
            new.now.trunc_subsecs(6),
        )
        .execute(&mut *transaction)
        .await
        .doing("a drill-down")?;
        let event = AuditEvent {
            address: new.address,
            object: Some(id.to_string()),
            extent: new.extent.clone(),
            details: json!({ "question": new.question }),
            ..AuditEvent::new(new.now, AuditAction::DrilldownRequested, new.caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("a drill-down")?;
        Ok(Requested::Accepted(id))
    }
}

async fn refusal(
    connection: &mut PgConnection,
    new: &NewDrilldown<'_>,
    caller: &str,
) -> Result<Option<Requested>, StoreError> {
    let asked = sqlx::query!(
        r#"select count(*) as "today!",
                  count(*) filter (where deleted_at is null and state in ('queued', 'running')) as "unfinished!",
                  min(requested_at) as first
             from (select requested_at, deleted_at, state
                     from drilldown
                     left join drilldown_set using (drilldown_set_id)
                    where caller = $1 and requested_at > $2
                    order by requested_at desc
                    limit $3) as latest"#,
        caller,
        new.now - TimeDelta::days(1),
        i64::from(new.per_day),
    )
    .fetch_one(connection)
    .await
    .doing("the count of a caller's drill-downs")?;
    // The latest so many: when the first of them is a day old, the next may come.
    let first = asked.first.filter(|_| asked.today >= i64::from(new.per_day));
    if let Some(first) = first {
        return Ok(Some(Requested::TooManyToday(first + TimeDelta::days(1))));
    }
    Ok((asked.unfinished >= i64::from(new.at_once)).then_some(Requested::TooManyAtOnce))
}

/// The set of these lines: the one that there is, or a new one.
async fn set_for(
    connection: &mut PgConnection,
    new: &NewDrilldown<'_>,
    lines: &LinesToFetch,
) -> Result<i64, StoreError> {
    let corrupt = |error: serde_json::Error| StoreError::Corrupt { what: "an extent", value: error.to_string() };
    let extent = lines.only.as_ref().map(|(extent, _)| serde_json::to_value(extent)).transpose().map_err(corrupt)?;
    let ownership_id = lines.only.as_ref().map(|(_, ownership_id)| *ownership_id);
    let parameters = json!(lines.parameters);
    // Debug output of these is exact: every text in it is escaped, and sets are sorted.
    let fingerprint: [u8; 32] = Sha256::digest(format!("{lines:?}").as_bytes()).into();
    // The update changes nothing; it makes the insert give back the row that is there.
    sqlx::query_scalar!(
        "insert into drilldown_set (load_id, fingerprint, parameters, extent, ownership_id, state, created_at)
         values ($1, $2, $3, $4, $5, 'queued', $6)
         on conflict (load_id, fingerprint) where state <> 'failed' do update set fingerprint = excluded.fingerprint
         returning drilldown_set_id",
        new.load_id,
        fingerprint.as_slice(),
        parameters,
        extent,
        ownership_id,
        new.now,
    )
    .fetch_one(connection)
    .await
    .doing("the lines of a drill-down")
}
