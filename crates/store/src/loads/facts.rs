use bill::Amount;
use chrono::NaiveDate;
use sqlx::postgres::PgPoolCopyExt;
use sqlx::{PgConnection, PgPool};

use super::LoadWriter;
use crate::error::{Doing, StoreError};
use crate::ownership::{OwnersMet, TeamNames, own_as_met};

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
        if self.copy.is_none() {
            let statement = "copy daily_cost (load_id, usage_date, subject_id, charge_id, currency, unblended_cost, \
                             net_unblended_cost, list_cost, quantity, tokens, line_items) from stdin (format binary)";
            self.copy = Some(self.copy_pool.copy_in_raw(statement).await.doing("the copying of facts")?);
        }
        if let Some(copy) = &mut self.copy {
            copy.send(self.rows.as_bytes()).await.doing("facts")?;
        }
        self.rows.sent();
        Ok(())
    }

    /// Ends the stream of facts, and builds what is read most from them: the period's summary, the sums by team, indexes,
    /// statistics.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn finish_facts(&mut self, has_net_unblended: bool) -> Result<(), StoreError> {
        self.rows.end();
        self.send_rows().await?;
        if let Some(copy) = self.copy.take() {
            copy.finish().await.doing("the end of the facts")?;
        }
        let (summarised, given) = tokio::join!(
            summarise(&mut self.lease, self.load_id),
            give_as_met(&self.copy_pool, self.load_id, self.met.take()),
        );
        summarised?;
        self.given = given;
        self.describe(has_net_unblended).await
    }

    async fn describe(&mut self, has_net_unblended: bool) -> Result<(), StoreError> {
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
            self.load_id,
            has_net_unblended,
        )
        .fetch_one(&mut self.lease)
        .await
        .doing("the description of a load")?;
        (self.line_items, self.fact_rows) = (described.line_items, described.fact_rows);
        Ok(())
    }
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

/// Gives the load to teams on a second connection, while the first summarises it. What goes wrong here is tried again, and
/// told, when the load is published: a load that does not tie out should say that first.
async fn give_as_met(pool: &PgPool, load_id: i64, met: Option<OwnersMet>) -> Option<(i32, TeamNames)> {
    let met = met?;
    let given = async {
        let mut connection = pool.acquire().await.doing("a second connection")?;
        own_as_met(&mut connection, load_id, &met).await
    };
    let names = given.await.inspect_err(|error| tracing::debug!(load_id, %error, "the load is given to teams later"));
    Some((met.ownership_id, names.ok()?))
}
