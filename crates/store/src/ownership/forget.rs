//! What rules gave to whom that are long out of force is forgotten.

use sqlx::{Connection, PgConnection};

use crate::data_versions;
use crate::error::{Doing, StoreError};

/// What rules gave to whom that are long out of force is not asked again: it can be worked out anew. The lock on what is
/// served keeps other rules from coming into force meanwhile.
pub(super) async fn forget_old_rules(connection: &mut PgConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await.doing("the forgetting of old rules")?;
    let Some(in_force) = data_versions::lock(&mut transaction).await? else { return Ok(()) };
    let kept = data_versions::forget_old_rules(&mut transaction, in_force).await?;
    sqlx::query!("delete from team_cost where ownership_id <> all($1)", &kept)
        .execute(&mut *transaction)
        .await
        .doing("the forgetting of old summaries")?;
    sqlx::query!("delete from team_period_cost where ownership_id <> all($1)", &kept)
        .execute(&mut *transaction)
        .await
        .doing("the forgetting of old summaries")?;
    sqlx::query!("delete from team_day_cost where ownership_id <> all($1)", &kept)
        .execute(&mut *transaction)
        .await
        .doing("the forgetting of old summaries")?;
    sqlx::query!("delete from ownership_total where ownership_id <> all($1)", &kept)
        .execute(&mut *transaction)
        .await
        .doing("the forgetting of old summaries")?;
    sqlx::query!("delete from owner where ownership_id <> all($1)", &kept)
        .execute(&mut *transaction)
        .await
        .doing("the forgetting of old owners")?;
    transaction.commit().await.doing("the forgetting of old rules")
}
