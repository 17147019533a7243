//! Answers [`CostQuestion`]s.
//!
//! The text of the query is put together from the words below and from nothing else: whatever comes from a caller is
//! bound as a value. Six tables hold the same money; the one with the fewest rows that can answer is read. Where only a
//! part of the bill may be seen, [`Visible`] says in the same text which lines that is.

use bill::BillingPeriod;
use chrono::NaiveDate;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row};

use super::arrangement::push_folding;
use super::figures::{Figure, TOKEN_CLASSES};
use super::persons::Shown;
use super::scope::{UNATTRIBUTED, Visible, push_tag_value};
use super::{
    ArrangedRow, Arrangement, CostQuestion, CostRow, Dimension, Filter, Granularity, OrderKey, Scope, Snapshot, Tokens,
};
use crate::error::{Doing, StoreError, amount};

/// How text is sorted.
const BY_BYTES: &str = " collate \"C\"";

/// The longest answer: what a client can still read at once.
pub const MOST_ROWS: usize = 100_000;

impl Snapshot {
    /// The rows that answer a question, in the order asked; rows that tie are ordered by time, cost and dimensions.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] where there are more than [`MOST_ROWS`], or where the database fails.
    pub async fn costs(&mut self, question: &CostQuestion) -> Result<Vec<CostRow>, StoreError> {
        let rows = self.arranged_costs(question, &Arrangement::default()).await?;
        Ok(rows.into_iter().map(|arranged| arranged.row).collect())
    }

    /// The same over everybody's lines, with persons as billed: for deciding how to fetch lines, never to be shown.
    pub(super) async fn everybodys_costs(&mut self, question: &CostQuestion) -> Result<Vec<CostRow>, StoreError> {
        let query = self.compose(question, &Arrangement::default(), None, Shown::Named);
        let rows = self.fetch_costs(query, question, &Arrangement::default()).await?;
        Ok(rows.into_iter().map(|arranged| arranged.row).collect())
    }

    pub(super) fn compose(
        &self,
        question: &CostQuestion,
        arrangement: &Arrangement,
        visible: Option<Visible<'_>>,
        shown: Shown<'_>,
    ) -> QueryBuilder<Postgres> {
        let mut load_ids = self.loads_in(&question.scope);
        let compared = arrangement.compare.map(|period| {
            let former = self.load_ids(|load| load.period == period);
            let current = load_ids.clone();
            load_ids.extend(&former);
            Compared { current, former }
        });
        let (text, ownership_id) = (QueryBuilder::new(""), self.ownership_id);
        Composer { ownership_id, visible, shown, question, arrangement, load_ids, compared, text }.compose()
    }

    /// The numbers of the loads that may have lines in this scope.
    pub(super) fn loads_in(&self, scope: &Scope) -> Vec<i64> {
        match scope {
            Scope::Periods(periods) => self.load_ids(|load| periods.contains(&load.period)),
            Scope::UsageDates { start, end } => self.load_ids_with_usage(*start, *end),
        }
    }

    pub(super) async fn fetch_costs(
        &mut self,
        mut query: QueryBuilder<Postgres>,
        question: &CostQuestion,
        arrangement: &Arrangement,
    ) -> Result<Vec<ArrangedRow>, StoreError> {
        let rows = query.build().fetch_all(self.reading.connection().await?).await.doing("costs")?;
        if arrangement.slice.is_none() && rows.len() > MOST_ROWS {
            return Err(StoreError::TooManyRows { limit: MOST_ROWS });
        }
        rows.iter().map(|row| read_row(row, question, arrangement)).collect()
    }
}

/// The tables that hold the money, the smallest first.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "these are the names of the tables")]
pub(super) enum Table {
    /// By team and day: no subjects, no charges.
    TeamDayCost,
    /// By team and charge: no subjects, no days.
    TeamPeriodCost,
    /// By team, day and charge: no subjects.
    TeamCost,
    /// By subject: no charges, no days.
    SubjectCost,
    /// By subject and charge: no days.
    PeriodCost,
    /// Everything.
    DailyCost,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::TeamDayCost => "team_day_cost",
            Self::TeamPeriodCost => "team_period_cost",
            Self::TeamCost => "team_cost",
            Self::SubjectCost => "subject_cost",
            Self::PeriodCost => "period_cost",
            Self::DailyCost => "daily_cost",
        }
    }

    /// Whether it knows teams and no subjects.
    fn is_by_team(self) -> bool {
        matches!(self, Self::TeamDayCost | Self::TeamPeriodCost | Self::TeamCost)
    }

    /// Whether it says what was charged for; otherwise it has tokens by class.
    fn has_charge(self) -> bool {
        !matches!(self, Self::TeamDayCost | Self::SubjectCost)
    }
}

