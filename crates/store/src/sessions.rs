//! Browsers that sign in, and browsers that are signed in. Cookies are kept as hashes.

use std::net::IpAddr;

use access::audit::{AuditAction, AuditEvent};
use access::{Caller, CallerKind, Grants};
use chrono::{DateTime, Duration, SubsecRound, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::audit::record_in;
use crate::error::{Doing, StoreError};
use crate::keys::{grants_value, read_grants};
use crate::store::Store;

/// How long a person may take at the provider.
const SIGN_IN_LASTS: Duration = Duration::minutes(10);

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// SHA-256 of its cookie.
    pub hash: [u8; 32],
    /// Subject and issuer of the ID token.
    pub subject: String,
    /// What people call them.
    pub name: String,
    /// What they are allowed.
    pub grants: Grants,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When they have to sign in again.
    pub expires_at: DateTime<Utc>,
}

impl Store {
    /// Remembers a browser that is sent to the provider.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn begin_sign_in(
        &self,
        hash: [u8; 32],
        secrets: Value,
        return_to: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "with cleared as (delete from sign_in where created_at <= $5)
             insert into sign_in (hash, secrets, return_to, created_at) values ($1, $2, $3, $4)",
            hash.as_slice(),
            secrets,
            return_to,
            now,
            now - SIGN_IN_LASTS,
        )
        .execute(&self.pool)
        .await
        .map(drop)
        .doing("the beginning of a sign-in")
    }

    /// What was remembered of a browser that comes back, and where it wants to go: once, and not after ten minutes.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn take_sign_in(
        &self,
        hash: [u8; 32],
        now: DateTime<Utc>,
    ) -> Result<Option<(Value, String)>, StoreError> {
        let row = sqlx::query!(
            "delete from sign_in where hash = $1 returning secrets, return_to, created_at",
            hash.as_slice(),
        )
        .fetch_optional(&self.pool)
        .await
        .doing("the end of a sign-in")?;
        let in_time = row.filter(|row| now < row.created_at + SIGN_IN_LASTS);
        Ok(in_time.map(|row| (row.secrets, row.return_to)))
    }

    /// Remembers a browser that has signed in, and forgets those that have to sign in again.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn create_session(
        &self,
        session: &SessionRecord,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await.doing("a new session")?;
        clear_expired(&mut transaction, now).await?;
        let grants = grants_value(&session.grants)?;
        sqlx::query!(
            "insert into session (hash, subject, name, grants, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
            session.hash.as_slice(),
            session.subject,
            session.name,
            grants,
            session.created_at,
            session.expires_at,
        )
        .execute(&mut *transaction)
        .await
        .doing("a new session")?;
        let caller = Caller {
            kind: CallerKind::Session,
            id: session.subject.clone(),
            name: session.name.clone(),
            grants: session.grants.clone(),
        };
        let event = AuditEvent {
            address,
            details: json!({ "grants": grants, "expires_at": session.expires_at.trunc_subsecs(6) }),
            ..AuditEvent::new(now, AuditAction::SignedIn, &caller)
        };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("a new session")
    }

    /// The session with this hash, over or not.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn session_by_hash(&self, hash: &[u8; 32]) -> Result<Option<SessionRecord>, StoreError> {
        let row = sqlx::query!(
            "select subject, name, grants, created_at, expires_at from session where hash = $1",
            hash.as_slice(),
        )
        .fetch_optional(&self.pool)
        .await
        .doing("a session")?;
        row.map(|row| {
            Ok(SessionRecord {
                hash: *hash,
                subject: row.subject,
                name: row.name,
                grants: read_grants(row.grants)?,
                created_at: row.created_at,
                expires_at: row.expires_at,
            })
        })
        .transpose()
    }

    /// Ends a session. Gives back whether there was one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn end_session(
        &self,
        hash: [u8; 32],
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await.doing("the end of a session")?;
        let ended = sqlx::query!("delete from session where hash = $1", hash.as_slice())
            .execute(&mut *transaction)
            .await
            .doing("the end of a session")?
            .rows_affected();
        if ended == 0 {
            return Ok(false);
        }
        let event = AuditEvent { address, ..AuditEvent::new(now, AuditAction::SignedOut, caller) };
        record_in(&mut transaction, &event).await?;
        transaction.commit().await.doing("the end of a session")?;
        Ok(true)
    }
}

/// Asked before deleting: a deletion is announced, and makes every instance forget whom it knows, even if nothing is deleted.
async fn clear_expired(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(), StoreError> {
    let some = sqlx::query_scalar!(r#"select exists (select from session where expires_at <= $1) as "some!""#, now)
        .fetch_one(&mut *connection)
        .await
        .doing("a look for sessions that are over")?;
    if !some {
        return Ok(());
    }
    sqlx::query!("delete from session where expires_at <= $1", now)
        .execute(connection)
        .await
        .map(drop)
        .doing("the clearing of sessions that are over")
}
