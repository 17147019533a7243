//! Answers [`CostQuestion`]s.
//!
//! The text of the query is put together from the words below and from nothing else: whatever comes from a caller is
//! bound as a value. Three tables hold the same money; the one with the fewest rows that can answer is read.

use bill::BillingPeriod;
use bill::tags::{TagKey, TagView};
use chrono::NaiveDate;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row};

use super::{CostBasis, CostQuestion, CostRow, Dimension, Filter, Granularity, OrderKey, Scope, Snapshot, Tokens};
use crate::error::{Doing, StoreError, amount};

/// The longest answer: what a client can still read at once.
pub const MOST_ROWS: usize = 100_000;

impl Snapshot {
    /// The rows that answer a question, in the order asked; rows that tie are ordered by time, cost and dimensions.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] where there are more than [`MOST_ROWS`], or where the database fails.
    pub async fn costs(&mut self, question: &CostQuestion) -> Result<Vec<CostRow>, StoreError> {
        let load_ids = self.load_ids(|load| match &question.scope {
            Scope::Periods(periods) => periods.contains(&load.period),
            Scope::UsageDates { start, end } => {
                load.usage_dates.is_some_and(|(first, last)| first < *end && last >= *start)
            }
        });
        let mut query =
            Composer { ownership_id: self.ownership_id, question, text: QueryBuilder::new("") }.compose(&load_ids);
        let rows = query.build().fetch_all(&mut *self.transaction).await.doing("costs")?;
        if rows.len() > MOST_ROWS {
            return Err(StoreError::TooManyRows { limit: MOST_ROWS });
        }
        rows.iter().map(|row| read_row(row, question)).collect()
    }
}

/// The tables that hold the money, the smallest first.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "these are the names of the tables")]
enum Table {
    /// By team, day and charge: no subjects.
    TeamCost,
    /// By subject and charge: no days.
    PeriodCost,
    /// Everything.
    DailyCost,
}

/// What a question looks at, beside the money.
struct Needs {
    subject: bool,
    principal: bool,
    tags: bool,
    team: bool,
    day: bool,
}

impl Needs {
    fn of(question: &CostQuestion) -> Self {
        let looked_at = || question.group_by.iter().chain(question.filters.iter().map(|filter| &filter.dimension));
        let any = |test: fn(&Dimension) -> bool| looked_at().any(test);
        Self {
            subject: any(|dimension| {
                matches!(dimension, Dimension::Payer | Dimension::Account | Dimension::Tag(_))
                    || is_of_principal(dimension)
            }),
            principal: any(is_of_principal),
            tags: any(|dimension| matches!(dimension, Dimension::Tag(_))),
            team: any(|dimension| matches!(dimension, Dimension::Team)),
            day: question.granularity == Granularity::Daily || matches!(question.scope, Scope::UsageDates { .. }),
        }
    }

    fn table(&self) -> Table {
        match (self.subject, self.day) {
            (false, _) => Table::TeamCost,
            (true, false) => Table::PeriodCost,
            (true, true) => Table::DailyCost,
        }
    }
}

fn is_of_principal(dimension: &Dimension) -> bool {
    matches!(
        dimension,
        Dimension::Principal | Dimension::Identity | Dimension::Role | Dimension::Session | Dimension::Person
    )
}

/// Columns that come with a dimension: the principal as billed, the name of the account.
fn companions(question: &CostQuestion) -> impl Iterator<Item = &'static str> {
    let grouped = |dimension| question.group_by.contains(&dimension);
    let principal = grouped(Dimension::Principal).then_some("principal.arn");
    principal.into_iter().chain(grouped(Dimension::Account).then_some("account.name"))
}

struct Composer<'q> {
    ownership_id: i32,
    question: &'q CostQuestion,
    text: QueryBuilder<Postgres>,
}

