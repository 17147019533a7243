//! The sums by team, made from the facts of a load and its owners.

use sqlx::PgConnection;

use crate::error::{Doing, StoreError};

pub(super) async fn summarise_by_team(
    connection: &mut PgConnection,
    load_id: i64,
    ownership_id: i32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into team_cost
         select load_id, $2, team_id, usage_date, charge_id, currency, sum(unblended_cost), sum(net_unblended_cost),
                sum(list_cost), sum(tokens), sum(line_items)::bigint
           from daily_cost
           join owner using (load_id, subject_id)
          where load_id = $1 and ownership_id = $2
          group by load_id, team_id, usage_date, charge_id, currency",
        load_id,
        ownership_id,
    )
    .execute(&mut *connection)
    .await
    .doing("the summary by team")?;
    sqlx::query!("select summarise_teams($1, $2)", load_id, ownership_id)
        .execute(connection)
        .await
        .map(drop)
        .doing("the summaries by team")
}
