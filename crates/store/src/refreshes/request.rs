use std::collections::BTreeSet;
use std::net::IpAddr;

use access::Caller;
use access::audit::{AuditAction, AuditEvent};
use bill::BillingPeriod;
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::json;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{Occasion, first_days};
use crate::audit::record_in;
use crate::error::{Doing, StoreError};
use crate::identifier;
use crate::store::Store;

/// A refresh to be asked for.
#[derive(Clone, Debug)]
pub struct RefreshToRequest {
    /// What asks for it.
    pub occasion: Occasion,
    /// Only these periods; all where empty.
    pub periods: BTreeSet<BillingPeriod>,
    /// Whether to read again what has not changed.
    pub force: bool,
}

/// The refresh that does what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requested {
    /// Which one.
    pub refresh_id: Uuid,
    /// Whether it is new; else it was queued or running before.
    pub is_new: bool,
}

impl Store {
    /// Asks for a refresh in somebody's name, with an entry in the audit log. Where one that does all of it is queued or
    /// running, that one is given.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn request_refresh(
        &self,
        refresh: &RefreshToRequest,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Requested, StoreError> {
        let mut transaction = self.begin().await.doing("the request of a refresh")?;
        let requested = request(&mut transaction, refresh, Some(&caller.audit_name()), now).await?;
        let event = AuditEvent {
            address,
            object: Some(requested.refresh_id.to_string()),
            details: json!({ "periods": refresh.periods, "force": refresh.force, "is_new": requested.is_new }),
            ..AuditEvent::new(now, AuditAction::RefreshRequested, caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("the request of a refresh")?;
        Ok(requested)
    }
}

/// Requests come one after another, so that two that are equal become one refresh.
pub(super) async fn request(
    transaction: &mut Transaction<'_, Postgres>,
    refresh: &RefreshToRequest,
    requested_by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Requested, StoreError> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('refresh requests', 0))")
        .fetch_one(&mut **transaction)
        .await
        .doing("the lock on requests of refreshes")?;
    if let Some(refresh_id) = that_does_it(transaction, refresh).await? {
        return Ok(Requested { refresh_id, is_new: false });
    }
    let refresh_id = identifier::at(now);
    sqlx::query!(
        "insert into refresh (refresh_id, occasion, requested_by, periods, force, state, created_at)
         values ($1, $2, $3, $4, $5, 'queued', $6)",
        refresh_id,
        refresh.occasion.as_str(),
        requested_by,
        &first_days(&refresh.periods),
        refresh.force,
        now.trunc_subsecs(6),
    )
    .execute(&mut **transaction)
    .await
    .doing("a new refresh")?;
    Ok(Requested { refresh_id, is_new: true })
}

/// A refresh that is not over and does all that is asked for. One that nobody in particular wants spares what has failed
/// before, so that it does not do for somebody who asks.
async fn that_does_it(connection: &mut PgConnection, refresh: &RefreshToRequest) -> Result<Option<Uuid>, StoreError> {
    sqlx::query_scalar!(
        "select refresh_id from refresh
          where finished_at is null
            and (periods = '{}' or ($1 <> '{}'::date[] and periods @> $1))
            and (force or not $2)
            and ($3 or occasion not in ('start', 'schedule'))
          order by created_at
          limit 1",
        &first_days(&refresh.periods),
        refresh.force,
        refresh.occasion.is_automatic(),
    )
    .fetch_optional(connection)
    .await
    .doing("the search for a refresh that is running")
}
