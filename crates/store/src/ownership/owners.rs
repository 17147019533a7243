//! Who owns each subject of a load.

use bill::BillingPeriod;
use bill::charge_type::ChargeType;
use bill::principal::Principal;
use bill::tags::TagSet;
use ledger::{Owner, Ownership, Subject};
use sqlx::PgConnection;

use super::teams::Teams;
use crate::error::{Doing, StoreError};

pub(super) async fn owners_of(
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

pub(super) async fn write_owners(
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
