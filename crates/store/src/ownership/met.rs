//! A load is given to teams while it is read: its subjects get their owners as they are met, and what each team costs is
//! added up as the facts stream by. Once all are there, only owners and sums are left to be written.
//!
//! [`own_load`](super::own_load) comes to the same from what is kept, and stands in wherever this gives up.

use std::collections::HashMap;

use bill::charge_type::ChargeType;
use bill::principal::Principal;
use bill::tags::TagSet;
use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;
use foldhash::fast::RandomState;
use ledger::{Owner, Ownership};

use crate::loads::{Fact, Subject};

/// Beyond this many sums, some 200 MB, the load is given to teams from what is kept.
const MOST_SUMS: usize = 2_000_000;

/// What is known of a load's owners while it is read.
pub(crate) struct OwnersMet {
    /// The version of the rules.
    pub(crate) ownership_id: i32,
    pub(crate) rules: Ownership,
    period: BillingPeriod,
    principals: HashMap<i32, Principal, RandomState>,
    tag_sets: HashMap<i32, TagSet, RandomState>,
    /// Of each subject, in the order in which they were met.
    pub(super) owners: Vec<(i32, Owner)>,
    /// Names of teams, each at the place by which sums know it.
    pub(super) team_names: Vec<String>,
    places: HashMap<String, usize, RandomState>,
    /// The team of each subject; `None` where no rule claims it.
    teams: HashMap<i32, Option<usize>, RandomState>,
    pub(super) sums: HashMap<TeamDayCharge, Sums, RandomState>,
    most_sums: usize,
}

/// What a row of `team_cost` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TeamDayCharge {
    /// The place of its name; `None` for unattributed cost.
    pub(super) team: Option<usize>,
    pub(super) usage_date: NaiveDate,
    pub(super) charge_id: i32,
    pub(super) currency: [u8; 3],
}

/// What a row of `team_cost` adds up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Unblended, net unblended and list cost.
    pub(super) costs: [Amount; 3],
    pub(super) tokens: Amount,
    pub(super) line_items: i64,
}

impl Sums {
    /// `None` beyond the digits of an amount.
    pub(super) fn plus(self, other: &Self) -> Option<Self> {
        let [unblended, net_unblended, list] = self.costs;
        Some(Self {
            costs: [
                unblended.checked_add(other.costs[0])?,
                net_unblended.checked_add(other.costs[1])?,
                list.checked_add(other.costs[2])?,
            ],
            tokens: self.tokens.checked_add(other.tokens)?,
            line_items: self.line_items.checked_add(other.line_items)?,
        })
    }
}

impl OwnersMet {
    pub(crate) fn new(ownership_id: i32, rules: Ownership, period: BillingPeriod) -> Self {
        Self {
            ownership_id,
            rules,
            period,
            principals: HashMap::default(),
            tag_sets: HashMap::default(),
            owners: Vec::new(),
            team_names: Vec::new(),
            places: HashMap::default(),
            teams: HashMap::default(),
            sums: HashMap::default(),
            most_sums: MOST_SUMS,
        }
    }

    pub(crate) fn meet_principals(&mut self, ids: &[i32], principals: &[Principal]) {
        self.principals.extend(ids.iter().copied().zip(principals.iter().cloned()));
    }

    pub(crate) fn meet_tag_sets(&mut self, ids: &[i32], sets: &[TagSet]) {
        self.tag_sets.extend(ids.iter().copied().zip(sets.iter().cloned()));
    }

    /// Finds the owners of subjects whose principals and tags have been met. Gives `false` where one has not.
    #[must_use]
    pub(crate) fn meet_subjects(&mut self, ids: &[i32], subjects: &[Subject]) -> bool {
        ids.iter().zip(subjects).all(|(id, subject)| self.teams.contains_key(id) || self.meet(*id, subject).is_some())
    }

