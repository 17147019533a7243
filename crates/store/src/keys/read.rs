use access::Extent;
use access::api_key::KeyHash;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{KeyRecord, Row};
use crate::audit::within;
use crate::error::{Doing, StoreError};
use crate::store::Store;

impl Store {
    /// The key with this hash, accepted or not.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            "select api_key_id, name, grants, created_at, created_by, expires_at, revoked_at, last_used_at, replaced_by
               from api_key
              where hash = $1",
            hash.as_bytes(),
        )
        .fetch_optional(&self.pool)
        .await
        .doing("an API key")?;
        row.map(KeyRecord::try_from).transpose()
    }

    /// The key with this id, if everything that it allows lies within this extent.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn key(&self, key_id: Uuid, extent: &Extent) -> Result<Option<KeyRecord>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            "select api_key_id, name, grants, created_at, created_by, expires_at, revoked_at, last_used_at, replaced_by
               from api_key
              where api_key_id = $1
                and ($2::jsonb is null
                     or not exists (select from jsonb_each(grants) as allowed where not allowed.value <@ $2))",
            key_id,
            within(extent)?,
        )
        .fetch_optional(&self.pool)
        .await
        .doing("an API key")?;
        row.map(KeyRecord::try_from).transpose()
    }

    /// Keys that allow nothing beyond this extent, in the order in which they were made: at most so many, after one of them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn keys(&self, extent: &Extent, after: Option<Uuid>, limit: i64) -> Result<Vec<KeyRecord>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            "select api_key_id, name, grants, created_at, created_by, expires_at, revoked_at, last_used_at, replaced_by
               from api_key
              where ($1::jsonb is null
                     or not exists (select from jsonb_each(grants) as allowed where not allowed.value <@ $1))
                and ($2::uuid is null or api_key_id > $2)
              order by api_key_id
              limit $3",
            within(extent)?,
            after,
            limit,
        )
        .fetch_all(&self.pool)
        .await
        .doing("the API keys")?;
        rows.into_iter().map(KeyRecord::try_from).collect()
    }

    /// Notes when keys were last used. It announces nothing: nobody's answer depends on it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn keys_were_used(&self, uses: &[(Uuid, DateTime<Utc>)]) -> Result<(), StoreError> {
        let mut uses = uses.to_vec();
        // Instances that write at the same time take the rows in the same order.
        uses.sort_unstable();
        let (key_ids, times): (Vec<Uuid>, Vec<DateTime<Utc>>) = uses.into_iter().unzip();
        sqlx::query!(
            "with locked as (
                select api_key_id from api_key where api_key_id = any($1) order by api_key_id for no key update
             )
             update api_key
                set last_used_at = greatest(api_key.last_used_at, used.at)
               from (select id, max(at) as at from unnest($1::uuid[], $2::timestamptz[]) as given(id, at) group by id)
                    as used
               join locked on locked.api_key_id = used.id
              where api_key.api_key_id = used.id",
            &key_ids,
            &times,
        )
        .execute(&self.pool)
        .await
        .map(drop)
        .doing("the last use of API keys")
    }
}