/// What a question looks at, beside the money.
pub(super) struct Needs {
    /// What a subject is like.
    subject: bool,
    /// Which subject a line is about, to know its owner or to know more of it.
    subject_id: bool,
    principal: bool,
    tags: bool,
    /// Who owns a line.
    owner: bool,
    /// How teams are called.
    team: bool,
    /// What was charged for.
    charge: bool,
    day: bool,
    period: bool,
}

impl Needs {
    pub(super) fn of(question: &CostQuestion, visible: Option<Visible<'_>>) -> Self {
        let looked_at = || question.group_by.iter().chain(question.filters.iter().map(|filter| &filter.dimension));
        let any = |test: fn(&Dimension) -> bool| looked_at().any(test);
        let subject = any(|dimension| {
            matches!(dimension, Dimension::Payer | Dimension::Account | Dimension::Tag(_)) || is_of_principal(dimension)
        });
        Self {
            subject,
            subject_id: subject || visible.is_some_and(|visible| !visible.is_by_team()),
            principal: any(is_of_principal),
            tags: any(|dimension| matches!(dimension, Dimension::Tag(_))),
            owner: any(|dimension| *dimension == Dimension::Team),
            team: question.group_by.contains(&Dimension::Team),
            charge: any(is_of_charge),
            day: question.granularity == Granularity::Daily || matches!(question.scope, Scope::UsageDates { .. }),
            period: question.granularity == Granularity::Monthly,
        }
    }

    /// The smallest table that has it all.
    pub(super) fn table(&self) -> Table {
        match (self.subject_id, self.day, self.charge) {
            (false, true, false) => Table::TeamDayCost,
            (false, false, _) => Table::TeamPeriodCost,
            (false, true, true) => Table::TeamCost,
            (true, false, false) => Table::SubjectCost,
            (true, false, true) => Table::PeriodCost,
            (true, true, _) => Table::DailyCost,
        }
    }
}

/// Whether it says what was charged for, and not who spent it.
fn is_of_charge(dimension: &Dimension) -> bool {
    let is_of_subject = matches!(dimension, Dimension::Payer | Dimension::Account | Dimension::Tag(_));
    !is_of_subject && !is_of_principal(dimension) && *dimension != Dimension::Team
}

pub(super) fn is_of_principal(dimension: &Dimension) -> bool {
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

/// The loads of two sides that are compared.
struct Compared {
    current: Vec<i64>,
    former: Vec<i64>,
}

struct Composer<'q> {
    ownership_id: i32,
    visible: Option<Visible<'q>>,
    shown: Shown<'q>,
    question: &'q CostQuestion,
    arrangement: &'q Arrangement,
    load_ids: Vec<i64>,
    compared: Option<Compared>,
    text: QueryBuilder<Postgres>,
}

