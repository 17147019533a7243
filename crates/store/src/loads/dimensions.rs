//! Dimension rows are interned: each distinct value gets a small number once, and facts carry the numbers.
//!
//! The caller hands in values that it has not met before in this load; rows that other loads wrote are found again by
//! their digest. Only what is missing is inserted, so that numbers are not used up by trying; and in the order of the key,
//! so that two loads at once do not wait for one another in a circle.

use std::collections::HashMap;

use bill::principal::Principal;
use bill::tags::TagSet;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::LoadWriter;
use crate::error::{Doing, StoreError};

/// What a line charges for: everything about it but who, when and how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Charge {
    /// `line_item_usage_type`, as billed.
    pub usage_type: Option<String>,
    /// `line_item_operation`.
    pub operation: Option<String>,
    /// `line_item_product_code`.
    pub product_code: Option<String>,
    /// Product name, or the product code where the bill gives no name.
    pub product: Option<String>,
    /// `line_item_line_item_type`.
    pub charge_type: Option<String>,
    /// `bill_billing_entity`.
    pub billing_entity: Option<String>,
    /// `line_item_legal_entity`.
    pub legal_entity: Option<String>,
    /// `bill_invoice_id`.
    pub invoice: Option<String>,
    /// AWS region code.
    pub region: Option<String>,
    /// Model provider.
    pub provider: Option<String>,
    /// Canonical model name.
    pub model: Option<String>,
    /// The model as the bill spells it.
    pub model_as_billed: Option<String>,
    /// What was counted.
    pub token_kind: Option<String>,
    /// Prompt cache.
    pub cache: Option<String>,
    /// Service tier.
    pub tier: Option<String>,
    /// Routing.
    pub routing: Option<String>,
    /// Pricing unit.
    pub unit: Option<String>,
    /// Which token total it adds to: `input`, `output`, `cache_read` or `cache_write`.
    pub token_class: Option<String>,
    /// Whether it belongs to Bedrock AgentCore.
    pub agentcore: bool,
    /// Whether no grammar knows the usage type.
    pub unclassified: bool,
}

/// Who a line is about: all that ownership rules may look at. The numbers come from the other dimensions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// `bill_payer_account_id`.
    pub payer: Option<String>,
    /// `line_item_usage_account_id`.
    pub account: Option<String>,
    /// The caller, where the line names one.
    pub principal_id: Option<i32>,
    /// The tags.
    pub tag_set_id: i32,
    /// Canonical model name.
    pub model: Option<String>,
    /// `line_item_line_item_type`.
    pub charge_type: Option<String>,
    /// No principal, and used before AWS recorded them.
    pub predates_principals: bool,
}

/// A digest of parts, each with its length, so that no two lists of parts run into one.
fn fingerprint<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> Uuid {
    let mut digest = Sha256::new();
    for part in parts {
        match part {
            None => digest.update([0]),
            Some(text) => {
                digest.update([1]);
                digest.update((text.len() as u64).to_le_bytes());
                digest.update(text.as_bytes());
            }
        }
    }
    let bytes: [u8; 32] = digest.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    Uuid::from_bytes(half)
}

fn tag_set_fingerprint(set: &TagSet) -> Uuid {
    let maps = [&set.tags, &set.resource_tags, &set.cost_category];
    let texts = maps.map(|map| serde_json::to_value(map).unwrap_or_default().to_string());
    fingerprint(texts.iter().map(|text| Some(text.as_str())))
}

impl Charge {
    fn fingerprint(&self) -> Uuid {
        let flag = |value: bool| Some(if value { "yes" } else { "no" });
        fingerprint(self.texts().into_iter().chain([flag(self.agentcore), flag(self.unclassified)]))
    }

