//! Adds up facts to the rows of a question, one day or billing period after another.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;
use foldhash::fast::RandomState;
use futures::{Stream, TryStreamExt};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::naming::Naming;
use crate::error::{Doing, StoreError};
use crate::numeric::Numeric;
use crate::snapshot::{ArrangedRow, CostRow, Granularity, Tokens, Values};

/// Facts in the order of their time, on their way to rows.
pub(super) struct Spans<'n, Facts> {
    facts: Facts,
    /// The first fact of the next span, where it has been read.
    next: Option<PgRow>,
    naming: &'n Naming,
    granularity: Granularity,
}

impl<'n, Facts> Spans<'n, Facts>
where
    Facts: Stream<Item = Result<PgRow, sqlx::Error>> + Unpin,
{
    /// Of facts whose time is a day or a billing period, as this says.
    pub(super) fn new(facts: Facts, naming: &'n Naming, granularity: Granularity) -> Self {
        Self { facts, next: None, naming, granularity }
    }

    /// The next span that has facts. One that turns out to have more rows than this is given back before it is whole.
    ///
    /// # Errors
    /// Where the database fails.
    pub(super) async fn next(&mut self, held_rows: usize) -> Result<Option<Span>, StoreError> {
        let Some(first) = self.read().await? else { return Ok(None) };
        let fact = Fact::read(&first)?;
        let mut span = Span::new(fact.time, self.granularity);
        span.add(&fact, self.naming)?;
        while span.len() <= held_rows
            && let Some(row) = self.read().await?
        {
            let fact = Fact::read(&row)?;
            if fact.time != span.time {
                self.next = Some(row);
                break;
            }
            span.add(&fact, self.naming)?;
        }
        Ok(Some(span))
    }

    async fn read(&mut self) -> Result<Option<PgRow>, StoreError> {
        match self.next.take() {
            Some(row) => Ok(Some(row)),
            None => self.facts.try_next().await.doing("the facts of an export"),
        }
    }
}

/// A line of `daily_cost` or `period_cost`, by its numbers.
struct Fact<'r> {
    /// The day, or the first of the period.
    time: NaiveDate,
    load_id: i64,
    subject_id: i32,
    charge_id: i32,
    currency: &'r str,
    cost: Amount,
    tokens: Amount,
    line_items: i64,
}

impl<'r> Fact<'r> {
    /// Reads the columns in the order in which they were selected.
    ///
    /// # Errors
    /// Where a column holds what it should not.
    fn read(row: &'r PgRow) -> Result<Self, StoreError> {
        let read = || {
            let (Numeric(cost), Numeric(tokens)) = (row.try_get(5)?, row.try_get(6)?);
            Ok(Self {
                time: row.try_get(0)?,
                load_id: row.try_get(1)?,
                subject_id: row.try_get(2)?,
                charge_id: row.try_get(3)?,
                currency: row.try_get(4)?,
                cost,
                tokens,
                line_items: row.try_get(7)?,
            })
        };
        read().doing("the reading of a fact")
    }
}

/// The rows of one day or billing period while they are added up.
pub(super) struct Span {
    time: NaiveDate,
    granularity: Granularity,
    rows: Vec<SpanRow>,
    places: HashMap<RowKey, usize, RandomState>,
    currencies: Vec<Arc<str>>,
}

/// What a row is about: the numbers of a subject and a charge, and the place of a currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct RowKey {
    subject: u32,
    charge: u32,
    currency: u32,
}

struct SpanRow {
    key: RowKey,
    cost: Amount,
    tokens: Tokens,
    line_items: i64,
}

impl Span {
    fn new(time: NaiveDate, granularity: Granularity) -> Self {
        Self { time, granularity, rows: Vec::new(), places: HashMap::default(), currencies: Vec::new() }
    }

    /// The day, or the first of the period.
    pub(super) fn time(&self) -> NaiveDate {
        self.time
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a fact of this time.
    ///
    /// # Errors
    /// Where it is about something that is not there.
    fn add(&mut self, fact: &Fact<'_>, naming: &Naming) -> Result<(), StoreError> {
        let unknown = |what, number: &dyn ToString| StoreError::Corrupt { what, value: number.to_string() };
        let subject = naming.subject(fact.load_id, fact.subject_id);
        let subject = subject.ok_or_else(|| unknown("the subject of a fact", &fact.subject_id))?;
        let charge = naming.charge(fact.charge_id);
        let (charge, class) = charge.ok_or_else(|| unknown("the charge of a fact", &fact.charge_id))?;
        let currency = self.currency(fact.currency);
        let row = self.row(RowKey { subject, charge, currency });
        row.cost += fact.cost;
        row.line_items += fact.line_items;
        if let Some(class) = class {
            *row.tokens.of_class_mut(class) += fact.tokens;
        }
        Ok(())
    }

    fn currency(&mut self, currency: &str) -> u32 {
        let known = self.currencies.iter().position(|known| **known == *currency);
        let place = known.unwrap_or_else(|| {
            self.currencies.push(currency.into());
            self.currencies.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn row(&mut self, key: RowKey) -> &mut SpanRow {
        let rows = &mut self.rows;
        let place = *self.places.entry(key).or_insert_with(|| {
            rows.push(SpanRow { key, cost: Amount::ZERO, tokens: Tokens::default(), line_items: 0 });
            rows.len() - 1
        });
        &mut rows[place]
    }

    /// The rows in the order of answers: by currency, the largest first, those that tie by dimensions.
    pub(super) fn into_rows(mut self, naming: &Naming) -> impl Iterator<Item = ArrangedRow> {
        let values = |key: RowKey| Values::shared(&naming.values, [key.subject, key.charge]);
        let currencies = self.currencies;
        let (period, date) = match self.granularity {
            Granularity::Daily => (None, Some(self.time)),
            Granularity::Monthly | Granularity::Total => (Some(BillingPeriod::containing(self.time)), None),
        };
        let order = |row: &SpanRow| (&currencies[row.key.currency as usize], Reverse(row.cost));
        self.rows.sort_unstable_by(|one, other| {
            order(one).cmp(&order(other)).then_with(|| values(one.key).compare(&values(other.key)))
        });
        self.rows.into_iter().map(move |SpanRow { key, cost, tokens, line_items }| {
            let currency = Arc::clone(&currencies[key.currency as usize]);
            let values = Values::shared(&naming.values, [key.subject, key.charge]);
            let row = CostRow { period, date, values, cost, currency, tokens, line_items };
            ArrangedRow { row, compared: None, folded: None }
        })
    }
}
