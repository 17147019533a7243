//! Ownership applied: the rules in force give each subject of each load to a team, and the team summary follows.
//!
//! The invariant kept here: AWS never hears the word team. Changing who owns what reads the rollups again, never the
//! bill, and readers see the old rules until the new ones have been applied to every period that is served.

use std::collections::{BTreeMap, HashMap};

use access::Caller;
use access::audit::{AuditAction, AuditEvent};
use bill::BillingPeriod;
use bill::charge_type::ChargeType;
use bill::principal::Principal;
use bill::tags::TagSet;
use chrono::{DateTime, Utc};
use ledger::{Owner, Ownership, Subject, TeamDirectory};
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::audit::record_in;
use crate::data_versions;
use crate::error::{Doing, StoreError};
use crate::events::{EventKind, NewEvent};
use crate::store::Store;

/// What became of rules that were to come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnershipApplied {
    /// The number of this version of the rules.
    pub ownership_version: i32,
    /// Whether they are new: the same rules again change nothing.
    pub changed: bool,
    /// How many loads were given to teams anew.
    pub loads: usize,
}

/// Subjects are read and given away in pieces of this many.
const PIECE: usize = 10_000;

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
                loads += 1;
            }
            if let Some(changed) = switch_ownership(&mut writer, ownership_id, &names, caller, now).await? {
                forget_old_rules(&mut writer).await?;
                return Ok(OwnershipApplied { ownership_version: ownership_id, changed, loads });
            }
        }
    }
}

/// The names of teams by their ids, as rules and tags have them now.
pub(crate) type TeamNames = BTreeMap<String, String>;

