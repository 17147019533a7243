//! Rules come into force: every load is given to teams by them, then one transaction switches over.

use access::Caller;
use access::audit::{AuditAction, AuditEvent};
use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use ledger::Ownership;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::forget::forget_old_rules;
use super::{OwnershipApplied, TeamNames, analyze, name_teams, own_load};
use crate::audit::record_in;
use crate::data_versions;
use crate::error::{Doing, StoreError};
use crate::events::{EventKind, NewEvent};
use crate::store::Store;

impl Store {
    /// Brings rules into force as the service itself does it, when it starts or is told to read them again.
    ///
    /// # Errors
    /// As [`Store::change_ownership`].
    pub async fn apply_ownership(&self, rules: &Ownership, now: DateTime<Utc>) -> Result<OwnershipApplied, StoreError> {
        let service =
            Caller { id: "service".to_owned(), name: "the service itself".to_owned(), ..Caller::command_line() };
        self.change_ownership(rules, &service, now).await
    }

    /// Brings rules into force: every load that is served is given to teams by them, then one transaction switches over.
    /// The audit log keeps the texts of both, before and after.
    ///
    /// # Errors
    /// Where the database fails, or two tag values would be one team: then the rules before stay in force.
    pub async fn change_ownership(
        &self,
        rules: &Ownership,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<OwnershipApplied, StoreError> {
        let mut writer = self.writer_connection().await?;
        let ownership_id = number_of(&mut writer, rules, now).await?;
        let mut loads = 0;
        let mut names: TeamNames =
            rules.team_directory().teams().map(|team| (team.slug.to_string(), team.name)).collect();
        loop {
            for (load_id, period) in loads_without_owners(&mut writer, ownership_id).await? {
                names.extend(own_load(&mut writer, load_id, period, ownership_id, rules).await?);
                analyze(&mut writer).await;
                loads += 1;
            }
            if let Some(changed) = switch_ownership(&mut writer, ownership_id, &names, caller, now).await? {
                forget_old_rules(&mut writer).await?;
                return Ok(OwnershipApplied { ownership_version: ownership_id, changed, loads });
            }
        }
    }
}

async fn number_of(connection: &mut PgConnection, rules: &Ownership, now: DateTime<Utc>) -> Result<i32, StoreError> {
    let fingerprint = rules.fingerprint();
    sqlx::query!(
        "insert into ownership (fingerprint, source, created_at)
         select $1, $2, $3 where not exists (select from ownership where fingerprint = $1)
         on conflict do nothing",
        &fingerprint,
        rules.source_text(),
        now,
    )
    .execute(&mut *connection)
    .await
    .doing("new ownership rules")?;
    sqlx::query_scalar!("select ownership_id from ownership where fingerprint = $1", &fingerprint)
        .fetch_one(connection)
        .await
        .doing("the number of the ownership rules")
}

async fn loads_without_owners(
    connection: &mut PgConnection,
    ownership_id: i32,
) -> Result<Vec<(i64, BillingPeriod)>, StoreError> {
    let rows = sqlx::query!(
        "select load_id, period from load
          where state = 'current' and fact_rows > 0
            and not exists (select from owner where owner.load_id = load.load_id and ownership_id = $1)
          order by period, load_id",
        ownership_id,
    )
    .fetch_all(connection)
    .await
    .doing("the loads to be given to teams")?;
    Ok(rows.into_iter().map(|row| (row.load_id, BillingPeriod::containing(row.period))).collect())
}

/// Whether anything changed; `None` where a load was published meanwhile that these rules have not seen.
async fn switch_ownership(
    connection: &mut PgConnection,
    ownership_id: i32,
    names: &TeamNames,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Option<bool>, StoreError> {
    let mut transaction = connection.begin().await.doing("the change of rules")?;
    let in_force = data_versions::lock(&mut transaction).await?;
    if in_force == Some(ownership_id) {
        return Ok(Some(false));
    }
    if !loads_without_owners(&mut transaction, ownership_id).await?.is_empty() {
        return Ok(None);
    }
    name_teams(&mut transaction, names).await?;
    let data_version = data_versions::begin_next(&mut transaction, ownership_id, now).await?;
    let payload =
        json!({ "data_version": format!("v{data_version}"), "because": "rules", "ownership_version": ownership_id });
    let published = NewEvent { kind: EventKind::DataVersionPublished, payload, now };
    crate::events::record_in(&mut transaction, &published).await?;
    let details = json!({
        "before": text_of(&mut transaction, in_force).await?,
        "after": text_of(&mut transaction, Some(ownership_id)).await?,
    });
    let event = AuditEvent {
        object: Some("ownership".to_owned()),
        details,
        ..AuditEvent::new(now, AuditAction::RulesChanged, caller)
    };
    record_in(&mut transaction, &event).await?;
    transaction.commit().await.doing("the change of rules")?;
    Ok(Some(true))
}

/// Rules as the audit log keeps them: their number and their text; null where there were none.
async fn text_of(connection: &mut PgConnection, ownership_id: Option<i32>) -> Result<serde_json::Value, StoreError> {
    let Some(ownership_id) = ownership_id else { return Ok(serde_json::Value::Null) };
    let text = sqlx::query_scalar!("select source from ownership where ownership_id = $1", ownership_id)
        .fetch_one(connection)
        .await
        .doing("the text of ownership rules")?;
    Ok(json!({ "version": ownership_id, "text": text }))
}
