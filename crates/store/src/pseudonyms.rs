//! The pseudonyms of persons, kept beside what they stand for.
//!
//! The invariant kept here: readers who may not see persons read `principal_pseudonym`, `tag_set_pseudonym` and
//! `account_pseudonym` in the place of the tables beside them, so that grouping, filtering and ordering know nothing but
//! pseudonyms. A row without a pseudonym made as this process makes them is not shown at all: money is never left out, names
//! never slip through. Rows are there for everything that is published: [`Store::keep_pseudonyms`] writes them before anything
//! is served, and each load before it is published.

use std::sync::Arc;

use access::pseudonym::Pseudonyms;
use bill::principal::Principal;
use bill::tags::TagSet;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::error::{Doing, StoreError};
use crate::store::Store;

/// Rows are written in pieces of this many.
const PIECE: i64 = 5_000;

impl Store {
    /// The same store, which gives persons these pseudonyms. Without it readers who may not see persons see none at all.
    #[must_use]
    pub fn with_pseudonyms(mut self, pseudonyms: Pseudonyms) -> Self {
        self.pseudonyms = Some(Arc::new(pseudonyms));
        self
    }

    /// Writes the pseudonyms of everything that has none yet, or one of another key, and tells how many were written. Without
    /// pseudonyms there is nothing to do. Doing it again changes nothing, and several instances may do it at once.
    ///
    /// Where answers are others than before, a new data version begins.
    ///
    /// # Errors
    /// Where the database fails. What was written is kept, and the next time goes on from there.
    pub async fn keep_pseudonyms(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let Some(pseudonyms) = &self.pseudonyms else { return Ok(0) };
        let mut writer = self.writer_connection().await?;
        let written = keep(&mut writer, pseudonyms).await?;
        if written > 0 {
            analyze(&mut writer).await;
            sqlx::query!("update serving set data_version = data_version + 1, published_at = $1", now)
                .execute(&mut writer)
                .await
                .doing("the data version of pseudonyms")?;
        }
        Ok(written)
    }
}

/// Writes what is missing and tells how many rows that were. Rows are written in the order of their keys, so that two who do
/// it at once do not wait for one another in a circle.
pub(crate) async fn keep(connection: &mut PgConnection, pseudonyms: &Pseudonyms) -> Result<u64, StoreError> {
    let key = pseudonyms.fingerprint();
    let mut written = keep_accounts(connection, pseudonyms, &key).await?;
    written += keep_principals(connection, pseudonyms, &key).await?;
    written += keep_tag_sets(connection, pseudonyms, &key).await?;
    Ok(written)
}

/// Without fresh statistics Postgres takes the new rows for a handful.
async fn analyze(connection: &mut PgConnection) {
    let tables = sqlx::query!("analyze principal_pseudonym, tag_set_pseudonym, account_pseudonym");
    if let Err(error) = tables.execute(connection).await {
        tracing::info!(%error, "statistics are left to autovacuum");
    }
}

async fn keep_principals(connection: &mut PgConnection, pseudonyms: &Pseudonyms, key: &str) -> Result<u64, StoreError> {
    let (mut written, mut last) = (0, 0);
    loop {
        let rows = sqlx::query!(
            "select principal_id, arn from principal
              where principal_id > $1
                and not exists (
                    select from principal_pseudonym as kept
                     where kept.principal_id = principal.principal_id and kept.key = $2)
              order by principal_id
              limit $3",
            last,
            key,
            PIECE,
        )
        .fetch_all(&mut *connection)
        .await
        .doing("principals without a pseudonym")?;
        let Some(end) = rows.last() else { return Ok(written) };
        last = end.principal_id;
        let (ids, shown): (Vec<i32>, Vec<Principal>) = rows
            .iter()
            .filter_map(|row| Some((row.principal_id, pseudonyms.principal(&Principal::parse(Some(&row.arn))?))))
            .unzip();
        written += write_principals(connection, key, &ids, &shown).await?;
    }
}

