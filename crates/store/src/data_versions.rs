//! The data versions: what is served now, what was served before, and what of that is still kept.
//!
//! The invariant kept here: a version that is not marked as forgotten can be read wholly. Whatever drops a part of one marks
//! it first, in a transaction of its own or in the same.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::error::{Doing, StoreError};

/// How many sets of ownership rules are kept applied beside those in force, to answer what was said before.
const KEPT_RULES: i64 = 5;

/// Locks what is served until the transaction ends, so that changes come one after another. Gives the rules in force; `None`
/// before the first.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<Option<i32>, StoreError> {
    sqlx::query_scalar!("select ownership_id from serving for update")
        .fetch_one(connection)
        .await
        .doing("the lock on what is served")
}

/// Begins the next data version, under these rules. Gives its number.
pub(crate) async fn begin_next(
    connection: &mut PgConnection,
    ownership_id: i32,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let data_version = sqlx::query_scalar!(
        "update serving set data_version = data_version + 1, ownership_id = $1, published_at = $2 returning data_version",
        ownership_id,
        now,
    )
    .fetch_one(&mut *connection)
    .await
    .doing("the data version")?;
    sqlx::query!(
        "insert into data_version (data_version, ownership_id, published_at) values ($1, $2, $3)",
        data_version,
        ownership_id,
        now,
    )
    .execute(connection)
    .await
    .doing("the record of the data version")?;
    Ok(data_version)
}

/// Marks every version that this load is a part of: it is about to be dropped.
pub(crate) async fn forget_load(connection: &mut PgConnection, load_id: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "update data_version set forgotten = true
           from load
          where load_id = $1 and not forgotten
            and data_version >= served_from and (served_until is null or data_version < served_until)",
        load_id,
    )
    .execute(connection)
    .await
    .map(drop)
    .doing("the forgetting of data versions")
}

/// Marks every version under rules that are not kept applied. Gives those that are: the rules in force, and the last few
/// before them.
pub(crate) async fn forget_old_rules(connection: &mut PgConnection, in_force: i32) -> Result<Vec<i32>, StoreError> {
    let kept = sqlx::query_scalar!(
        r#"select ownership_id
             from data_version
            where ownership_id = $1 or not forgotten
            group by ownership_id
            order by ownership_id = $1 desc, max(data_version) desc
            limit $2"#,
        in_force,
        KEPT_RULES + 1,
    )
    .fetch_all(&mut *connection)
    .await
    .doing("the rules that are kept")?;
    let kept: Vec<i32> = if kept.is_empty() { vec![in_force] } else { kept };
    sqlx::query!("update data_version set forgotten = true where not forgotten and ownership_id <> all($1)", &kept)
        .execute(connection)
        .await
        .doing("the forgetting of data versions")?;
    Ok(kept)
}