/// Shows teams by the names that they have now. Called where something is published, so that nobody sees it earlier.
pub(crate) async fn name_teams(connection: &mut PgConnection, names: &TeamNames) -> Result<(), StoreError> {
    let (slugs, names): (Vec<String>, Vec<String>) =
        names.iter().map(|(slug, name)| (slug.clone(), name.clone())).unzip();
    sqlx::query!(
        "update team set name = given.name
           from unnest($1::text[], $2::text[]) as given(slug, name)
          where team.slug = given.slug and team.name <> given.name",
        &slugs,
        &names,
    )
    .execute(connection)
    .await
    .map(drop)
    .doing("the names of teams")
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

/// What rules gave to whom that are long out of force is not asked again: it can be worked out anew. The lock on what is
/// served keeps other rules from coming into force meanwhile.
async fn forget_old_rules(connection: &mut PgConnection) -> Result<(), StoreError> {
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

/// The rules that publishing must apply.
pub(crate) async fn rules_in_force(connection: &mut PgConnection) -> Result<(i32, Ownership), StoreError> {
    let row = sqlx::query!("select ownership.ownership_id, source from serving join ownership using (ownership_id)")
        .fetch_optional(connection)
        .await
        .doing("the rules in force")?;
    let Some(row) = row else {
        return Err(StoreError::Corrupt { what: "no ownership rules in force", value: String::new() });
    };
    let rules = Ownership::parse(&row.source)
        .map_err(|error| StoreError::Corrupt { what: "ownership rules", value: error.to_string() })?;
    Ok((row.ownership_id, rules))
}

/// Gives every subject of a load to its owner under these rules, once: doing it again changes nothing. Gives back the
/// names of the teams that were met.
pub(crate) async fn own_load(
    connection: &mut PgConnection,
    load_id: i64,
    period: BillingPeriod,
    ownership_id: i32,
    rules: &Ownership,
) -> Result<TeamNames, StoreError> {
    let mut transaction = connection.begin().await.doing("the giving of a load to teams")?;
    // One at a time for all loads: teams are met in one order, and a collision is seen by whoever comes second.
    sqlx::query!(
        "select set_config('lock_timeout', '10min', true), pg_advisory_xact_lock(hashtext('chargeback.own_load'))"
    )
    .fetch_one(&mut *transaction)
    .await
    .doing("the lock on ownership")?;
    let done = sqlx::query_scalar!(
        r#"select exists (select from owner where load_id = $1 and ownership_id = $2) as "done!""#,
        load_id,
        ownership_id,
    )
    .fetch_one(&mut *transaction)
    .await
    .doing("a look at owners")?;
    if done {
        return Ok(TeamNames::new());
    }
    let mut teams = Teams::known_beside(&mut transaction, load_id, ownership_id, rules).await?;
    let subjects = sqlx::query_scalar!("select distinct subject_id from period_cost where load_id = $1", load_id)
        .fetch_all(&mut *transaction)
        .await
        .doing("the subjects of a load")?;
    for piece in subjects.chunks(PIECE) {
        let owners = owners_of(&mut transaction, piece, period, rules).await?;
        write_owners(&mut transaction, load_id, ownership_id, &owners, &mut teams).await?;
    }
    // Taken for a handful, the owners would be joined to a million facts one by one.
    sqlx::query!("analyze owner").execute(&mut *transaction).await.doing("the statistics of owners")?;
    summarise_by_team(&mut transaction, load_id, ownership_id).await?;
    transaction.commit().await.doing("the giving of a load to teams")?;
    analyze(connection).await;
    Ok(teams.met)
}

/// Without fresh statistics Postgres takes the new rows for a handful, and joins them one by one. Autovacuum would see to
/// it a minute after readers have come.
async fn analyze(connection: &mut PgConnection) {
    let tables = sqlx::query!(
        "analyze team_cost, team_period_cost, team_day_cost, ownership_total, subject_cost, owner, subject, charge, principal,
                     principal_pseudonym, tag_set, tag_set_pseudonym, team, load, control_total"
    );
    if let Err(error) = tables.execute(connection).await {
        tracing::info!(%error, "statistics are left to autovacuum");
    }
}

async fn owners_of(
    connection: &mut PgConnection,
    subject_ids: &[i32],
    period: BillingPeriod,
    rules: &Ownership,
) -> Result<Vec<(i32, Owner)>, StoreError> {
    let rows = sqlx::query!(
        r#"select subject_id, subject.account, model, charge_type, predates_principals,
                  (select arn from principal where principal.principal_id = subject.principal_id) as arn,
                  tags, resource_tags, cost_category
             from subject
             join tag_set using (tag_set_id)
            where subject_id = any($1)"#,
        subject_ids,
    )
    .fetch_all(connection)
    .await
    .doing("subjects")?;
    rows.into_iter()
        .map(|row| {
            let corrupt = |_| StoreError::Corrupt { what: "a set of tags", value: row.subject_id.to_string() };
            let tags = TagSet {
                tags: serde_json::from_value(row.tags).map_err(corrupt)?,
                resource_tags: serde_json::from_value(row.resource_tags).map_err(corrupt)?,
                cost_category: serde_json::from_value(row.cost_category).map_err(corrupt)?,
            };
            let principal = Principal::parse(row.arn.as_deref());
            let subject = Subject {
                principal: principal.as_ref(),
                tags: &tags,
                account: row.account.as_deref(),
                model: row.model.as_deref(),
                charge_type: &ChargeType::new(row.charge_type.unwrap_or_default()),
                predates_principals: row.predates_principals,
            };
            Ok((row.subject_id, rules.owner(&subject, period)))
        })
        .collect()
}

/// The teams met so far: their ids, and the proof that no two names are one team.
struct Teams {
    directory: TeamDirectory,
    ids: HashMap<String, i32>,
    met: TeamNames,
}

impl Teams {
    /// Starts from the teams of the rules and from those that own cost in other loads that are served under them. What the
    /// load that is to be replaced said does not count: a tag that has been mended in AWS must not collide with itself.
    async fn known_beside(
        connection: &mut PgConnection,
        load_id: i64,
        ownership_id: i32,
        rules: &Ownership,
    ) -> Result<Self, StoreError> {
        let rows = sqlx::query!(
            r#"select team_id, slug, name,
                      exists (
                          select
                            from owner
                            join load on load.load_id = owner.load_id and load.state = 'current'
                            join load as this on this.load_id = $1
                           where owner.team_id = team.team_id and owner.ownership_id = $2
                             and (load.export_id, load.period) <> (this.export_id, this.period)
                      ) as "served!"
                 from team
                order by team_id"#,
            load_id,
            ownership_id,
        )
        .fetch_all(connection)
        .await
        .doing("the teams")?;
        let mut directory = rules.team_directory();
        let mut ids = HashMap::new();
        for row in rows {
            if row.served {
                directory.remember(&row.slug, &row.name);
            }
            ids.insert(row.slug, row.team_id);
        }
        Ok(Self { directory, ids, met: TeamNames::new() })
    }

    async fn id(&mut self, connection: &mut PgConnection, name: &str) -> Result<i32, StoreError> {
        let slug = self.directory.insert(name).map_err(|error| StoreError::TeamCollision(error.to_string()))?;
        if self.met.contains_key(slug.as_str())
            && let Some(id) = self.ids.get(slug.as_str())
        {
            return Ok(*id);
        }
        let shown = self.directory.name(&slug).unwrap_or(name).to_owned();
        let id = match self.ids.get(slug.as_str()) {
            Some(id) => *id,
            None => sqlx::query_scalar!(
                "insert into team (slug, name) values ($1, $2) returning team_id",
                slug.as_str(),
                shown,
            )
            .fetch_one(connection)
            .await
            .doing("a new team")?,
        };
        self.ids.insert(slug.to_string(), id);
        self.met.insert(slug.to_string(), shown);
        Ok(id)
    }
}

async fn write_owners(
    connection: &mut PgConnection,
    load_id: i64,
    ownership_id: i32,
    owners: &[(i32, Owner)],
    teams: &mut Teams,
) -> Result<(), StoreError> {
    let subject_ids: Vec<i32> = owners.iter().map(|(subject_id, _)| *subject_id).collect();
    let (mut team_ids, mut numbers, mut names, mut reasons) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (_, owner) in owners {
        match owner {
            Owner::Team { name, rule, rule_number, because, .. } => {
                team_ids.push(Some(teams.id(connection, name).await?));
                numbers.push(i32::try_from(*rule_number).ok());
                names.push(Some(rule.clone()));
                reasons.push(because.clone());
            }
            Owner::Unattributed { reason } => {
                team_ids.push(None);
                numbers.push(None);
                names.push(None);
                reasons.push(reason.as_str().to_owned());
            }
        }
    }
    sqlx::query!(
        "insert into owner (ownership_id, load_id, subject_id, team_id, rule_number, rule, because)
         select $1, $2, * from unnest($3::integer[], $4::integer[], $5::integer[], $6::text[], $7::text[])",
        ownership_id,
        load_id,
        &subject_ids,
        &team_ids as &[Option<i32>],
        &numbers as &[Option<i32>],
        &names as &[Option<String>],
        &reasons,
    )
    .execute(connection)
    .await
    .map(drop)
    .doing("owners")
}

async fn summarise_by_team(connection: &mut PgConnection, load_id: i64, ownership_id: i32) -> Result<(), StoreError> {
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
