use bill::Amount;
use chrono::NaiveDate;
use sqlx::{PgConnection, PgPool};

use super::LoadWriter;
use super::control::tie_out;
use super::copying::Copying;
use crate::error::{Doing, StoreError};
use crate::ownership::{OwnersMet, TeamNames, own_as_met};
use crate::snapshot::Difference;

/// One row of `daily_cost`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Day of use, UTC.
    pub usage_date: NaiveDate,
    /// Number of the subject.
    pub subject_id: i32,
    /// Number of the charge.
    pub charge_id: i32,
    /// ISO 4217 code: three capital letters.
    pub currency: [u8; 3],
    /// Unblended, net unblended and list cost.
    pub costs: [Amount; 3],
    /// In the pricing unit.
    pub quantity: Amount,
    /// In single tokens; nothing where the line counts none.
    pub tokens: Amount,
    /// Lines of the bill.
    pub line_items: i64,
}

impl LoadWriter {
    /// Streams facts into the load.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn write_facts(&mut self, facts: &[Fact]) -> Result<(), StoreError> {
        for fact in facts {
            self.append(fact);
            if self.met.as_mut().is_some_and(|met| !met.add(fact)) {
                tracing::debug!(self.load_id, "the load is given to teams once it is kept");
                self.met = None;
            }
            if self.rows.is_a_piece() {
                self.send_rows().await?;
            }
        }
        Ok(())
    }

    fn append(&mut self, fact: &Fact) {
        let rows = self.rows.row(11);
        rows.bigint(self.load_id).date(fact.usage_date).integer(fact.subject_id).integer(fact.charge_id);
        rows.text(&fact.currency);
        for cost in fact.costs {
            rows.numeric(cost);
        }
        rows.numeric(fact.quantity).numeric(fact.tokens).bigint(fact.line_items);
    }

    async fn send_rows(&mut self) -> Result<(), StoreError> {
        let rows = self.rows.take();
        self.copying.get_or_insert_with(|| Copying::begin(self.copy_pool.clone())).send(rows).await
    }

    /// Ends the stream of facts, builds what is read most from them (the period's summary, sums by team, indexes,
    /// statistics), and holds them against the control totals: what does not tie out is given back, and nothing is the proof.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn finish_facts(&mut self, has_net_unblended: bool) -> Result<Vec<Difference>, StoreError> {
        self.rows.end();
        self.send_rows().await?;
        if let Some(copying) = self.copying.take() {
            copying.finish().await?;
        }
        let met = self.met.take();
        let (summarised, held) = tokio::join!(
            summarise(&mut self.lease, self.load_id),
            give_and_hold(&self.copy_pool, self.load_id, met, has_net_unblended),
        );
        summarised?;
        let held = held?;
        self.given = held.given;
        (self.line_items, self.fact_rows) = held.counts;
        Ok(held.differences)
    }
}

/// What is found out on a second connection.
struct HeldAgainstTotals {
    given: Option<(i32, TeamNames)>,
    /// Lines and facts.
    counts: (i64, i64),
    differences: Vec<Difference>,
}

/// While the first connection summarises the load, a second one gives it to teams, and holds it against the control totals.
async fn give_and_hold(
    pool: &PgPool,
    load_id: i64,
    met: Option<OwnersMet>,
    has_net_unblended: bool,
) -> Result<HeldAgainstTotals, StoreError> {
    let mut connection = pool.acquire().await.doing("a second connection")?;
    let given = match met {
        Some(met) => give_as_met(&mut connection, load_id, &met).await,
        None => None,
    };
    let counts = describe(&mut connection, load_id, has_net_unblended).await?;
    let differences = tie_out(&mut connection, load_id).await?;
    Ok(HeldAgainstTotals { given, counts, differences })
}

/// Gives the load to teams. What goes wrong here is tried again, and told, when the load is published: a load that does not
/// tie out should say that first.
async fn give_as_met(connection: &mut PgConnection, load_id: i64, met: &OwnersMet) -> Option<(i32, TeamNames)> {
    let given = own_as_met(connection, load_id, met).await;
    let names = given.inspect_err(|error| tracing::debug!(load_id, %error, "the load is given to teams later")).ok()?;
    Some((met.ownership_id, names))
}

/// Writes down what a load holds: gives its lines and facts.
async fn describe(
    connection: &mut PgConnection,
    load_id: i64,
    has_net_unblended: bool,
) -> Result<(i64, i64), StoreError> {
    let described = sqlx::query!(
        "update load
                set fact_rows = facts.fact_rows,
                    line_items = facts.line_items,
                    first_usage_date = facts.first_usage_date,
                    last_usage_date = facts.last_usage_date,
                    has_net_unblended = $2,
                    invoiced = not exists (
                        select from control_total where load_id = $1 and invoice is null and line_items > 0)
               from (select count(*) as fact_rows, coalesce(sum(line_items), 0)::bigint as line_items,
                            min(usage_date) as first_usage_date, max(usage_date) as last_usage_date
                       from daily_cost where load_id = $1) as facts
              where load_id = $1
              returning load.line_items, load.fact_rows",
        load_id,
        has_net_unblended,
    )
    .fetch_one(connection)
    .await
    .doing("the description of a load")?;
    Ok((described.line_items, described.fact_rows))
}

async fn summarise(lease: &mut PgConnection, load_id: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into period_cost
         select load_id, subject_id, charge_id, currency, sum(unblended_cost), sum(net_unblended_cost),
                sum(list_cost), sum(tokens), sum(line_items)::bigint
           from daily_cost
          where load_id = $1
          group by load_id, subject_id, charge_id, currency",
        load_id,
    )
    .execute(&mut *lease)
    .await
    .doing("the summary of the period")?;
    sqlx::query!("select summarise_subjects($1)", load_id)
        .execute(&mut *lease)
        .await
        .doing("the summary by subject")?;
    sqlx::query!("select index_load_partitions($1)", load_id)
        .execute(lease)
        .await
        .map(drop)
        .doing("the indexes of a load")
}
