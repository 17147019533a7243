//! Teams, the rules that give them cost, the tags that could, and the control figures.

use bill::BillingPeriod;
use bill::tags::{TagKey, TagView};

use super::{Control, CostBasis, RuleShare, Snapshot, Team};
use crate::error::{Doing, StoreError, amount};

impl Snapshot {
    /// The teams that own cost in any period that is served, and `unattributed` where any cost has no owner, by slug.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn teams(&mut self) -> Result<Vec<Team>, StoreError> {
        let load_ids = self.load_ids(|_| true);
        sqlx::query_as!(
            Team,
            r#"select coalesce(slug, 'unattributed') as "slug!", coalesce(name, 'Unattributed') as "name!"
                 from (select distinct team_id from team_cost where load_id = any($1) and ownership_id = $2) as owners
                 left join team using (team_id)
                order by 1"#,
            &load_ids,
            self.ownership_id,
        )
        .fetch_all(&mut *self.transaction)
        .await
        .doing("the teams")
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
        let rows = sqlx::query!(
            r#"select rule_number, rule, because, currency,
                      sum(case $4::text when 'net_unblended' then net_unblended_cost
                                        when 'list' then list_cost else unblended_cost end)::text as "cost!",
                      sum(line_items)::bigint as "line_items!"
                 from owner
                 left join team using (team_id)
                 join period_cost using (load_id, subject_id)
                where load_id = any($1) and ownership_id = $2 and coalesce(slug, 'unattributed') = $3
                group by rule_number, rule, because, currency
                order by sum(case $4::text when 'net_unblended' then net_unblended_cost
                                           when 'list' then list_cost else unblended_cost end) desc,
                         rule_number, because, currency"#,
            &load_ids,
            self.ownership_id,
            team,
            cost.as_str(),
        )
        .fetch_all(&mut *self.transaction)
        .await
        .doing("the rules of a team")?;
        rows.into_iter()
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
            .collect()
    }

    /// The keys of all tags, in every view, that lines of these periods carry.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn tag_keys(&mut self, periods: &[BillingPeriod]) -> Result<Vec<TagKey>, StoreError> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        let rows = sqlx::query!(
            r#"with sets as (
                   select distinct tag_set_id
                     from subject
                    where subject_id in (select subject_id from period_cost where load_id = any($1))
               )
               select 'tags' as "view!", jsonb_object_keys(tags) as "key!" from tag_set join sets using (tag_set_id)
               union
               select 'resource_tags', jsonb_object_keys(resource_tags) from tag_set join sets using (tag_set_id)
               union
               select 'cost_category', jsonb_object_keys(cost_category) from tag_set join sets using (tag_set_id)"#,
            &load_ids,
        )
        .fetch_all(&mut *self.transaction)
        .await
        .doing("the keys of tags")?;
        let mut keys: Vec<TagKey> = rows
            .into_iter()
            .filter_map(|row| match row.view.as_str() {
                "resource_tags" => Some(TagKey { view: TagView::NormalisedResourceTags, key: row.key }),
                "cost_category" => Some(TagKey { view: TagView::NormalisedCostCategory, key: row.key }),
                // A key of the map `tags` names its own view: `iamPrincipal/team`. One that names none cannot be asked for.
                _ => row.key.parse::<TagKey>().ok().filter(|key| key.column_key() == row.key),
            })
            .collect();
        keys.sort_unstable();
        Ok(keys)
    }

    /// The control figures of these periods, by period and currency.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn control(&mut self, periods: &[BillingPeriod], cost: CostBasis) -> Result<Vec<Control>, StoreError> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        let rows = sqlx::query_file!("src/snapshot/control.sql", &load_ids, self.ownership_id, cost.as_str())
            .fetch_all(&mut *self.transaction)
            .await
            .doing("the control figures")?;
        rows.into_iter()
            .map(|row| {
                Ok(Control {
                    period: BillingPeriod::containing(row.period),
                    currency: row.currency,
                    bill_total: amount(&row.bill_total)?,
                    bedrock_total: amount(&row.bedrock_total)?,
                    attributed: amount(&row.attributed)?,
                    unattributed: amount(&row.unattributed)?,
                    unclassified: amount(&row.unclassified)?,
                })
            })
            .collect()
    }
}
