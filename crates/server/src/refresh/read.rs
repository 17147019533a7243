//! READ and KEEP: the rows of `sql/daily_cost.sql` become facts.
//!
//! Each distinct principal, usage type and set of tags is read once, by the grammars of `bill`; facts carry numbers.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use bill::principal::Principal;
use bill::tags::TagSet;
use store::drilldowns::SetWriter;
use store::loads::{Charge, Fact, LoadWriter, Subject};

use super::RefreshError;
use super::charge::{KnownCharge, read_charge};
use super::numbering::Numbering;
use super::rows::{Money, RowText, rows};
use super::slots::{Key, Slots};

/// Turns batches into facts, or into lines, remembering what it has met.
#[derive(Default)]
pub(crate) struct FactReader {
    charges: Slots<KnownCharge>,
    principals: Slots<i32>,
    tag_sets: Slots<i32>,
    subjects: Slots<i32>,
    account_names: BTreeMap<String, String>,
}

/// The slots of one row.
struct RowSlots {
    charge: usize,
    principal: Option<usize>,
    tag_set: usize,
}

/// The numbers under which what one row says in words is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowNumbers {
    pub(crate) subject_id: i32,
    pub(crate) charge_id: i32,
}

impl FactReader {
    /// Reads one batch into the load.
    pub(super) async fn read(&mut self, batch: &RecordBatch, load: &mut LoadWriter) -> Result<(), RefreshError> {
        let rows = rows(batch)?;
        let (slots, subjects) = self.learn(&rows, &mut Numbering::New(load)).await?;
        let money = Money::of(batch)?;
        let facts: Vec<Fact> = rows
            .iter()
            .enumerate()
            .map(|(index, row)| self.fact(index, row, &slots[index], subjects[index], &money))
            .collect::<Result<_, _>>()?;
        Ok(load.write_facts(&facts).await?)
    }

