//! READ and KEEP: the rows of `sql/daily_cost.sql` become facts.
//!
//! Each distinct principal, usage type and set of tags is read once, by the grammars of `bill`; facts carry numbers.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use bill::principal::{Principal, RECORDED_SINCE};
use bill::tags::TagSet;
use chrono::NaiveDate;
use store::drilldowns::SetWriter;
use store::loads::{Charge, Fact, LoadWriter, Subject};

use super::RefreshError;
use super::charge::{KnownCharge, read_charge};
use super::numbering::Numbering;
use super::rows::{Money, Rows};
use super::slots::{Key, Seen, Slots};

/// Turns batches into facts, or into lines, remembering what it has met.
#[derive(Default)]
pub(crate) struct FactReader {
    charges: Slots<KnownCharge>,
    principals: Slots<i32>,
    tag_sets: Slots<i32>,
    /// Who pays and who uses.
    accounts: Slots<[Option<String>; 2]>,
    subjects: Slots<i32>,
    account_names: BTreeMap<String, String>,
}

/// The slots of one row.
struct RowSlots {
    usage_date: NaiveDate,
    currency: [u8; 3],
    charge: usize,
    principal: Option<usize>,
    tag_set: usize,
    accounts: usize,
}

impl RowSlots {
    /// No principal, because AWS did not record them yet.
    fn predates_principals(&self) -> bool {
        self.principal.is_none() && self.usage_date < RECORDED_SINCE
    }
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
        let (slots, subjects) = self.learn(&Rows::of(batch)?, &mut Numbering::New(load)).await?;
        let money = Money::of(batch)?;
        let facts: Vec<Fact> = slots
            .iter()
            .zip(subjects)
            .enumerate()
            .map(|(row, (slots, subject))| self.fact(row, slots, subject, &money))
            .collect::<Result<_, _>>()?;
        Ok(load.write_facts(&facts).await?)
    }

    /// The numbers of each row of a batch, which must all be kept already.
    pub(crate) async fn numbers(
        &mut self,
        rows: &Rows<'_>,
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
        rows: &Rows<'_>,
        numbering: &mut Numbering<'_>,
    ) -> Result<(Vec<RowSlots>, Vec<usize>), RefreshError> {
        let slots = self.slots(rows)?;
        self.learn_accounts(rows)?;
        self.learn_charges(rows, numbering).await?;
        self.learn_principals(rows, numbering).await?;
        self.learn_tag_sets(rows, numbering).await?;
        self.learn_account_names(rows, numbering).await?;
        let subjects = self.subject_slots(&slots);
        self.learn_subjects(&slots, numbering).await?;
        Ok((slots, subjects))
    }

    fn slots(&mut self, rows: &Rows<'_>) -> Result<Vec<RowSlots>, RefreshError> {
        let mut key = Key::default();
        let (mut charges, mut principals, mut tag_sets) = (Seen::default(), Seen::default(), Seen::default());
        let mut accounts = Seen::default();
        (0..rows.count())
            .map(|row| {
                Ok(RowSlots {
                    usage_date: rows.usage_date(row)?,
                    currency: rows.currency(row)?,
                    charge: charges.or_find(rows.charge_views(row), || {
                        Ok(self.charges.slot(key.clear().texts(&rows.charge(row)?), row))
                    })?,
                    principal: principals.or_find(rows.principal_view(row), || {
                        Ok(rows.principal(row)?.map(|arn| self.principals.slot(key.clear().text(Some(arn)), row)))
                    })?,
                    tag_set: tag_sets.or_find(rows.tag_views(row), || {
                        Ok(self.tag_sets.slot(key.clear().texts(&rows.tags(row)?), row))
                    })?,
                    accounts: accounts.or_find(rows.account_views(row), || {
                        Ok(self.accounts.slot(key.clear().texts(&rows.accounts(row)?), row))
                    })?,
                })
            })
            .collect()
    }

    fn learn_accounts(&mut self, rows: &Rows<'_>) -> Result<(), RefreshError> {
        let pending = self.accounts.pending().iter();
        let new: Vec<_> = pending
            .map(|row| Ok(rows.accounts(*row)?.map(|id| id.map(str::to_owned))))
            .collect::<Result<_, RefreshError>>()?;
        self.accounts.fill(new);
        Ok(())
    }

    async fn learn_charges(&mut self, rows: &Rows<'_>, numbering: &mut Numbering<'_>) -> Result<(), RefreshError> {
        let pending = self.charges.pending().iter();
        let read: Vec<(Charge, Option<i64>)> =
            pending.map(|row| Ok(read_charge(&rows.charge(*row)?))).collect::<Result<_, RefreshError>>()?;
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

    async fn learn_principals(&mut self, rows: &Rows<'_>, numbering: &mut Numbering<'_>) -> Result<(), RefreshError> {
        let pending = self.principals.pending().iter();
        let new: Vec<Principal> = pending
            .filter_map(|row| rows.principal(*row).map(Principal::parse).transpose())
            .collect::<Result<_, RefreshError>>()?;
        if !new.is_empty() {
            let ids = numbering.principals(&new).await?;
            self.principals.fill(ids);
        }
        Ok(())
    }

    async fn learn_tag_sets(&mut self, rows: &Rows<'_>, numbering: &mut Numbering<'_>) -> Result<(), RefreshError> {
        let new: Vec<TagSet> = self
            .tag_sets
            .pending()
            .iter()
            .map(|row| {
                let [tags, resource_tags, cost_category] = rows.tags(*row)?;
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
        rows: &Rows<'_>,
        numbering: &mut Numbering<'_>,
    ) -> Result<(), RefreshError> {
        let (mut new, mut seen) = (Vec::new(), Seen::default());
        for row in 0..rows.count() {
            seen.or_find(rows.account_name_views(row), || {
                if let [Some(account), Some(name)] = rows.account_name(row)?
                    && !self.account_names.contains_key(account)
                {
                    self.account_names.insert(account.to_owned(), name.to_owned());
                    new.push((account.to_owned(), name.to_owned()));
                }
                Ok(())
            })?;
        }
        if !new.is_empty() {
            numbering.name_accounts(&new).await?;
        }
        Ok(())
    }

    fn subject_slots(&mut self, slots: &[RowSlots]) -> Vec<usize> {
        let mut key = Key::default();
        slots
            .iter()
            .enumerate()
            .map(|(row, slot)| {
                let charge = self.charges.get(slot.charge);
                key.clear().number(slot.accounts).number(slot.principal.map_or(0, |principal| principal + 1));
                key.number(slot.tag_set).number(usize::from(slot.predates_principals()));
                key.text(charge.model.as_deref()).text(charge.charge_type.as_deref());
                self.subjects.slot(&key, row)
            })
            .collect()
    }

    async fn learn_subjects(&mut self, slots: &[RowSlots], numbering: &mut Numbering<'_>) -> Result<(), RefreshError> {
        let new: Vec<Subject> = self
            .subjects
            .pending()
            .iter()
            .map(|row| {
                let slot = &slots[*row];
                let charge = self.charges.get(slot.charge);
                let [payer, account] = self.accounts.get(slot.accounts).clone();
                Subject {
                    payer,
                    account,
                    principal_id: slot.principal.map(|principal| *self.principals.get(principal)),
                    tag_set_id: *self.tag_sets.get(slot.tag_set),
                    model: charge.model.clone(),
                    charge_type: charge.charge_type.clone(),
                    predates_principals: slot.predates_principals(),
                }
            })
            .collect();
        if !new.is_empty() {
            let ids = numbering.subjects(&new).await?;
            self.subjects.fill(ids);
        }
        Ok(())
    }

    fn fact(&self, row: usize, slots: &RowSlots, subject: usize, money: &Money<'_>) -> Result<Fact, RefreshError> {
        let charge = self.charges.get(slots.charge);
        let quantity = money.quantity.get(row);
        let tokens = match charge.tokens_per_unit {
            None => bill::Amount::ZERO,
            Some(per_unit) => quantity.checked_times(per_unit).ok_or(RefreshError::TooManyTokens)?,
        };
        Ok(Fact {
            usage_date: slots.usage_date,
            subject_id: *self.subjects.get(subject),
            charge_id: charge.charge_id,
            currency: slots.currency,
            costs: [money.unblended.get(row), money.net_unblended.get(row), money.list.get(row)],
            quantity,
            tokens,
            line_items: money.line_items.get(row),
        })
    }
}
