//! Teams, and the rules that give them cost.

use bill::BillingPeriod;
use sqlx::{PgConnection, QueryBuilder};

use super::scope::{UNATTRIBUTED, Visible};
use super::{CostBasis, RuleShare, Snapshot, Team};
use crate::error::{Doing, StoreError, amount};
use crate::summaries::figures;

/// What people are told instead of the name of a team.
const UNATTRIBUTED_NAME: &str = "Unattributed";

impl Snapshot {
    /// The teams that own cost in any period that is served, and `unattributed` where any cost has no owner, by slug.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn teams(&mut self) -> Result<Vec<Team>, StoreError> {
        let load_ids = self.load_ids(|_| true);
        if let Some(visible) = self.visible() {
            let query = teams_of_part(visible, &load_ids);
            return fetch_teams(query, self.reading.connection().await?).await;
        }
        if let Some(names) = &self.team_names
            && let Some(summaries) = self.wholly_held(&load_ids)
        {
            let name = |slug: &str| names.get(slug).map_or(UNATTRIBUTED_NAME, String::as_str).to_owned();
            let slugs = figures::slugs(&summaries).into_iter();
            return Ok(slugs.map(|slug| Team { name: name(slug), slug: slug.to_owned() }).collect());
        }
        sqlx::query_as!(
            Team,
            r#"select coalesce(slug, 'unattributed') as "slug!", coalesce(name, 'Unattributed') as "name!"
                 from (select distinct team_id from team_day_cost where load_id = any($1) and ownership_id = $2) as owners
                 left join team using (team_id)
                order by 1"#,
            &load_ids,
            self.ownership_id,
        )
        .fetch_all(self.reading.connection().await?)
        .await
        .doing("the teams")
    }

    /// The team of this slug, where it owns cost in any period that is served.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn team(&mut self, slug: &str) -> Result<Option<Team>, StoreError> {
        if slug.contains('\0') {
            // Postgres has no such texts, and refuses to look for one.
            return Ok(None);
        }
        if let Some(names) = &self.team_names
            && let Some(summaries) = self.wholly_held(&self.load_ids(|_| true))
        {
            let owns = summaries.iter().any(|summary| slug != UNATTRIBUTED && summary.has_team(slug));
            let name = names.get(slug).filter(|_| owns);
            return Ok(name.map(|name| Team { slug: slug.to_owned(), name: name.clone() }));
        }
        if self.visible().is_some() {
            return Ok(self.teams().await?.into_iter().find(|team| team.slug == slug));
        }
        sqlx::query_as!(
            Team,
            "select slug, name
               from team
              where slug = $3
                and exists (select from team_day_cost as cost
                             where load_id = any($1) and ownership_id = $2 and cost.team_id = team.team_id)",
            &self.load_ids(|_| true),
            self.ownership_id,
            slug,
        )
        .fetch_optional(self.reading.connection().await?)
        .await
        .doing("a team")
    }

    /// Which rules give a team its cost, or, for `unattributed`, why no rule does: the largest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn rule_shares(
        &mut self,
        team: &str,
        periods: &[BillingPeriod],
        cost: CostBasis,
    ) -> Result<Vec<RuleShare>, StoreError> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        if let Some(visible) = self.visible() {
            let query = rule_shares_of_part(visible, &load_ids, team, cost);
            let shares = fetch_rule_shares(query, self.reading.connection().await?).await?;
            return self.shares_to_show(shares).await;
        }
        if let Some(summaries) = self.wholly_held(&load_ids) {
            return self.shares_to_show(figures::rule_shares(&summaries, team, cost)).await;
        }
        let rows = sqlx::query!(
            r#"select rule_number, rule, because, currency,
                      sum(case $4::text when 'net_unblended' then net_unblended_cost
                                        when 'list' then list_cost else unblended_cost end)::text as "cost!",
                      sum(line_items)::bigint as "line_items!"
                 from owner
                 join subject_cost using (load_id, subject_id)
                where load_id = any($1) and ownership_id = $2
                  and (owner.team_id = (select team_id from team where slug = $3)
                       or $3 = 'unattributed' and owner.team_id is null)
                group by rule_number, rule, because, currency
                order by sum(case $4::text when 'net_unblended' then net_unblended_cost
                                           when 'list' then list_cost else unblended_cost end) desc,
                         rule_number, because collate "C", currency"#,
            &load_ids,
            self.ownership_id,
            team,
            cost.as_str(),
        )
        .fetch_all(self.reading.connection().await?)
        .await
        .doing("the rules of a team")?;
        let shares = rows
            .into_iter()
            .map(|row| {
                Ok(RuleShare {
                    rule_number: row.rule_number,
                    rule: row.rule,
                    because: row.because,
                    cost: amount(&row.cost)?,
                    currency: row.currency,
                    line_items: row.line_items,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        self.shares_to_show(shares).await
    }
}

type Query = QueryBuilder<sqlx::Postgres>;

fn teams_of_part(visible: Visible<'_>, load_ids: &[i64]) -> Query {
    let mut text = QueryBuilder::new("select coalesce(slug, 'unattributed'), coalesce(name, 'Unattributed')");
    text.push(" from (select distinct team_id from ");
    visible.push_owners(&mut text, load_ids);
    text.push(" as owner) as owners left join team using (team_id) order by 1");
    text
}

async fn fetch_teams(mut query: Query, connection: &mut PgConnection) -> Result<Vec<Team>, StoreError> {
    let rows: Vec<(String, String)> = query.build_query_as().fetch_all(connection).await.doing("the teams")?;
    Ok(rows.into_iter().map(|(slug, name)| Team { slug, name }).collect())
}

fn rule_shares_of_part(visible: Visible<'_>, load_ids: &[i64], team: &str, cost: CostBasis) -> Query {
    let mut text = QueryBuilder::new("select rule_number, rule, because, currency, sum(cost.");
    text.push(cost.column()).push(")::text, sum(cost.line_items)::bigint from ");
    visible.push_owners(&mut text, load_ids);
    text.push(" as owner join subject_cost as cost using (load_id, subject_id) where cost.load_id = any(");
    text.push_bind(load_ids.to_vec()).push(") and ");
    if team == UNATTRIBUTED {
        text.push("owner.team_id is null");
    } else {
        text.push("owner.team_id = (select team_id from team where slug = ").push_bind(team.to_owned()).push(")");
    }
    text.push(" group by rule_number, rule, because, currency order by sum(cost.").push(cost.column());
    text.push(") desc, rule_number, because collate \"C\", currency");
    text
}

async fn fetch_rule_shares(mut query: Query, connection: &mut PgConnection) -> Result<Vec<RuleShare>, StoreError> {
    type Row = (Option<i32>, Option<String>, String, String, String, i64);
    let rows: Vec<Row> = query.build_query_as().fetch_all(connection).await.doing("the rules of a team")?;
    rows.into_iter()
        .map(|(rule_number, rule, because, currency, cost, line_items)| {
            Ok(RuleShare { rule_number, rule, because, cost: amount(&cost)?, currency, line_items })
        })
        .collect()
}
