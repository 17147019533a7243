//! One principal: what it is, and which rules give its cost to whom.

use std::collections::BTreeMap;

use bill::BillingPeriod;
use sqlx::{FromRow, QueryBuilder};

use super::{CostBasis, RuleShare, Snapshot, Team};
use crate::error::{Doing, StoreError, amount};

/// What a principal is, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct PrincipalDetail {
    /// Opaque id.
    pub id: String,
    /// As billed, whole.
    pub arn: String,
    /// What it is: `iam_user`, `assumed_role`, …
    pub identity: String,
    /// AWS partition.
    pub partition: Option<String>,
    /// The account that it belongs to.
    pub account: Option<String>,
    /// User or service name.
    pub name: Option<String>,
    /// IAM path.
    pub path: Option<String>,
    /// Role name.
    pub role: Option<String>,
    /// Role session name.
    pub session: Option<String>,
    /// IAM Identity Center permission set.
    pub permission_set: Option<String>,
    /// The person behind it, where the bill says so.
    pub person: Option<String>,
}

/// What rules give to one team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamClaims {
    /// The team; `unattributed` where no rule claims the lines.
    pub team: Team,
    /// Which rules, or why none.
    pub rules: Vec<RuleShare>,
}

#[derive(FromRow)]
struct ClaimRow {
    slug: String,
    name: String,
    rule_number: Option<i32>,
    rule: Option<String>,
    because: String,
    currency: String,
    cost: String,
    line_items: i64,
}

impl Snapshot {
    /// What the principal of this id is. Whether it has lines in sight is for the caller to know: this is asked after.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn principal(&mut self, id: &str) -> Result<Option<PrincipalDetail>, StoreError> {
        let mut text = QueryBuilder::new(
            "select principal.opaque_id as id, principal.arn, principal.identity, principal.partition, \
             principal.account, principal.name, principal.path, principal.role, principal.session, \
             principal.permission_set, principal.person from subject",
        );
        self.shown().join_principal(&mut text);
        text.push(" where principal.opaque_id = ").push_bind(id.to_owned()).push(" limit 1");
        text.build_query_as().fetch_optional(self.reading.connection().await?).await.doing("a principal")
    }

    /// To which teams rules give the cost of a principal, by team, the largest share of each first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn claims_on_principal(
        &mut self,
        id: &str,
        periods: &[BillingPeriod],
        cost: CostBasis,
    ) -> Result<Vec<TeamClaims>, StoreError> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        let mut text = QueryBuilder::new(
            "select coalesce(team.slug, 'unattributed') as slug, coalesce(team.name, 'Unattributed') as name, \
             owner.rule_number, owner.rule, owner.because, cost.currency, sum(cost.",
        );
        text.push(cost.column()).push(")::text as cost, sum(cost.line_items)::bigint as line_items");
        text.push(" from subject_cost as cost join subject on subject.subject_id = cost.subject_id join ");
        match self.visible() {
            Some(visible) => {
                visible.push_owners(&mut text, &load_ids);
                text.push(" as owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
            }
            None => {
                text.push("owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
                text.push(" and owner.ownership_id = ").push_bind(self.ownership_id);
            }
        }
        text.push(" left join team on team.team_id = owner.team_id");
        self.shown().join_principal(&mut text);
        text.push(" where cost.load_id = any(").push_bind(load_ids).push(") and principal.opaque_id = ");
        text.push_bind(id.to_owned()).push(" group by 1, 2, 3, 4, 5, 6 order by sum(cost.").push(cost.column());
        text.push(") desc, 1, 3, 5, 6");
        let rows: Vec<ClaimRow> = text
            .build_query_as()
            .fetch_all(self.reading.connection().await?)
            .await
            .doing("the teams of a principal")?;
        let mut by_team: BTreeMap<(String, String), Vec<RuleShare>> = BTreeMap::new();
        for row in rows {
            let ClaimRow { slug, name, rule_number, rule, because, currency, cost, line_items } = row;
            let share = RuleShare { rule_number, rule, because, cost: amount(&cost)?, currency, line_items };
            by_team.entry((slug, name)).or_default().push(share);
        }
        let mut claims = Vec::new();
        for ((slug, name), shares) in by_team {
            claims.push(TeamClaims { team: Team { slug, name }, rules: self.shares_to_show(shares).await? });
        }
        Ok(claims)
    }
}