    fn texts(&self) -> [Option<&str>; 18] {
        [
            self.usage_type.as_deref(),
            self.operation.as_deref(),
            self.product_code.as_deref(),
            self.product.as_deref(),
            self.charge_type.as_deref(),
            self.billing_entity.as_deref(),
            self.legal_entity.as_deref(),
            self.invoice.as_deref(),
            self.region.as_deref(),
            self.provider.as_deref(),
            self.model.as_deref(),
            self.model_as_billed.as_deref(),
            self.token_kind.as_deref(),
            self.cache.as_deref(),
            self.tier.as_deref(),
            self.routing.as_deref(),
            self.unit.as_deref(),
            self.token_class.as_deref(),
        ]
    }
}

impl Subject {
    fn fingerprint(&self) -> Uuid {
        let principal_id = self.principal_id.map(|id| id.to_string());
        fingerprint([
            self.payer.as_deref(),
            self.account.as_deref(),
            principal_id.as_deref(),
            Some(&self.tag_set_id.to_string()),
            self.model.as_deref(),
            self.charge_type.as_deref(),
            Some(if self.predates_principals { "yes" } else { "no" }),
        ])
    }
}

impl LoadWriter {
    /// The numbers of these principals, in their order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn intern_principals(&mut self, principals: &[Principal]) -> Result<Vec<i32>, StoreError> {
        let texts = |get: fn(&Principal) -> Option<&str>| -> Vec<Option<String>> {
            principals.iter().map(|principal| get(principal).map(str::to_owned)).collect()
        };
        let ids: Vec<String> = principals.iter().map(|principal| principal.id.clone()).collect();
        sqlx::query!(
            "insert into principal (opaque_id, arn, identity, partition, account, name, path, role, session,
                                    permission_set, person)
             select met.*
               from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                           $8::text[], $9::text[], $10::text[], $11::text[]) as met(opaque_id)
              where not exists (select from principal where principal.opaque_id = met.opaque_id)
              order by met.opaque_id
             on conflict do nothing",
            &ids,
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
        .execute(&mut self.lease)
        .await
        .doing("new principals")?;
        let ids: Vec<i32> =
            numbers_of_principals(&mut self.lease, principals).await?.into_iter().collect::<Result<_, _>>()?;
        if let Some(met) = &mut self.met {
            met.meet_principals(&ids, principals);
        }
        Ok(ids)
    }

    /// The numbers of these sets of tags, in their order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn intern_tag_sets(&mut self, sets: &[TagSet]) -> Result<Vec<i32>, StoreError> {
        let json = |map| serde_json::to_value(map).unwrap_or_default();
        let tags: Vec<_> = sets.iter().map(|set| json(&set.tags)).collect();
        let resource_tags: Vec<_> = sets.iter().map(|set| json(&set.resource_tags)).collect();
        let cost_category: Vec<_> = sets.iter().map(|set| json(&set.cost_category)).collect();
        let fingerprints: Vec<Uuid> = sets.iter().map(tag_set_fingerprint).collect();
        sqlx::query!(
            "insert into tag_set (fingerprint, tags, resource_tags, cost_category)
             select met.*
               from unnest($1::uuid[], $2::jsonb[], $3::jsonb[], $4::jsonb[]) as met(fingerprint)
              where not exists (select from tag_set where tag_set.fingerprint = met.fingerprint)
              order by met.fingerprint
             on conflict do nothing",
            &fingerprints,
            &tags,
            &resource_tags,
            &cost_category,
        )
        .execute(&mut self.lease)
        .await
        .doing("new sets of tags")?;
        let ids: Vec<i32> = numbers_of_tag_sets(&mut self.lease, sets).await?.into_iter().collect::<Result<_, _>>()?;
        if let Some(met) = &mut self.met {
            met.meet_tag_sets(&ids, sets);
        }
        Ok(ids)
    }

    /// The numbers of these charges, in their order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn intern_charges(&mut self, charges: &[Charge]) -> Result<Vec<i32>, StoreError> {
        let fingerprints: Vec<Uuid> = charges.iter().map(Charge::fingerprint).collect();
        // One JSON object for each charge: twenty parallel arrays would be harder to read than this.
        let rows: Vec<_> = charges.iter().map(charge_json).collect();
        sqlx::query!(
            "insert into charge (fingerprint, usage_type, operation, product_code, product, charge_type,
                                 billing_entity, legal_entity, invoice, region, provider, model, model_as_billed,
                                 token_kind, cache, tier, routing, unit, token_class, agentcore, unclassified)
             select fingerprint, usage_type, operation, product_code, product, charge_type,
                    billing_entity, legal_entity, invoice, region, provider, model, model_as_billed,
                    token_kind, cache, tier, routing, unit, token_class, agentcore, unclassified
               from unnest($1::uuid[], $2::jsonb[]) as met(fingerprint, fields),
                    jsonb_to_record(fields) as r(usage_type text, operation text, product_code text, product text,
                        charge_type text, billing_entity text, legal_entity text, invoice text, region text,
                        provider text, model text, model_as_billed text, token_kind text, cache text, tier text,
                        routing text, unit text, token_class text, agentcore boolean, unclassified boolean)
              where not exists (select from charge where charge.fingerprint = met.fingerprint)
              order by fingerprint
             on conflict do nothing",
            &fingerprints,
            &rows,
        )
        .execute(&mut self.lease)
        .await
        .doing("new charges")?;
        numbers_of_charges(&mut self.lease, charges).await?.into_iter().collect()
    }

    /// The numbers of these subjects, in their order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn intern_subjects(&mut self, subjects: &[Subject]) -> Result<Vec<i32>, StoreError> {
        let texts = |get: fn(&Subject) -> &Option<String>| -> Vec<Option<String>> {
            subjects.iter().map(|subject| get(subject).clone()).collect()
        };
        let fingerprints: Vec<Uuid> = subjects.iter().map(Subject::fingerprint).collect();
        let principal_ids: Vec<Option<i32>> = subjects.iter().map(|subject| subject.principal_id).collect();
        let tag_set_ids: Vec<i32> = subjects.iter().map(|subject| subject.tag_set_id).collect();
        let predates: Vec<bool> = subjects.iter().map(|subject| subject.predates_principals).collect();
        sqlx::query!(
            "insert into subject (fingerprint, payer, account, principal_id, tag_set_id, model, charge_type,
                                  predates_principals)
             select met.*
               from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::text[], $7::text[],
                           $8::boolean[]) as met(fingerprint)
              where not exists (select from subject where subject.fingerprint = met.fingerprint)
              order by met.fingerprint
             on conflict do nothing",
            &fingerprints,
            &texts(|subject| &subject.payer) as &[Option<String>],
            &texts(|subject| &subject.account) as &[Option<String>],
            &principal_ids as &[Option<i32>],
            &tag_set_ids,
            &texts(|subject| &subject.model) as &[Option<String>],
            &texts(|subject| &subject.charge_type) as &[Option<String>],
            &predates,
        )
        .execute(&mut self.lease)
        .await
        .doing("new subjects")?;
        let ids: Vec<i32> =
            numbers_of_subjects(&mut self.lease, subjects).await?.into_iter().collect::<Result<_, _>>()?;
        if self.met.as_mut().is_some_and(|met| !met.meet_subjects(&ids, subjects)) {
            self.met = None;
        }
        Ok(ids)
    }

    /// Keeps the names of accounts as they are in this bill.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn name_accounts(&mut self, names: &[(String, String)]) -> Result<(), StoreError> {
        let (accounts, names): (Vec<String>, Vec<String>) = names.iter().cloned().unzip();
        sqlx::query!(
            "insert into account (account, name)
             select distinct on (account) account, name
               from unnest($1::text[], $2::text[]) as met(account, name)
              order by account
             on conflict (account) do update set name = excluded.name where account.name <> excluded.name",
            &accounts,
            &names,
        )
        .execute(&mut self.lease)
        .await
        .map(drop)
        .doing("the names of accounts")
    }
}

