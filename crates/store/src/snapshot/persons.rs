//! Who is shown: the one place that says which tables tell a reader who somebody is.
//!
//! Whoever may not see persons reads the tables of pseudonyms under the names of the real ones. A row that has no pseudonym
//! made as this process makes them counts as not set. What lies in sight is decided on the real tables, before.

use std::collections::BTreeMap;

use access::Persons;
use access::pseudonym::holds_email;
use bill::tags::TagKey;
use ledger::Ownership;
use sqlx::{Postgres, QueryBuilder};

use super::{RuleShare, Snapshot};
use crate::error::{Doing, StoreError};

/// How persons appear, for a query.
#[derive(Clone, Copy)]
pub(super) enum Shown<'k> {
    /// As billed.
    Named,
    /// As pseudonyms made with this key; one that nothing was made with hides everything.
    Pseudonymous { key: &'k str },
}

impl Shown<'_> {
    /// Joins `principal` to `subject`.
    pub(super) fn join_principal(self, text: &mut QueryBuilder<Postgres>) {
        self.join(text, " left join ", "principal", "principal_id");
    }

    /// Joins `tag_set` to `subject`.
    pub(super) fn join_tag_set(self, text: &mut QueryBuilder<Postgres>) {
        // Each subject has a set of tags, but it may have no pseudonym yet: its money is counted all the same.
        let join = if matches!(self, Self::Named) { " join " } else { " left join " };
        self.join(text, join, "tag_set", "tag_set_id");
    }

    /// Joins `account` to `subject`.
    pub(super) fn join_account(self, text: &mut QueryBuilder<Postgres>) {
        self.join(text, " left join ", "account", "account");
    }

    fn join(self, text: &mut QueryBuilder<Postgres>, join: &str, table: &str, column: &str) {
        text.push(join).push(table);
        if matches!(self, Self::Pseudonymous { .. }) {
            text.push("_pseudonym as ").push(table);
        }
        text.push(" on ").push(table).push(".").push(column).push(" = subject.").push(column);
        if let Self::Pseudonymous { key } = self {
            text.push(" and ").push(table).push(".key = ").push_bind(key.to_owned());
        }
    }
}

impl Snapshot {
    pub(super) fn shown(&self) -> Shown<'_> {
        match self.sight.persons {
            Persons::Named => Shown::Named,
            Persons::Pseudonymous => Shown::Pseudonymous { key: &self.pseudonym_key },
        }
    }

    /// The keys of tags that may be shown: not those that hold an e-mail address, where persons are hidden.
    pub(super) fn keys_to_show(&self, keys: Vec<TagKey>) -> Vec<TagKey> {
        match self.sight.persons {
            Persons::Named => keys,
            Persons::Pseudonymous => keys.into_iter().filter(|key| !holds_email(&key.key)).collect(),
        }
    }

    /// What rules gave, as it may be shown. Where persons are hidden, a rule says what it looked at and not what it found
    /// there: that may have been a session, a user, an e-mail address.
    pub(super) async fn shares_to_show(&mut self, shares: Vec<RuleShare>) -> Result<Vec<RuleShare>, StoreError> {
        if self.sight.persons == Persons::Named || shares.iter().all(|share| share.rule_number.is_none()) {
            return Ok(shares);
        }
        let source = sqlx::query_scalar!("select source from ownership where ownership_id = $1", self.ownership_id)
            .fetch_one(self.reading.connection().await?)
            .await
            .doing("the rules in force")?;
        let rules = Ownership::parse(&source)
            .map_err(|error| StoreError::Corrupt { what: "ownership rules", value: error.to_string() })?;
        Ok(without_values(shares, &rules))
    }
}

/// Shares of one rule that differ in values alone become one.
fn without_values(shares: Vec<RuleShare>, rules: &Ownership) -> Vec<RuleShare> {
    let mut merged: BTreeMap<_, RuleShare> = BTreeMap::new();
    for share in shares {
        let because = because_without_values(&share, rules);
        let key = (share.rule_number, because.clone(), share.currency.clone());
        match merged.get_mut(&key) {
            Some(same) => {
                same.cost += share.cost;
                same.line_items += share.line_items;
            }
            None => {
                merged.insert(key, RuleShare { because, ..share });
            }
        }
    }
    let mut shares: Vec<RuleShare> = merged.into_values().collect();
    // Largest first, as ever; the sort keeps the order of those that tie.
    shares.sort_by_key(|share| std::cmp::Reverse(share.cost));
    shares
}

fn because_without_values(share: &RuleShare, rules: &Ownership) -> String {
    let number = share.rule_number.and_then(|number| usize::try_from(number).ok());
    match (number, rules.rules().iter().find(|rule| Some(rule.number()) == number)) {
        // The reason why no rule holds is a word of ours.
        (None, _) => share.because.clone(),
        (Some(number), Some(rule)) => format!("rule {number} `{}`: {}", rule.name(), rule.fields()),
        (Some(number), None) => format!("rule {number}"),
    }
}
