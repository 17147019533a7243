//! The value of a dimension, and the conditions of filters.

use sqlx::{Postgres, QueryBuilder};

use super::tables::Table;
use crate::snapshot::scope::{UNATTRIBUTED, push_is_team, push_tag_value};
use crate::snapshot::{Dimension, Filter};

/// Writes the value of a dimension, which must be joined.
pub(in crate::snapshot) fn push_value(text: &mut QueryBuilder<Postgres>, dimension: &Dimension) {
    let column = match dimension {
        Dimension::Payer => "subject.payer",
        Dimension::Account => "subject.account",
        Dimension::Region => "charge.region",
        Dimension::Team => "coalesce(team.slug, 'unattributed')",
        Dimension::Principal => "principal.opaque_id",
        Dimension::Identity => "principal.identity",
        Dimension::Role => "principal.role",
        Dimension::Session => "principal.session",
        Dimension::Person => "principal.person",
        Dimension::Provider => "charge.provider",
        Dimension::Model => "charge.model",
        Dimension::TokenKind => "charge.token_kind",
        Dimension::Cache => "charge.cache",
        Dimension::Tier => "charge.tier",
        Dimension::Routing => "charge.routing",
        Dimension::ChargeType => "charge.charge_type",
        Dimension::BillingEntity => "charge.billing_entity",
        Dimension::Product => "charge.product",
        Dimension::UsageType => "charge.usage_type",
        Dimension::Operation => "charge.operation",
        Dimension::Invoice => "charge.invoice",
        Dimension::Tag(key) => return push_tag_value(text, "tag_set", key),
    };
    text.push(column);
}

/// Writes the condition of a filter, whose dimension must be joined. A line on which the dimension is not set matches no
/// value: `is not true` settles that where matches are left out. Without it, an index can serve.
pub(in crate::snapshot) fn push_condition(text: &mut QueryBuilder<Postgres>, filter: &Filter) {
    let values: Vec<String> = filter.values.iter().flatten().cloned().collect();
    text.push("(");
    push_value(text, &filter.dimension);
    text.push(" = any(").push_bind(values).push(")");
    if filter.values.contains(&None) {
        text.push(" or ");
        push_value(text, &filter.dimension);
        text.push(" is null");
    }
    text.push(if filter.exclude { ") is not true" } else { ")" });
}

/// The column that says who owns a line.
pub(super) fn team_id_in(table: Table) -> &'static str {
    if table.is_by_team() { "cost.team_id" } else { "owner.team_id" }
}

/// Writes the condition of a filter for teams.
pub(super) fn push_team_condition(text: &mut QueryBuilder<Postgres>, team_id: &'static str, filter: &Filter) {
    let slugs: Vec<String> = filter.values.iter().flatten().cloned().collect();
    let or_unattributed = filter.values.contains(&None) || slugs.iter().any(|slug| slug == UNATTRIBUTED);
    text.push("(");
    push_is_team(text, team_id, slugs);
    if or_unattributed {
        text.push(" or ").push(team_id).push(" is null");
    }
    text.push(if filter.exclude { ") is not true" } else { ")" });
}