fn charge_json(charge: &Charge) -> serde_json::Value {
    serde_json::json!({
        "usage_type": charge.usage_type,
        "operation": charge.operation,
        "product_code": charge.product_code,
        "product": charge.product,
        "charge_type": charge.charge_type,
        "billing_entity": charge.billing_entity,
        "legal_entity": charge.legal_entity,
        "invoice": charge.invoice,
        "region": charge.region,
        "provider": charge.provider,
        "model": charge.model,
        "model_as_billed": charge.model_as_billed,
        "token_kind": charge.token_kind,
        "cache": charge.cache,
        "tier": charge.tier,
        "routing": charge.routing,
        "unit": charge.unit,
        "token_class": charge.token_class,
        "agentcore": charge.agentcore,
        "unclassified": charge.unclassified,
    })
}

/// The numbers of these principals, in their order; an error for one that is not kept.
pub(crate) async fn numbers_of_principals(connection: &mut PgConnection, principals: &[Principal]) -> Numbers {
    let ids: Vec<String> = principals.iter().map(|principal| principal.id.clone()).collect();
    let rows = sqlx::query!("select opaque_id, principal_id from principal where opaque_id = any($1)", &ids)
        .fetch_all(connection)
        .await
        .doing("the numbers of principals")?;
    let found: HashMap<String, i32> = rows.into_iter().map(|row| (row.opaque_id, row.principal_id)).collect();
    Ok(in_order("a principal", &ids, &found))
}

