//! One load is given to teams.

use bill::BillingPeriod;
use ledger::Ownership;
use sqlx::{Connection, PgConnection, Postgres, Transaction};

use super::TeamNames;
use super::met::OwnersMet;
use super::owners::{owners_of, write_owners};
use super::summaries::{copy_sums, sum_by_team, summarise_teams};
use super::teams::Teams;
use crate::error::{Doing, StoreError};

/// Subjects are read and given away in pieces of this many.
const PIECE: usize = 10_000;

/// Gives every subject of a load to its owner under these rules, once: doing it again changes nothing. Gives back the
/// names of the teams that were met.
pub(crate) async fn own_load(
    connection: &mut PgConnection,
    load_id: i64,
    period: BillingPeriod,
    ownership_id: i32,
    rules: &Ownership,
) -> Result<TeamNames, StoreError> {
    let Some((mut transaction, mut teams)) = begin(connection, load_id, ownership_id, rules).await? else {
        return Ok(TeamNames::new());
    };
    let subjects = sqlx::query_scalar!("select distinct subject_id from daily_cost where load_id = $1", load_id)
        .fetch_all(&mut *transaction)
        .await
        .doing("the subjects of a load")?;
    for piece in subjects.chunks(PIECE) {
        let owners = owners_of(&mut transaction, piece, period, rules).await?;
        write_owners(&mut transaction, load_id, ownership_id, &owners, &mut teams).await?;
    }
    // Taken for a handful, the owners would be joined to a million facts one by one.
    sqlx::query!("analyze owner").execute(&mut *transaction).await.doing("the statistics of owners")?;
    sum_by_team(&mut transaction, load_id, ownership_id).await?;
    summarise_teams(&mut transaction, load_id, ownership_id).await?;
    transaction.commit().await.doing("the giving of a load to teams")?;
    Ok(teams.met)
}

/// As [`own_load`], where owners and sums by team are known already.
pub(crate) async fn own_as_met(
    connection: &mut PgConnection,
    load_id: i64,
    met: &OwnersMet,
) -> Result<TeamNames, StoreError> {
    let Some((mut transaction, mut teams)) = begin(connection, load_id, met.ownership_id, &met.rules).await? else {
        return Ok(TeamNames::new());
    };
    for piece in met.owners.chunks(PIECE) {
        write_owners(&mut transaction, load_id, met.ownership_id, piece, &mut teams).await?;
    }
    copy_sums(&mut transaction, load_id, met, &mut teams).await?;
    summarise_teams(&mut transaction, load_id, met.ownership_id).await?;
    transaction.commit().await.doing("the giving of a load to teams")?;
    Ok(teams.met)
}

/// `None` where the load is gone, or has been given to teams under these rules.
async fn begin<'c>(
    connection: &'c mut PgConnection,
    load_id: i64,
    ownership_id: i32,
    rules: &Ownership,
) -> Result<Option<(Transaction<'c, Postgres>, Teams)>, StoreError> {
    let mut transaction = connection.begin().await.doing("the giving of a load to teams")?;
    // One at a time for all loads: teams are met in one order, and a collision is seen by whoever comes second.
    sqlx::query!(
        "select set_config('lock_timeout', '10min', true), pg_advisory_xact_lock(hashtext('chargeback.own_load'))"
    )
    .fetch_one(&mut *transaction)
    .await
    .doing("the lock on ownership")?;
    // The load stays for as long as its owners are written: no foreign key ties them to it.
    let there = sqlx::query_scalar!("select 1 from load where load_id = $1 for key share", load_id)
        .fetch_optional(&mut *transaction)
        .await
        .doing("the load that is given to teams")?;
    if there.is_none() {
        return Ok(None);
    }
    let done = sqlx::query_scalar!(
        r#"select exists (select from owner where load_id = $1 and ownership_id = $2) as "done!""#,
        load_id,
        ownership_id,
    )
    .fetch_one(&mut *transaction)
    .await
    .doing("a look at owners")?;
    if done {
        return Ok(None);
    }
    let teams = Teams::known_beside(&mut transaction, load_id, ownership_id, rules).await?;
    Ok(Some((transaction, teams)))
}

/// Without fresh statistics Postgres takes the new rows for a handful, and joins them one by one. Autovacuum would see to
/// it a minute after readers have come.
pub(crate) async fn analyze(connection: &mut PgConnection) {
    let tables = sqlx::query!(
        "analyze team_cost, team_period_cost, team_day_cost, ownership_total, subject_cost, owner, subject, charge, principal,
                     principal_pseudonym, tag_set, tag_set_pseudonym, team, load, control_total"
    );
    if let Err(error) = tables.execute(connection).await {
        tracing::info!(%error, "statistics are left to autovacuum");
    }
}