impl Composer<'_> {
    fn compose(mut self, load_ids: &[i64]) -> QueryBuilder<Postgres> {
        let needs = Needs::of(self.question);
        self.select();
        self.from(&needs);
        self.text.push(" where cost.load_id = any(").push_bind(load_ids.to_vec()).push(")");
        if needs.table() == Table::TeamCost {
            self.text.push(" and cost.ownership_id = ").push_bind(self.ownership_id);
        }
        if let Scope::UsageDates { start, end } = self.question.scope {
            self.text.push(" and cost.usage_date >= ").push_bind(start);
            self.text.push(" and cost.usage_date < ").push_bind(end);
        }
        for filter in &self.question.filters {
            self.text.push(" and ");
            self.condition(filter);
        }
        self.group_and_order();
        self.text
    }

    /// Columns in order: time (if granular), each dimension, their companions, currency; then the
    /// money. Grouping is by position, so that a bound tag key stands in one place only.
    fn select(&mut self) {
        self.text.push("select ");
        match self.question.granularity {
            Granularity::Total => {}
            Granularity::Monthly => {
                self.text.push("load.period, ");
            }
            Granularity::Daily => {
                self.text.push("cost.usage_date, ");
            }
        }
        for dimension in &self.question.group_by {
            self.value_of(dimension);
            self.text.push(", ");
        }
        for column in companions(self.question) {
            self.text.push(column).push(", ");
        }
        let cost = match self.question.cost {
            CostBasis::Unblended => "unblended_cost",
            CostBasis::NetUnblended => "net_unblended_cost",
            CostBasis::List => "list_cost",
        };
        self.text.push("cost.currency, sum(cost.").push(cost).push(")::text, ");
        for class in ["input", "output", "cache_read", "cache_write"] {
            self.text.push("coalesce(sum(cost.tokens) filter (where charge.token_class = '");
            self.text.push(class).push("'), 0)::text, ");
        }
        self.text.push("sum(cost.line_items)::bigint, sum(cost.").push(cost).push(") as ordering");
    }

    fn from(&mut self, needs: &Needs) {
        let table = needs.table();
        self.text.push(match table {
            Table::TeamCost => " from team_cost as cost",
            Table::PeriodCost => " from period_cost as cost",
            Table::DailyCost => " from daily_cost as cost",
        });
        self.text.push(" join charge using (charge_id) join load on load.load_id = cost.load_id");
        if needs.team && table == Table::TeamCost {
            self.text.push(" left join team on team.team_id = cost.team_id");
        }
        if needs.team && table != Table::TeamCost {
            self.text.push(" join owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id");
            self.text.push(" and owner.ownership_id = ").push_bind(self.ownership_id);
            self.text.push(" left join team on team.team_id = owner.team_id");
        }
        if needs.subject {
            self.text.push(" join subject on subject.subject_id = cost.subject_id");
        }
        if needs.principal {
            self.text.push(" left join principal on principal.principal_id = subject.principal_id");
        }
        if self.question.group_by.contains(&Dimension::Account) {
            self.text.push(" left join account on account.account = subject.account");
        }
        if needs.tags {
            self.text.push(" join tag_set on tag_set.tag_set_id = subject.tag_set_id");
        }
    }

    fn value_of(&mut self, dimension: &Dimension) {
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
            Dimension::Tag(key) => return self.tag_value(key),
        };
        self.text.push(column);
    }

    /// An empty tag value counts as not set.
    fn tag_value(&mut self, key: &TagKey) {
        let column = match key.view {
            TagView::NormalisedResourceTags => "nullif(tag_set.resource_tags ->> ",
            TagView::NormalisedCostCategory => "nullif(tag_set.cost_category ->> ",
            _ => "nullif(tag_set.tags ->> ",
        };
        self.text.push(column).push_bind(key.column_key()).push("::text, '')");
    }

    /// `is true` and `is not true` settle the nulls: a line on which the dimension is not set matches no value.
    fn condition(&mut self, filter: &Filter) {
        let values: Vec<String> = filter.values.iter().flatten().cloned().collect();
        self.text.push("((");
        self.value_of(&filter.dimension);
        self.text.push(" = any(").push_bind(values).push(")) is true");
        if filter.values.contains(&None) {
            self.text.push(" or ");
            self.value_of(&filter.dimension);
            self.text.push(" is null");
        }
        self.text.push(if filter.exclude { ") is not true" } else { ") is true" });
    }

    fn group_and_order(&mut self) {
        let question = self.question;
        let time_columns = usize::from(question.granularity != Granularity::Total);
        let keys = time_columns + question.group_by.len() + companions(question).count() + 1;
        let positions: Vec<String> = (1..=keys).map(|position| position.to_string()).collect();
        self.text.push(" group by ").push(positions.join(", "));
        let mut order = Vec::new();
        if let Some(order_by) = &question.order_by {
            let direction = if order_by.descending { "desc" } else { "asc" };
            let key = match &order_by.key {
                // Amounts of two currencies are not compared: one currency comes after the other.
                OrderKey::Cost => {
                    order.push(keys.to_string());
                    Some("ordering".to_owned())
                }
                OrderKey::Dimension(dimension) => {
                    let place = question.group_by.iter().position(|grouped| grouped == dimension);
                    place.map(|place| (place + time_columns + 1).to_string())
                }
            };
            order.extend(key.map(|key| format!("{key} {direction} nulls last")));
        }
        order.extend((1..=time_columns).map(|position| position.to_string()));
        order.push(keys.to_string());
        order.push("ordering desc".to_owned());
        order.extend(((time_columns + 1)..=keys).map(|position| format!("{position} asc nulls last")));
        self.text.push(" order by ").push(order.join(", "));
        self.text.push(" limit ").push_bind(MOST_ROWS as i64 + 1);
    }
}

fn read_row(row: &PgRow, question: &CostQuestion) -> Result<CostRow, StoreError> {
    let mut columns = Columns { row, next: 0 };
    let (mut period, mut date) = (None, None);
    match question.granularity {
        Granularity::Total => {}
        Granularity::Monthly => period = Some(BillingPeriod::containing(columns.take::<NaiveDate>()?)),
        Granularity::Daily => date = Some(columns.take()?),
    }
    let dimensions = question.group_by.iter().map(|_| columns.take()).collect::<Result<_, _>>()?;
    let principal_arn = if question.group_by.contains(&Dimension::Principal) { columns.take()? } else { None };
    let account_name = if question.group_by.contains(&Dimension::Account) { columns.take()? } else { None };
    let currency = columns.take()?;
    Ok(CostRow {
        period,
        date,
        dimensions,
        principal_arn,
        account_name,
        currency,
        cost: amount(columns.take()?)?,
        tokens: Tokens {
            input: amount(columns.take()?)?,
            output: amount(columns.take()?)?,
            cache_read: amount(columns.take()?)?,
            cache_write: amount(columns.take()?)?,
        },
        line_items: columns.take()?,
    })
}

/// The columns of a row, one after another.
struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    fn take<T>(&mut self) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        let position = self.next;
        self.next += 1;
        self.row.try_get(position).doing("the reading of a row of costs")
    }
}