async fn write_principals(
    connection: &mut PgConnection,
    key: &str,
    ids: &[i32],
    principals: &[Principal],
) -> Result<u64, StoreError> {
    let texts = |get: fn(&Principal) -> Option<&str>| -> Vec<Option<String>> {
        principals.iter().map(|principal| get(principal).map(str::to_owned)).collect()
    };
    let written = sqlx::query!(
        "insert into principal_pseudonym as kept (key, principal_id, opaque_id, arn, identity, partition, account, name,
                                                  path, role, session, permission_set, person)
         select $1, * from unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                                  $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
         on conflict (principal_id) do update
            set key = excluded.key, opaque_id = excluded.opaque_id, arn = excluded.arn, identity = excluded.identity,
                partition = excluded.partition, account = excluded.account, name = excluded.name, path = excluded.path,
                role = excluded.role, session = excluded.session, permission_set = excluded.permission_set,
                person = excluded.person
          where kept.key <> excluded.key",
        key,
        ids,
        &texts(|principal| Some(&principal.id)) as &[Option<String>],
        &texts(|principal| Some(&principal.arn)) as &[Option<String>],
        &texts(|principal| Some(principal.identity.as_str())) as &[Option<String>],
        &texts(|principal| principal.partition.as_deref()) as &[Option<String>],
        &texts(|principal| principal.account.as_deref()) as &[Option<String>],
        &texts(|principal| principal.name.as_deref()) as &[Option<String>],
        &texts(|principal| principal.path.as_deref()) as &[Option<String>],
        &texts(|principal| principal.role.as_deref()) as &[Option<String>],
        &texts(|principal| principal.session.as_deref()) as &[Option<String>],
        &texts(|principal| principal.permission_set.as_deref()) as &[Option<String>],
        &texts(|principal| principal.person.as_deref()) as &[Option<String>],
    )
    .execute(connection)
    .await
    .doing("pseudonyms of principals")?;
    Ok(written.rows_affected())
}

async fn keep_tag_sets(connection: &mut PgConnection, pseudonyms: &Pseudonyms, key: &str) -> Result<u64, StoreError> {
    let (mut written, mut last) = (0, 0);
    loop {
        let rows = sqlx::query!(
            "select tag_set_id, tags, resource_tags, cost_category from tag_set
              where tag_set_id > $1
                and not exists (
                    select from tag_set_pseudonym as kept where kept.tag_set_id = tag_set.tag_set_id and kept.key = $2)
              order by tag_set_id
              limit $3",
            last,
            key,
            PIECE,
        )
        .fetch_all(&mut *connection)
        .await
        .doing("sets of tags without a pseudonym")?;
        let Some(end) = rows.last() else { return Ok(written) };
        last = end.tag_set_id;
        let (mut ids, mut shown) = (Vec::new(), Vec::new());
        for row in rows {
            let corrupt = |_| StoreError::Corrupt { what: "a set of tags", value: row.tag_set_id.to_string() };
            let set = TagSet {
                tags: serde_json::from_value(row.tags).map_err(corrupt)?,
                resource_tags: serde_json::from_value(row.resource_tags).map_err(corrupt)?,
                cost_category: serde_json::from_value(row.cost_category).map_err(corrupt)?,
            };
            ids.push(row.tag_set_id);
            shown.push(pseudonyms.tag_set(&set));
        }
        written += write_tag_sets(connection, key, &ids, &shown).await?;
    }
}

async fn write_tag_sets(
    connection: &mut PgConnection,
    key: &str,
    ids: &[i32],
    sets: &[TagSet],
) -> Result<u64, StoreError> {
    let json = |map| serde_json::to_value(map).unwrap_or_default();
    let tags: Vec<_> = sets.iter().map(|set| json(&set.tags)).collect();
    let resource_tags: Vec<_> = sets.iter().map(|set| json(&set.resource_tags)).collect();
    let cost_category: Vec<_> = sets.iter().map(|set| json(&set.cost_category)).collect();
    let written = sqlx::query!(
        "insert into tag_set_pseudonym as kept (key, tag_set_id, tags, resource_tags, cost_category)
         select $1, * from unnest($2::integer[], $3::jsonb[], $4::jsonb[], $5::jsonb[])
         on conflict (tag_set_id) do update
            set key = excluded.key, tags = excluded.tags, resource_tags = excluded.resource_tags,
                cost_category = excluded.cost_category
          where kept.key <> excluded.key",
        key,
        ids,
        &tags,
        &resource_tags,
        &cost_category,
    )
    .execute(connection)
    .await
    .doing("pseudonyms of tags")?;
    Ok(written.rows_affected())
}

/// Accounts are few, and their names change: all of them are looked at each time.
async fn keep_accounts(connection: &mut PgConnection, pseudonyms: &Pseudonyms, key: &str) -> Result<u64, StoreError> {
    let rows = sqlx::query!("select account, name from account order by account")
        .fetch_all(&mut *connection)
        .await
        .doing("the names of accounts")?;
    let (accounts, names): (Vec<String>, Vec<String>) =
        rows.into_iter().map(|row| (row.account, pseudonyms.account_name(&row.name))).unzip();
    let written = sqlx::query!(
        "insert into account_pseudonym as kept (key, account, name)
         select $1, * from unnest($2::text[], $3::text[])
         on conflict (account) do update set key = excluded.key, name = excluded.name
          where (kept.key, kept.name) <> (excluded.key, excluded.name)",
        key,
        &accounts,
        &names,
    )
    .execute(connection)
    .await
    .doing("pseudonyms of accounts")?;
    Ok(written.rows_affected())
}
