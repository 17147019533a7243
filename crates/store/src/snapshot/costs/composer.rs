//! The text of the query: which lines are added up.

use chrono::NaiveDate;
use sqlx::{Postgres, QueryBuilder};

use super::conditions::{push_condition, push_team_condition, team_id_in};
use super::tables::{Needs, Table};
use crate::snapshot::arrangement::push_folding;
use crate::snapshot::persons::Shown;
use crate::snapshot::scope::Visible;
use crate::snapshot::{Arrangement, CostQuestion, Dimension, Filter, Scope};

/// The loads of two sides that are compared.
pub(super) struct Compared {
    pub(super) current: Vec<i64>,
    pub(super) former: Vec<i64>,
}

pub(super) struct Composer<'q> {
    pub(super) ownership_id: i32,
    pub(super) visible: Option<Visible<'q>>,
    pub(super) shown: Shown<'q>,
    pub(super) question: &'q CostQuestion,
    pub(super) arrangement: &'q Arrangement,
    pub(super) load_ids: Vec<i64>,
    /// Of these loads, the lines used from one day to before another; all where not set.
    pub(super) days: Option<(NaiveDate, NaiveDate)>,
    pub(super) compared: Option<Compared>,
    pub(super) text: QueryBuilder<Postgres>,
}

impl Composer<'_> {
    pub(super) fn compose(mut self) -> QueryBuilder<Postgres> {
        let needs = Needs::of(self.question, self.visible);
        if self.folds() {
            self.text.push("with grouped as (");
        }
        let table = needs.table();
        self.select(table);
        // Which tokens a line counts is said by what was charged for.
        self.from(&needs, table, table.has_charge());
        self.choose(table);
        self.group();
        if let Some(top) = self.arrangement.top {
            let (keys, figures) = (self.keys(), self.figures());
            push_folding(&mut self.text, &keys, &figures, top);
            self.group();
            self.text.push(", others");
        }
        self.order();
        self.limit();
        self.text
    }

    /// Writes which lines are meant: those of some loads and days that lie in sight and pass the filters.
    pub(super) fn choose(&mut self, table: Table) {
        self.text.push(" where cost.load_id = any(").push_bind(self.load_ids.clone()).push(")");
        if table.is_by_team() {
            self.text.push(" and cost.ownership_id = ").push_bind(self.ownership_id);
            if let Some(visible) = self.visible {
                self.text.push(" and (");
                visible.push_of_teams(&mut self.text, "cost.team_id");
                self.text.push(")");
            }
        }
        let of_scope = match self.question.scope {
            Scope::UsageDates { start, end } => Some((start, end)),
            Scope::Periods(_) => None,
        };
        for (start, end) in of_scope.into_iter().chain(self.days) {
            self.text.push(" and cost.usage_date >= ").push_bind(start);
            self.text.push(" and cost.usage_date < ").push_bind(end);
        }
        self.filter(table);
    }

    fn filter(&mut self, table: Table) {
        let (alternatives, others): (Vec<&Filter>, _) =
            self.question.filters.iter().partition(|filter| filter.alternative);
        for filter in others {
            self.text.push(" and ");
            self.push_filter(filter, table);
        }
        for exclude in [false, true] {
            let of_kind: Vec<&Filter> = alternatives.iter().copied().filter(|one| one.exclude == exclude).collect();
            for (place, filter) in of_kind.iter().enumerate() {
                self.text.push(if place == 0 { " and (" } else { " or " });
                self.push_filter(filter, table);
            }
            self.text.push(if of_kind.is_empty() { "" } else { ")" });
        }
    }

    fn push_filter(&mut self, filter: &Filter, table: Table) {
        match filter.dimension {
            Dimension::Team => push_team_condition(&mut self.text, team_id_in(table), filter),
            _ => push_condition(&mut self.text, filter),
        }
    }

    pub(super) fn folds(&self) -> bool {
        self.arrangement.top.is_some()
    }

    pub(super) fn from(&mut self, needs: &Needs, table: Table, with_charge: bool) {
        self.text.push(" from ").push(table.name()).push(" as cost");
        if with_charge {
            self.text.push(" join charge using (charge_id)");
        }
        if needs.period {
            self.text.push(" join load on load.load_id = cost.load_id");
        }
        if !table.is_by_team() {
            self.join_owner(needs);
        }
        if needs.team {
            self.text.push(" left join team on team.team_id = ").push(team_id_in(table));
        }
        if needs.subject {
            self.text.push(" join subject on subject.subject_id = cost.subject_id");
        }
        if needs.principal {
            self.shown.join_principal(&mut self.text);
        }
        if self.question.group_by.contains(&Dimension::Account) {
            self.shown.join_account(&mut self.text);
        }
        if needs.tags {
            self.shown.join_tag_set(&mut self.text);
        }
    }

    fn join_owner(&mut self, needs: &Needs) {
        match self.visible {
            Some(visible) => {
                self.text.push(" join ");
                visible.push_owners(&mut self.text, &self.load_ids);
                self.text.push(" as owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
            }
            None if needs.owner => {
                self.text.push(" join owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
                self.text.push(" and owner.ownership_id = ").push_bind(self.ownership_id);
                // Said of both tables: Postgres does not carry the choice of loads over from one to the other.
                self.text.push(" and owner.load_id = any(").push_bind(self.load_ids.clone()).push(")");
            }
            None => {}
        }
    }
}