impl Composer<'_> {
    fn compose(mut self) -> QueryBuilder<Postgres> {
        let needs = Needs::of(self.question, self.visible);
        if self.folds() {
            self.text.push("with grouped as (");
        }
        let table = needs.table();
        self.select(table);
        self.from(&needs, table);
        self.text.push(" where cost.load_id = any(").push_bind(self.load_ids.clone()).push(")");
        if table.is_by_team() {
            self.text.push(" and cost.ownership_id = ").push_bind(self.ownership_id);
            if let Some(visible) = self.visible {
                self.text.push(" and (");
                visible.push_of_teams(&mut self.text, "cost.team_id");
                self.text.push(")");
            }
        }
        if let Scope::UsageDates { start, end } = self.question.scope {
            self.text.push(" and cost.usage_date >= ").push_bind(start);
            self.text.push(" and cost.usage_date < ").push_bind(end);
        }
        self.filter(table);
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

    fn folds(&self) -> bool {
        self.arrangement.top.is_some()
    }

    /// Columns in order: time (if granular), each dimension, their companions, currency; then the
    /// money. Grouping is by position, so that a bound tag key stands in one place only. Text is sorted by its bytes, as it is
    /// where an answer comes from memory, whatever the database sorts by.
    fn select(&mut self, table: Table) {
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
    fn keys(&self) -> Vec<String> {
        let time = (self.question.granularity != Granularity::Total).then(|| "time".to_owned());
        let numbered = |name: &'static str, count: usize| (1..=count).map(move |number| format!("{name}_{number}"));
        let dimensions = numbered("dimension", self.question.group_by.len());
        let companions = numbered("companion", companions(self.question).count());
        time.into_iter().chain(dimensions).chain(companions).chain(["currency".to_owned()]).collect()
    }

    fn figures(&self) -> Vec<Figure> {
        let compared = self.compared.is_some().then_some(Figure::Compared);
        let tokens = TOKEN_CLASSES.map(Figure::Tokens);
        [Figure::Cost].into_iter().chain(compared).chain(tokens).chain([Figure::LineItems]).collect()
    }

    /// Writes a sum over lines: of all, or where two sides are compared, of one of them, which may have none.
    fn push_sum(&mut self, figure: Figure, table: Table) {
        let cost = self.question.cost.column();
        let (column, class) = match figure {
            Figure::Cost | Figure::Compared => (cost, None),
            Figure::Tokens(class) if table.has_charge() => ("tokens", Some(class.name)),
            Figure::Tokens(class) => (class.column, None),
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

    fn from(&mut self, needs: &Needs, table: Table) {
        self.text.push(" from ").push(table.name()).push(" as cost");
        if table.has_charge() {
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

    fn group(&mut self) {
        let positions: Vec<String> = (1..=self.keys().len()).map(|position| position.to_string()).collect();
        self.text.push(" group by ").push(positions.join(", "));
    }

    fn order(&mut self) {
        let question = self.question;
        let time_columns = usize::from(question.granularity != Granularity::Total);
        let keys = self.keys().len();
        // What is folded is not one of those that it comes after.
        let others = || self.folds().then(|| "others".to_owned());
        let mut order = Vec::new();
        if let Some(order_by) = &question.order_by {
            let direction = if order_by.descending { "desc" } else { "asc" };
            let key = match &order_by.key {
                // Amounts of two currencies are not compared: one currency comes after the other.
                OrderKey::Cost => {
                    order.push(keys.to_string());
                    order.extend(others());
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
        order.extend(others());
        order.push("ordering desc".to_owned());
        order.extend(((time_columns + 1)..=keys).map(|position| format!("{position} asc nulls last")));
        self.text.push(" order by ").push(order.join(", "));
    }

    fn limit(&mut self) {
        match self.arrangement.slice {
            None => {
                self.text.push(" limit ").push_bind(MOST_ROWS as i64 + 1);
            }
            Some(slice) => {
                self.text.push(" limit ").push_bind(slice.limit).push(" offset ").push_bind(slice.offset);
            }
        }
    }
}

/// Writes the value of a dimension, which must be joined.
pub(super) fn push_value(text: &mut QueryBuilder<Postgres>, dimension: &Dimension) {
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
pub(super) fn push_condition(text: &mut QueryBuilder<Postgres>, filter: &Filter) {
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
fn team_id_in(table: Table) -> &'static str {
    if table.is_by_team() { "cost.team_id" } else { "owner.team_id" }
}

/// Writes the condition of a filter for teams. Their ids are looked up once, so that an index on them serves.
fn push_team_condition(text: &mut QueryBuilder<Postgres>, team_id: &'static str, filter: &Filter) {
    let slugs: Vec<String> = filter.values.iter().flatten().cloned().collect();
    let or_unattributed = filter.values.contains(&None) || slugs.iter().any(|slug| slug == UNATTRIBUTED);
    text.push("(").push(team_id).push(" = any(array(select team_id from team where slug = any(");
    text.push_bind(slugs).push(")))");
    if or_unattributed {
        text.push(" or ").push(team_id).push(" is null");
    }
    text.push(if filter.exclude { ") is not true" } else { ")" });
}

pub(super) fn read_row(
    row: &PgRow,
    question: &CostQuestion,
    arrangement: &Arrangement,
) -> Result<ArrangedRow, StoreError> {
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
    let cost = amount(columns.take()?)?;
    let compared = if arrangement.compare.is_some() { Some(amount(columns.take()?)?) } else { None };
    let tokens = Tokens {
        input: amount(columns.take()?)?,
        output: amount(columns.take()?)?,
        cache_read: amount(columns.take()?)?,
        cache_write: amount(columns.take()?)?,
    };
    let line_items = columns.take()?;
    let folded = if arrangement.top.is_some() { Some(columns.take()?) } else { None };
    let row = CostRow { period, date, dimensions, principal_arn, account_name, cost, currency, tokens, line_items };
    Ok(ArrangedRow { row, compared, folded })
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

#[cfg(test)]
#[path = "costs_tests.rs"]
mod tests;
