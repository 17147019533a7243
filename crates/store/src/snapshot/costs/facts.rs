//! The text of queries for facts as they are kept, not added up, and for the texts that stand behind their numbers.
//!
//! Where an answer has nearly as many rows as there are facts, most of what a sum costs Postgres is the comparing and moving
//! of texts that are the same in row after row. So facts are read by their numbers, and each text once.

use sqlx::{Postgres, QueryBuilder};

use super::columns::companions;
use super::composer::Composer;
use super::conditions::push_value;
use super::tables::{Needs, Table, is_of_charge};
use super::{Arrangement, CostQuestion, Snapshot, Stretch};
use crate::snapshot::Granularity;

/// Nothing of it is added up, folded or compared.
const AS_IT_IS: Arrangement = Arrangement { top: None, compare: None, slice: None };

impl Snapshot {
    /// The facts that a question is about, of a part of its scope, in the order of their time: the day or the period, load,
    /// subject, charge, currency, the cost asked for, tokens, lines.
    pub(in crate::snapshot) fn compose_facts(
        &self,
        stretch: &Stretch,
        question: &CostQuestion,
    ) -> QueryBuilder<Postgres> {
        let ungrouped = CostQuestion { group_by: Vec::new(), order_by: None, ..question.clone() };
        let mut composer = self.composer(stretch, &ungrouped);
        let needs = Needs::of(&ungrouped, composer.visible);
        let table = Needs::of(question, composer.visible).table();
        let time = if question.granularity == Granularity::Daily { "cost.usage_date" } else { "load.period" };
        composer.text.push("select ").push(time);
        composer.text.push(", cost.load_id, cost.subject_id, cost.charge_id, cost.currency, cost.");
        composer.text.push(question.cost.column()).push(", cost.tokens, cost.line_items");
        composer.from(&needs, table, needs.charge);
        composer.choose(table);
        composer.text.push(" order by ").push(time);
        composer.text
    }

    /// The subjects of a part of what is asked: load, subject, and what of the dimensions grouped by is said of them, with
    /// the principal as billed and the name of the account where these are asked for.
    pub(in crate::snapshot) fn compose_subjects(
        &self,
        stretch: &Stretch,
        question: &CostQuestion,
    ) -> QueryBuilder<Postgres> {
        let group_by = question.group_by.iter().filter(|dimension| !is_of_charge(dimension)).cloned().collect();
        let unfiltered = CostQuestion {
            scope: question.scope.clone(),
            granularity: Granularity::Total,
            group_by,
            filters: Vec::new(),
            order_by: None,
            cost: question.cost,
        };
        let mut composer = self.composer(&Stretch { days: None, ..stretch.clone() }, &unfiltered);
        let needs = Needs::of(&unfiltered, composer.visible);
        composer.text.push("select cost.load_id, cost.subject_id");
        for dimension in &unfiltered.group_by {
            push_value(composer.text.push(", "), dimension);
        }
        for column in companions(question) {
            composer.text.push(", ").push(column);
        }
        composer.from(&needs, Table::SubjectCost, false);
        composer.text.push(" where cost.load_id = any(").push_bind(stretch.load_ids.clone()).push(")");
        composer.text
    }

    /// What was charged for in a part of what is asked: charge, class of its tokens, and what of the dimensions grouped by is
    /// said of it.
    pub(in crate::snapshot) fn compose_charges(
        &self,
        stretch: &Stretch,
        question: &CostQuestion,
    ) -> QueryBuilder<Postgres> {
        let mut text = QueryBuilder::new("select charge.charge_id, charge.token_class");
        for dimension in question.group_by.iter().filter(|dimension| is_of_charge(dimension)) {
            push_value(text.push(", "), dimension);
        }
        text.push(" from charge where charge_id in (select cost.charge_id from team_period_cost as cost");
        text.push(" where cost.load_id = any(").push_bind(stretch.load_ids.clone());
        text.push(") and cost.ownership_id = ").push_bind(self.ownership_id).push(")");
        text
    }

    fn composer<'q>(&'q self, stretch: &Stretch, question: &'q CostQuestion) -> Composer<'q> {
        Composer {
            ownership_id: self.ownership_id,
            visible: self.visible(),
            shown: self.shown(),
            question,
            arrangement: &AS_IT_IS,
            load_ids: stretch.load_ids.clone(),
            days: stretch.days,
            compared: None,
            text: QueryBuilder::new(""),
        }
    }
}
