use std::fmt::Write as _;

use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;
use sqlx::postgres::PgPoolCopyExt;
use sqlx::{PgConnection, PgPool};

use super::LoadWriter;
use crate::error::{Doing, StoreError};
use crate::ownership::{TeamNames, own_load, rules_in_force};

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

/// Rows are handed to Postgres in pieces of about this size.
const PIECE_BYTES: usize = 256 * 1024;

impl LoadWriter {
    /// Streams facts into the load.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn write_facts(&mut self, facts: &[Fact]) -> Result<(), StoreError> {
        for fact in facts {
            self.append(fact);
            if self.buffer.len() >= PIECE_BYTES {
                self.send_buffer().await?;
            }
        }
        Ok(())
    }

    fn append(&mut self, fact: &Fact) {
        let currency = fact.currency.map(char::from);
        let mut line = std::mem::take(&mut self.buffer);
        // Numbers, a date and three capital letters: nothing that COPY would need escaped.
        let mut text = TextBuffer(&mut line);
        let written = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}{}{}\t{}\t{}\t{}\t{}\t{}\t{}",
            self.load_id,
            fact.usage_date,
            fact.subject_id,
            fact.charge_id,
            currency[0],
            currency[1],
            currency[2],
            fact.costs[0],
            fact.costs[1],
            fact.costs[2],
            fact.quantity,
            fact.tokens,
            fact.line_items,
        );
        debug_assert!(written.is_ok(), "writing to memory does not fail");
        self.buffer = line;
    }

    async fn send_buffer(&mut self) -> Result<(), StoreError> {
        if self.copy.is_none() {
            let statement = "copy daily_cost (load_id, usage_date, subject_id, charge_id, currency, unblended_cost, \
                             net_unblended_cost, list_cost, quantity, tokens, line_items) from stdin";
            self.copy = Some(self.copy_pool.copy_in_raw(statement).await.doing("the copying of facts")?);
        }
        if let Some(copy) = &mut self.copy {
            copy.send(self.buffer.as_slice()).await.doing("facts")?;
        }
        self.buffer.clear();
        Ok(())
    }

    /// Ends the stream of facts, and builds what is read most from them: the period's summary, the sums by team, indexes,
    /// statistics.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn finish_facts(&mut self, has_net_unblended: bool) -> Result<(), StoreError> {
        self.send_buffer().await?;
        if let Some(copy) = self.copy.take() {
            copy.finish().await.doing("the end of the facts")?;
        }
        let (summarised, given) = tokio::join!(
            summarise(&mut self.lease, self.load_id),
            give_ahead(&self.copy_pool, self.load_id, self.period),
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
async fn give_ahead(pool: &PgPool, load_id: i64, period: BillingPeriod) -> Option<(i32, TeamNames)> {
    let given = async {
        let mut connection = pool.acquire().await.doing("a second connection")?;
        let (ownership_id, rules) = rules_in_force(&mut connection).await?;
        let names = own_load(&mut connection, load_id, period, ownership_id, &rules).await?;
        Ok::<_, StoreError>((ownership_id, names))
    };
    given.await.inspect_err(|error| tracing::debug!(load_id, %error, "the load is given to teams later")).ok()
}

/// Formats into bytes without a `String` in between.
struct TextBuffer<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for TextBuffer<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