    fn meet(&mut self, subject_id: i32, subject: &Subject) -> Option<()> {
        let principal = match subject.principal_id {
            Some(principal_id) => Some(self.principals.get(&principal_id)?),
            None => None,
        };
        let subject = ledger::Subject {
            principal,
            tags: self.tag_sets.get(&subject.tag_set_id)?,
            account: subject.account.as_deref(),
            model: subject.model.as_deref(),
            charge_type: &ChargeType::new(subject.charge_type.as_deref().unwrap_or_default()),
            predates_principals: subject.predates_principals,
        };
        let owner = self.rules.owner(&subject, self.period);
        let team = match &owner {
            Owner::Team { name, .. } => Some(self.place(name)),
            Owner::Unattributed { .. } => None,
        };
        self.teams.insert(subject_id, team);
        self.owners.push((subject_id, owner));
        Some(())
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.team_names.len();
        self.team_names.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }

    /// Adds a fact to what its team costs. Gives `false` where that cannot be known here.
    #[must_use]
    pub(crate) fn add(&mut self, fact: &Fact) -> bool {
        self.try_to_add(fact).is_some() && self.sums.len() <= self.most_sums
    }

    fn try_to_add(&mut self, fact: &Fact) -> Option<()> {
        let key = TeamDayCharge {
            team: *self.teams.get(&fact.subject_id)?,
            usage_date: fact.usage_date,
            charge_id: fact.charge_id,
            currency: fact.currency,
        };
        let sums = self.sums.entry(key).or_default();
        *sums = sums.plus(&Sums { costs: fact.costs, tokens: fact.tokens, line_items: fact.line_items })?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(subject_id: i32, charge_id: i32, units: i128) -> Fact {
        let amount = Amount::from_raw(units);
        Fact {
            usage_date: NaiveDate::from_ymd_opt(2026, 9, 1).expect("a day"),
            subject_id,
            charge_id,
            currency: *b"USD",
            costs: [amount; 3],
            quantity: amount,
            tokens: amount,
            line_items: 1,
        }
    }

    /// With one subject, number 1, that nobody owns.
    fn met() -> OwnersMet {
        let period = "2026-09".parse().expect("a period");
        let mut met = OwnersMet::new(1, Ownership::by_team_tag(), period);
        met.meet_tag_sets(&[7], &[TagSet::default()]);
        assert!(met.meet_subjects(&[1], &[Subject { tag_set_id: 7, ..subject() }]));
        met
    }

    fn subject() -> Subject {
        Subject {
            payer: None,
            account: None,
            principal_id: None,
            tag_set_id: 0,
            model: None,
            charge_type: None,
            predates_principals: false,
        }
    }

    #[test]
    fn facts_of_one_team_day_and_charge_are_one_sum() {
        let mut met = met();
        for units in [1, 2, 39] {
            assert!(met.add(&fact(1, 5, units)));
        }
        assert!(met.add(&fact(1, 6, 8)));
        let mut sums: Vec<_> = met.sums.values().map(|sums| (sums.costs[0].raw(), sums.line_items)).collect();
        sums.sort_unstable();
        assert_eq!(sums, [(8, 1), (42, 3)]);
    }

    #[test]
    fn what_cannot_be_known_on_the_way_is_not_guessed() {
        assert!(!met().add(&fact(2, 5, 1)), "a subject that was never met");
        assert!(!met().meet_subjects(&[3], &[subject()]), "a set of tags that was never met");
        let unknown_caller = Subject { principal_id: Some(4), tag_set_id: 7, ..subject() };
        assert!(!met().meet_subjects(&[3], &[unknown_caller]), "a principal that was never met");
        let mut much = met();
        assert!(much.add(&fact(1, 5, i128::MAX)) && !much.add(&fact(1, 5, 1)), "more than an amount can say");
        let mut many = OwnersMet { most_sums: 1, ..met() };
        assert!(many.add(&fact(1, 5, 1)) && !many.add(&fact(1, 6, 1)), "more sums than are held");
    }
}
