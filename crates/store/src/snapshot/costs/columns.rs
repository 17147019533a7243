//! The columns of the query: what makes a row of the answer, and the sums over its lines.

use bill::usage::TokenClass;
use sqlx::{Postgres, QueryBuilder};

use super::composer::Composer;
use super::conditions::push_value;
use super::tables::Table;
use crate::snapshot::figures::{Figure, column_of};
use crate::snapshot::{CostQuestion, Dimension, Granularity};

/// How text is sorted.
const BY_BYTES: &str = " collate \"C\"";

impl Composer<'_> {
    /// Columns in order: time (if granular), each dimension, their companions, currency; then the
    /// money. Grouping is by position, so that a bound tag key stands in one place only. Text is sorted by its bytes, as it is
    /// where an answer comes from memory, whatever the database sorts by.
    pub(super) fn select(&mut self, table: Table) {
        self.text.push("select ");
        let names = self.keys();
        let mut names = names.iter();
        let mut name = |text: &mut QueryBuilder<Postgres>, folds: bool| {
            let name = names.next().filter(|_| folds);
            name.into_iter().for_each(|name| {
                text.push(" as ").push(name);
            });
            text.push(", ");
        };
        let folds = self.folds();
        match self.question.granularity {
            Granularity::Total => {}
            Granularity::Monthly => name(self.text.push("load.period"), folds),
            Granularity::Daily => name(self.text.push("cost.usage_date"), folds),
        }
        for dimension in &self.question.group_by {
            push_value(&mut self.text, dimension);
            name(self.text.push(BY_BYTES), folds);
        }
        for column in companions(self.question) {
            name(self.text.push(column).push(BY_BYTES), folds);
        }
        name(self.text.push("cost.currency").push(BY_BYTES), folds);
        for (place, figure) in self.figures().into_iter().enumerate() {
            self.text.push(if place == 0 { "" } else { ", " });
            self.push_sum(figure, table);
            match folds {
                true => self.text.push(" as ").push(figure.column()),
                false => self.text.push(figure.cast()),
            };
        }
        if !folds {
            self.text.push(", ");
            self.push_sum(Figure::Cost, table);
            self.text.push(" as ordering");
        }
    }

    /// The columns that make a row of the answer, in order, as they are called where rows are folded.
    pub(super) fn keys(&self) -> Vec<String> {
        let time = (self.question.granularity != Granularity::Total).then(|| "time".to_owned());
        let numbered = |name: &'static str, count: usize| (1..=count).map(move |number| format!("{name}_{number}"));
        let dimensions = numbered("dimension", self.question.group_by.len());
        let companions = numbered("companion", companions(self.question).count());
        time.into_iter().chain(dimensions).chain(companions).chain(["currency".to_owned()]).collect()
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let compared = self.compared.is_some().then_some(Figure::Compared);
        let tokens = TokenClass::ALL.map(Figure::Tokens);
        [Figure::Cost].into_iter().chain(compared).chain(tokens).chain([Figure::LineItems]).collect()
    }

    /// Writes a sum over lines: of all, or where two sides are compared, of one of them, which may have none.
    fn push_sum(&mut self, figure: Figure, table: Table) {
        let cost = self.question.cost.column();
        let (column, class) = match figure {
            Figure::Cost | Figure::Compared => (cost, None),
            Figure::Tokens(class) if table.has_charge() => ("tokens", Some(class.as_str())),
            Figure::Tokens(class) => (column_of(class), None),
            Figure::LineItems => ("line_items", None),
        };
        let side = self.compared.as_ref().map(|compared| match figure {
            Figure::Compared => compared.former.clone(),
            _ => compared.current.clone(),
        });
        let may_be_nothing = class.is_some() || side.is_some();
        self.text.push(if may_be_nothing { "coalesce(sum(cost." } else { "sum(cost." }).push(column).push(")");
        let mut before = " filter (where ";
        if let Some(class) = class {
            self.text.push(before).push("charge.token_class = '").push(class).push("'");
            before = " and ";
        }
        if let Some(load_ids) = side {
            self.text.push(before).push("cost.load_id = any(").push_bind(load_ids).push(")");
        }
        if may_be_nothing {
            self.text.push("), 0)");
        }
    }
}

/// Columns that come with a dimension: the principal as billed, the name of the account.
pub(super) fn companions(question: &CostQuestion) -> impl Iterator<Item = &'static str> {
    let grouped = |dimension| question.group_by.contains(&dimension);
    let principal = grouped(Dimension::Principal).then_some("principal.arn");
    principal.into_iter().chain(grouped(Dimension::Account).then_some("account.name"))
}
