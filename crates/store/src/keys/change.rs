use std::net::IpAddr;

use access::api_key::KeyHash;
use access::audit::{AuditAction, AuditEvent};
use access::{Caller, Extent};
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::{NoContext, Timestamp, Uuid};

use super::{KeyRecord, KeyState, KeyToCreate, Row, grants_value};
use crate::audit::{record_in, within};
use crate::error::{Doing, StoreError};
use crate::store::Store;

/// How a key is replaced.
#[derive(Clone, Copy, Debug)]
pub struct KeyRotation {
    /// What is kept of the new key's secret.
    pub hash: KeyHash,
    /// From when the new key is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// From when the old key is refused, where it does not expire before.
    pub old_expires_at: DateTime<Utc>,
}

/// What became of a key that was to be revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokedKey {
    /// It is refused from now on.
    Now(KeyRecord),
    /// It was revoked before: nothing changed.
    Before(KeyRecord),
}

/// What became of a key that was to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotatedKey {
    /// The new key, which allows what the old one does.
    Replaced {
        /// The old key, as it is now.
        old: KeyRecord,
        /// The new key.
        new: KeyRecord,
    },
    /// It is not accepted any more: there is nothing to replace.
    NotActive(KeyRecord),
    /// Another key has taken its place already.
    ReplacedBefore(KeyRecord),
}

impl Store {
    /// Makes a key.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn create_key(
        &self,
        key: &KeyToCreate,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<KeyRecord, StoreError> {
        let mut transaction = self.begin().await.doing("a new API key")?;
        let record = insert(&mut transaction, key, caller, now).await?;
        let done = Done { action: AuditAction::KeyCreated, caller, address, now };
        done.write_down(&mut transaction, &record, described(&record)?).await?;
        transaction.commit().await.doing("a new API key")?;
        Ok(record)
    }

    /// Revokes a key, if everything that it allows lies within this extent; `None` where there is no such key.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn revoke_key(
        &self,
        key_id: Uuid,
        extent: &Extent,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Option<RevokedKey>, StoreError> {
        let mut transaction = self.begin().await.doing("the revocation of an API key")?;
        let Some(mut record) = locked(&mut transaction, key_id, extent).await? else { return Ok(None) };
        if record.revoked_at.is_some() {
            return Ok(Some(RevokedKey::Before(record)));
        }
        let now = now.trunc_subsecs(6);
        sqlx::query!("update api_key set revoked_at = $2 where api_key_id = $1", key_id, now)
            .execute(&mut *transaction)
            .await
            .doing("the revocation of an API key")?;
        record.revoked_at = Some(now);
        let done = Done { action: AuditAction::KeyRevoked, caller, address, now };
        done.write_down(&mut transaction, &record, json!({ "name": record.name })).await?;
        transaction.commit().await.doing("the revocation of an API key")?;
        Ok(Some(RevokedKey::Now(record)))
    }

    /// Replaces a key by one of the same name that allows the same, if all of that lies within this extent; both are
    /// accepted until the old one expires. `None` where there is no such key.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn rotate_key(
        &self,
        key_id: Uuid,
        rotation: KeyRotation,
        extent: &Extent,
        caller: &Caller,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<Option<RotatedKey>, StoreError> {
        let mut transaction = self.begin().await.doing("the rotation of an API key")?;
        let Some(mut old) = locked(&mut transaction, key_id, extent).await? else { return Ok(None) };
        if old.state(now) != KeyState::Active {
            return Ok(Some(RotatedKey::NotActive(old)));
        }
        if old.replaced_by.is_some() {
            return Ok(Some(RotatedKey::ReplacedBefore(old)));
        }
        let KeyRotation { hash, expires_at, old_expires_at } = rotation;
        let key = KeyToCreate { name: old.name.clone(), hash, grants: old.grants.clone(), expires_at };
        let new = insert(&mut transaction, &key, caller, now).await?;
        // A rotation never makes the old key live longer.
        let old_expires_at = old_expires_at.trunc_subsecs(6);
        let old_expires_at = old.expires_at.map_or(old_expires_at, |before| before.min(old_expires_at));
        replace(&mut transaction, &mut old, new.key_id, old_expires_at).await?;
        let mut details = described(&new)?;
        details["replaces"] = json!({ "id": old.key_id, "expires_at": old.expires_at });
        let done = Done { action: AuditAction::KeyRotated, caller, address, now };
        done.write_down(&mut transaction, &new, details).await?;
        transaction.commit().await.doing("the rotation of an API key")?;
        Ok(Some(RotatedKey::Replaced { old, new }))
    }
}

/// The key, which nobody else changes meanwhile.
async fn locked(connection: &mut PgConnection, key_id: Uuid, extent: &Extent) -> Result<Option<KeyRecord>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "select api_key_id, name, grants, created_at, created_by, expires_at, revoked_at, last_used_at, replaced_by
           from api_key
          where api_key_id = $1
            and ($2::jsonb is null
                 or not exists (select from jsonb_each(grants) as allowed where not allowed.value <@ $2))
            for update",
        key_id,
        within(extent)?,
    )
    .fetch_optional(connection)
    .await
    .doing("the lock on an API key")?;
    row.map(KeyRecord::try_from).transpose()
}

async fn insert(
    connection: &mut PgConnection,
    key: &KeyToCreate,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<KeyRecord, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "insert into api_key (api_key_id, name, hash, grants, created_at, created_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning api_key_id, name, grants, created_at, created_by, expires_at, revoked_at, last_used_at, replaced_by",
        id_at(now),
        key.name,
        key.hash.as_bytes(),
        grants_value(&key.grants)?,
        now.trunc_subsecs(6),
        caller.audit_name(),
        key.expires_at.map(|end| end.trunc_subsecs(6)),
    )
    .fetch_one(connection)
    .await
    .doing("a new API key")?;
    KeyRecord::try_from(row)
}

async fn replace(
    connection: &mut PgConnection,
    old: &mut KeyRecord,
    new_id: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update api_key set expires_at = $2, replaced_by = $3 where api_key_id = $1",
        old.key_id,
        expires_at,
        new_id,
    )
    .execute(connection)
    .await
    .doing("the rotation of an API key")?;
    old.expires_at = Some(expires_at);
    old.replaced_by = Some(new_id);
    Ok(())
}

/// Ids grow with time, so that keys are listed in the order in which they were made.
fn id_at(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

/// What the audit log says of a new key.
fn described(key: &KeyRecord) -> Result<Value, StoreError> {
    let grants = grants_value(&key.grants)?;
    Ok(json!({ "name": key.name, "grants": grants, "expires_at": key.expires_at }))
}

/// Something done to a key.
struct Done<'d> {
    action: AuditAction,
    caller: &'d Caller,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
}

impl Done<'_> {
    async fn write_down(
        &self,
        transaction: &mut Transaction<'_, Postgres>,
        key: &KeyRecord,
        details: Value,
    ) -> Result<(), StoreError> {
        let event = AuditEvent {
            address: self.address,
            object: Some(key.key_id.to_string()),
            extent: key.extent(),
            details,
            ..AuditEvent::new(self.now, self.action, self.caller)
        };
        record_in(transaction, &event).await.map(drop)
    }
}
