//! The sums by team: made from the facts of a load and its owners, or written as they were added up.

use sqlx::PgConnection;

use super::met::{OwnersMet, Sums, TeamDayCharge};
use super::teams::Teams;
use crate::copy::CopyRows;
use crate::error::{Doing, StoreError};

/// Fills `team_cost` from the facts and owners that are kept.
pub(super) async fn sum_by_team(
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
    .execute(connection)
    .await
    .map(drop)
    .doing("the summary by team")
}

/// Fills `team_cost` with sums that are there already.
pub(super) async fn copy_sums(
    connection: &mut PgConnection,
    load_id: i64,
    met: &OwnersMet,
    teams: &mut Teams,
) -> Result<(), StoreError> {
    let statement = "copy team_cost (load_id, ownership_id, team_id, usage_date, charge_id, currency, unblended_cost, \
                     net_unblended_cost, list_cost, tokens, line_items) from stdin (format binary)";
    let sums = by_team_id(connection, met, teams).await?;
    let mut copy = connection.copy_in_raw(statement).await.doing("the copying of the summary by team")?;
    let mut rows = CopyRows::default();
    for (team_id, key, sums) in sums {
        rows.row(11).bigint(load_id).integer(met.ownership_id);
        match team_id {
            Some(team_id) => rows.integer(team_id),
            None => rows.null(),
        };
        rows.date(key.usage_date).integer(key.charge_id).text(&key.currency);
        for cost in sums.costs {
            rows.numeric(cost);
        }
        rows.numeric(sums.tokens).bigint(sums.line_items);
        if rows.is_a_piece() {
            copy.send(rows.take()).await.doing("the summary by team")?;
        }
    }
    rows.end();
    copy.send(rows.take()).await.doing("the summary by team")?;
    copy.finish().await.map(drop).doing("the end of the summary by team")
}

/// A team's rows stand together, as they are read.
async fn by_team_id(
    connection: &mut PgConnection,
    met: &OwnersMet,
    teams: &mut Teams,
) -> Result<Vec<(Option<i32>, TeamDayCharge, Sums)>, StoreError> {
    let mut team_ids = Vec::with_capacity(met.team_names.len());
    for name in &met.team_names {
        team_ids.push(teams.id(connection, name).await?);
    }
    let mut rows: Vec<_> =
        met.sums.iter().map(|(key, sums)| (key.team.map(|place| team_ids[place]), *key, *sums)).collect();
    let order = |(team_id, key, _): &(Option<i32>, TeamDayCharge, Sums)| {
        (*team_id, key.usage_date, key.charge_id, key.currency)
    };
    rows.sort_unstable_by_key(order);
    // A team may be written in more ways than one: these are one row.
    let mut merged: Vec<(Option<i32>, TeamDayCharge, Sums)> = Vec::with_capacity(rows.len());
    for row in rows {
        match merged.last_mut() {
            Some(last) if order(last) == order(&row) => {
                last.2 =
                    last.2.plus(&row.2).ok_or(StoreError::Corrupt { what: "sums by team", value: String::new() })?;
            }
            _ => merged.push(row),
        }
    }
    Ok(merged)
}

/// Fills what is made of `team_cost`.
pub(super) async fn summarise_teams(
    connection: &mut PgConnection,
    load_id: i64,
    ownership_id: i32,
) -> Result<(), StoreError> {
    sqlx::query!("select summarise_teams($1, $2)", load_id, ownership_id)
        .execute(connection)
        .await
        .map(drop)
        .doing("the summaries by team")
}