    /// The numbers of each row of a batch, which must all be kept already.
    pub(crate) async fn numbers(
        &mut self,
        rows: &[RowText<'_>],
        set: &mut SetWriter,
    ) -> Result<Vec<RowNumbers>, RefreshError> {
        let (slots, subjects) = self.learn(rows, &mut Numbering::Known(set)).await?;
        let numbers = slots.iter().zip(subjects).map(|(slots, subject)| RowNumbers {
            subject_id: *self.subjects.get(subject),
            charge_id: self.charges.get(slots.charge).charge_id,
        });
        Ok(numbers.collect())
    }

    async fn learn(
        &mut self,
        rows: &[RowText<'_>],
        numbering: &mut Numbering<'_>,
    ) -> Result<(Vec<RowSlots>, Vec<usize>), RefreshError> {
        let slots = self.slots(rows);
        self.learn_charges(rows, numbering).await?;
        self.learn_principals(rows, numbering).await?;
        self.learn_tag_sets(rows, numbering).await?;
        self.learn_account_names(rows, numbering).await?;
        let subjects = self.subject_slots(rows, &slots);
        self.learn_subjects(rows, &slots, numbering).await?;
        Ok((slots, subjects))
    }

    fn slots(&mut self, rows: &[RowText<'_>]) -> Vec<RowSlots> {
        let mut key = Key::default();
        rows.iter()
            .enumerate()
            .map(|(index, row)| {
                key.clear().texts(&row.charge);
                let charge = self.charges.slot(&key, index);
                let principal = row.principal.map(|arn| self.principals.slot(key.clear().text(Some(arn)), index));
                key.clear().texts(&row.tags);
                RowSlots { charge, principal, tag_set: self.tag_sets.slot(&key, index) }
            })
            .collect()
    }

    async fn learn_charges(&mut self, rows: &[RowText<'_>], numbering: &mut Numbering<'_>) -> Result<(), RefreshError> {
        let read: Vec<(Charge, Option<i64>)> =
            self.charges.pending().iter().map(|row| read_charge(&rows[*row].charge)).collect();
        if read.is_empty() {
            return Ok(());
        }
        let charges: Vec<Charge> = read.iter().map(|(charge, _)| charge.clone()).collect();
        let ids = numbering.charges(&charges).await?;
        self.charges.fill(read.into_iter().zip(ids).map(|((charge, tokens_per_unit), charge_id)| KnownCharge {
            charge_id,
            model: charge.model,
            charge_type: charge.charge_type,
            tokens_per_unit,
        }));
        Ok(())
    }

    async fn learn_principals(
        &mut self,
        rows: &[RowText<'_>],
        numbering: &mut Numbering<'_>,
    ) -> Result<(), RefreshError> {
        let new: Vec<Principal> =
            self.principals.pending().iter().filter_map(|row| Principal::parse(rows[*row].principal)).collect();
        if !new.is_empty() {
            let ids = numbering.principals(&new).await?;
            self.principals.fill(ids);
        }
        Ok(())
    }

    async fn learn_tag_sets(
        &mut self,
        rows: &[RowText<'_>],
        numbering: &mut Numbering<'_>,
    ) -> Result<(), RefreshError> {
        let new: Vec<TagSet> = self
            .tag_sets
            .pending()
            .iter()
            .map(|row| {
                let [tags, resource_tags, cost_category] = rows[*row].tags;
                TagSet::from_json(tags, resource_tags, cost_category).map_err(RefreshError::Tags)
            })
            .collect::<Result<_, _>>()?;
        if !new.is_empty() {
            let ids = numbering.tag_sets(&new).await?;
            self.tag_sets.fill(ids);
        }
        Ok(())
    }

    async fn learn_account_names(
        &mut self,
        rows: &[RowText<'_>],
        numbering: &mut Numbering<'_>,
    ) -> Result<(), RefreshError> {
        let mut new = Vec::new();
        for row in rows {
            if let (Some(account), Some(name)) = (row.account, row.account_name)
                && !self.account_names.contains_key(account)
            {
                self.account_names.insert(account.to_owned(), name.to_owned());
                new.push((account.to_owned(), name.to_owned()));
            }
        }
        if !new.is_empty() {
            numbering.name_accounts(&new).await?;
        }
        Ok(())
    }

    fn subject_slots(&mut self, rows: &[RowText<'_>], slots: &[RowSlots]) -> Vec<usize> {
        let mut key = Key::default();
        rows.iter()
            .zip(slots)
            .enumerate()
            .map(|(index, (row, slot))| {
                let charge = self.charges.get(slot.charge);
                key.clear().text(row.payer).text(row.account);
                key.number(slot.principal.map_or(0, |principal| principal + 1)).number(slot.tag_set);
                key.text(charge.model.as_deref()).text(charge.charge_type.as_deref());
                key.number(usize::from(row.predates_principals()));
                self.subjects.slot(&key, index)
            })
            .collect()
    }

    async fn learn_subjects(
        &mut self,
        rows: &[RowText<'_>],
        slots: &[RowSlots],
        numbering: &mut Numbering<'_>,
    ) -> Result<(), RefreshError> {
        let new: Vec<Subject> = self
            .subjects
            .pending()
            .iter()
            .map(|index| {
                let (row, slot) = (&rows[*index], &slots[*index]);
                let charge = self.charges.get(slot.charge);
                Subject {
                    payer: row.payer.map(str::to_owned),
                    account: row.account.map(str::to_owned),
                    principal_id: slot.principal.map(|principal| *self.principals.get(principal)),
                    tag_set_id: *self.tag_sets.get(slot.tag_set),
                    model: charge.model.clone(),
                    charge_type: charge.charge_type.clone(),
                    predates_principals: row.predates_principals(),
                }
            })
            .collect();
        if !new.is_empty() {
            let ids = numbering.subjects(&new).await?;
            self.subjects.fill(ids);
        }
        Ok(())
    }

    fn fact(
        &self,
        index: usize,
        row: &RowText<'_>,
        slots: &RowSlots,
        subject: usize,
        money: &Money<'_>,
    ) -> Result<Fact, RefreshError> {
        let charge = self.charges.get(slots.charge);
        let quantity = money.quantity.get(index);
        let tokens = match charge.tokens_per_unit {
            None => bill::Amount::ZERO,
            Some(per_unit) => quantity.checked_times(per_unit).ok_or(RefreshError::TooManyTokens)?,
        };
        Ok(Fact {
            usage_date: row.usage_date,
            subject_id: *self.subjects.get(subject),
            charge_id: charge.charge_id,
            currency: row.currency,
            costs: [money.unblended.get(index), money.net_unblended.get(index), money.list.get(index)],
            quantity,
            tokens,
            line_items: money.line_items.get(index),
        })
    }
}
