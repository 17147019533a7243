//! The summary as a table: a line for each figure of each side.

use bill::BillingPeriod;
use serde::Serialize;

use super::{OtherPrincipals, Summary, UnclassifiedFigures};
use crate::http::format::table::Table;
use crate::http::principals::PrincipalCosts;
use crate::http::showback::{Line, Lines, table_of_lines};
use crate::http::tags::TagKeyCosts;

pub(super) const TABLE: Table =
    table_of_lines!(["period"], ["count", "percent", "cache", "identity", "role", "session", "person", "because"]);

/// What the table is about.
#[derive(Debug, Serialize)]
pub(super) struct About {
    pub(super) period: BillingPeriod,
}

impl Summary {
    pub(super) fn lines(&self) -> Lines {
        let sides = [
            ("day", &self.by_day),
            ("team", &self.by_team),
            ("model", &self.by_model),
            ("account", &self.by_account),
            ("token_kind", &self.by_token_kind),
            ("charge_type", &self.by_charge_type),
        ];
        let totals = Lines::of_totals(&self.totals, self.change.as_ref());
        let lines = sides.into_iter().fold(totals, |lines, (by, rows)| lines.and_by(by, rows));
        lines
            .and(self.top_principals.iter().map(of_principal))
            .and(self.other_principals.iter().map(of_others))
            .and_rules("unattributed", &self.unattributed)
            .and(self.unclassified.iter().map(of_unclassified))
            .and(self.tags.iter().flat_map(of_tag))
    }
}

fn of_principal(principal: &PrincipalCosts) -> Line {
    Line {
        by: "principal".to_owned(),
        value: principal.id.clone(),
        label: principal.arn.clone(),
        cost: principal.cost,
        currency: principal.currency.clone(),
        tokens: Some(principal.tokens.clone()),
        line_items: principal.line_items,
        identity: principal.identity.clone(),
        role: principal.role.clone(),
        session: principal.session.clone(),
        person: principal.person.clone(),
        ..Line::default()
    }
}

fn of_others(others: &OtherPrincipals) -> Line {
    Line {
        by: "other_principals".to_owned(),
        count: Some(others.principals),
        cost: others.cost,
        currency: others.currency.clone(),
        tokens: Some(others.tokens.clone()),
        line_items: others.line_items,
        ..Line::default()
    }
}

/// The product is what people know a usage type by.
fn of_unclassified(unclassified: &UnclassifiedFigures) -> Line {
    Line {
        by: "unclassified".to_owned(),
        value: unclassified.usage_type.clone(),
        label: unclassified.product.clone(),
        cost: unclassified.cost,
        currency: unclassified.currency.clone(),
        line_items: unclassified.line_items,
        ..Line::default()
    }
}

/// A line for each currency. The view is what sort of tag it is.
fn of_tag(tag: &TagKeyCosts) -> impl Iterator<Item = Line> {
    tag.coverage.iter().map(|coverage| Line {
        by: "tag".to_owned(),
        value: Some(tag.key.clone()),
        label: Some(tag.view.to_owned()),
        count: Some(tag.values),
        cost: coverage.cost,
        currency: coverage.currency.clone(),
        percent: coverage.percent,
        line_items: coverage.line_items,
        ..Line::default()
    })
}