/// The numbers of these sets of tags, in their order; an error for one that is not kept.
pub(crate) async fn numbers_of_tag_sets(connection: &mut PgConnection, sets: &[TagSet]) -> Numbers {
    let fingerprints: Vec<Uuid> = sets.iter().map(tag_set_fingerprint).collect();
    let rows = sqlx::query!("select fingerprint, tag_set_id from tag_set where fingerprint = any($1)", &fingerprints)
        .fetch_all(connection)
        .await
        .doing("the numbers of sets of tags")?;
    let found: HashMap<Uuid, i32> = rows.into_iter().map(|row| (row.fingerprint, row.tag_set_id)).collect();
    Ok(in_order("a set of tags", &fingerprints, &found))
}

/// The numbers of these charges, in their order; an error for one that is not kept.
pub(crate) async fn numbers_of_charges(connection: &mut PgConnection, charges: &[Charge]) -> Numbers {
    let fingerprints: Vec<Uuid> = charges.iter().map(Charge::fingerprint).collect();
    let rows = sqlx::query!("select fingerprint, charge_id from charge where fingerprint = any($1)", &fingerprints)
        .fetch_all(connection)
        .await
        .doing("the numbers of charges")?;
    let found: HashMap<Uuid, i32> = rows.into_iter().map(|row| (row.fingerprint, row.charge_id)).collect();
    Ok(in_order("a charge", &fingerprints, &found))
}

/// The numbers of these subjects, in their order; an error for one that is not kept.
pub(crate) async fn numbers_of_subjects(connection: &mut PgConnection, subjects: &[Subject]) -> Numbers {
    let fingerprints: Vec<Uuid> = subjects.iter().map(Subject::fingerprint).collect();
    let rows = sqlx::query!("select fingerprint, subject_id from subject where fingerprint = any($1)", &fingerprints)
        .fetch_all(connection)
        .await
        .doing("the numbers of subjects")?;
    let found: HashMap<Uuid, i32> = rows.into_iter().map(|row| (row.fingerprint, row.subject_id)).collect();
    Ok(in_order("a subject", &fingerprints, &found))
}

/// A number for each value that was asked for, or that it has none.
pub type Numbers = Result<Vec<Result<i32, StoreError>>, StoreError>;

fn in_order<K: std::hash::Hash + Eq + std::fmt::Display>(
    what: &'static str,
    keys: &[K],
    found: &HashMap<K, i32>,
) -> Vec<Result<i32, StoreError>> {
    keys.iter()
        .map(|key| found.get(key).copied().ok_or_else(|| StoreError::NotKept { what, value: key.to_string() }))
        .collect()
}
