use std::collections::HashSet;
use std::fmt::Write as _;

use access::Extent;
use bill::principal::Principal;
use bill::tags::TagSet;
use bill::{Amount, BillingPeriod};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Connection, PgConnection, QueryBuilder};

use crate::error::{Doing, StoreError};
use crate::loads::dimensions::{
    Numbers, numbers_of_charges, numbers_of_principals, numbers_of_subjects, numbers_of_tag_sets,
};
use crate::loads::{Charge, Subject};
use crate::snapshot::Visible;
use crate::store::Store;

/// One line, about to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedLine<'l> {
    /// Day of use, UTC.
    pub usage_date: NaiveDate,
    /// Hour of use, UTC.
    pub usage_hour: Option<i16>,
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
    /// `line_item_resource_id`.
    pub resource: Option<&'l str>,
    /// `line_item_line_item_description`.
    pub description: Option<&'l str>,
}

/// A set that is being fetched. Nobody sees its rows until [`SetWriter::finish`], and no other process fetches it meanwhile.
pub struct SetWriter {
    /// Holds the lock on the set. Dropping it closes the connection, and the lock goes with it whatever else happens.
    lease: PgConnection,
    set_id: i64,
    load_id: i64,
    only: Option<HashSet<i32>>,
    /// The export that is to be asked.
    pub export: String,
    /// The billing period.
    pub period: BillingPeriod,
    /// The delivery that was loaded.
    pub manifest_identity: String,
    /// What it is asked with, from the fourth parameter on.
    pub parameters: Vec<String>,
    lines: i64,
    bytes: i64,
}

impl Store {
    /// Takes a set that waits to be fetched, or whose fetcher has died; `None` where there is none.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn take_drilldown(&self) -> Result<Option<SetWriter>, StoreError> {
        let waiting = sqlx::query_scalar!(
            "select drilldown_set_id from drilldown_set
              where state in ('queued', 'running') order by drilldown_set_id limit 100"
        )
        .fetch_all(&self.pool)
        .await
        .doing("the drill-downs that wait")?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let mut lease = self.writer_connection().await?;
        for set_id in waiting {
            if lock(&mut lease, set_id).await? {
                match begin(&mut lease, set_id).await? {
                    Some(begun) => return begun.into_writer(lease, set_id).await.map(Some),
                    // Somebody else was quicker.
                    None => unlock(&mut lease, set_id).await?,
                }
            }
        }
        Ok(None)
    }
}

async fn lock(lease: &mut PgConnection, set_id: i64) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_lock(hashtext('chargeback.drilldown_set'), $1::bigint::integer) as "locked!""#,
        set_id,
    )
    .fetch_one(lease)
    .await
    .doing("the lock on a drill-down")
}

async fn unlock(lease: &mut PgConnection, set_id: i64) -> Result<(), StoreError> {
    sqlx::query!("select pg_advisory_unlock(hashtext('chargeback.drilldown_set'), $1::bigint::integer)", set_id)
        .fetch_one(lease)
        .await
        .map(drop)
        .doing("the lock on a drill-down")
}

/// What is known of a set when its fetching begins.
struct Begun {
    load_id: i64,
    export: String,
    period: NaiveDate,
    manifest_identity: String,
    parameters: serde_json::Value,
    extent: Option<serde_json::Value>,
    ownership_id: Option<i32>,
}

async fn begin(lease: &mut PgConnection, set_id: i64) -> Result<Option<Begun>, StoreError> {
    sqlx::query_as!(
        Begun,
        "update drilldown_set set state = 'running'
           from load join export using (export_id)
          where drilldown_set_id = $1 and load.load_id = drilldown_set.load_id
            and drilldown_set.state in ('queued', 'running')
         returning load.load_id, export.name as export, load.period, load.manifest_identity, parameters, extent, ownership_id",
        set_id,
    )
    .fetch_optional(lease)
    .await
    .doing("the beginning of a drill-down")
}

impl Begun {
    async fn into_writer(self, mut lease: PgConnection, set_id: i64) -> Result<SetWriter, StoreError> {
        let corrupt = |what| move |error: serde_json::Error| StoreError::Corrupt { what, value: error.to_string() };
        let parameters = serde_json::from_value(self.parameters).map_err(corrupt("the parameters of a drill-down"))?;
        let extent = self.extent.map(serde_json::from_value).transpose().map_err(corrupt("an extent"))?;
        let only = match (extent, self.ownership_id) {
            (Some(Extent::Part(part)), Some(ownership_id)) => {
                Some(subjects_of(&mut lease, Visible { part: &part, ownership_id }, self.load_id).await?)
            }
            _ => None,
        };
        sqlx::query("create temporary table arriving_line (like drilldown_row)")
            .execute(&mut lease)
            .await
            .doing("the table of arriving lines")?;
        Ok(SetWriter {
            lease,
            set_id,
            load_id: self.load_id,
            only,
            export: self.export,
            period: BillingPeriod::containing(self.period),
            manifest_identity: self.manifest_identity,
            parameters,
            lines: 0,
            bytes: 0,
        })
    }
}

async fn subjects_of(
    connection: &mut PgConnection,
    visible: Visible<'_>,
    load_id: i64,
) -> Result<HashSet<i32>, StoreError> {
    let mut text = QueryBuilder::new("select owner.subject_id from ");
    visible.push_owners(&mut text, &[load_id]);
    text.push(" as owner");
    let ids: Vec<i32> = text.build_query_scalar().fetch_all(connection).await.doing("the subjects of a part")?;
    Ok(ids.into_iter().collect())
}

impl SetWriter {
    /// The number of the set.
    pub fn set_id(&self) -> i64 {
        self.set_id
    }

    /// How many lines have been kept so far.
    pub fn lines(&self) -> i64 {
        self.lines
    }

    /// What they take, about.
    pub fn bytes(&self) -> i64 {
        self.bytes
    }

    /// The numbers of these principals; an error in the place of one that was never loaded.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn principals(&mut self, principals: &[Principal]) -> Numbers {
        numbers_of_principals(&mut self.lease, principals).await
    }

    /// The numbers of these sets of tags, likewise.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn tag_sets(&mut self, sets: &[TagSet]) -> Numbers {
        numbers_of_tag_sets(&mut self.lease, sets).await
    }

    /// The numbers of these charges, likewise.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn charges(&mut self, charges: &[Charge]) -> Numbers {
        numbers_of_charges(&mut self.lease, charges).await
    }

    /// The numbers of these subjects, likewise.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn subjects(&mut self, subjects: &[Subject]) -> Numbers {
        numbers_of_subjects(&mut self.lease, subjects).await
    }

    /// Keeps lines, those of the part where only a part is kept.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn write(&mut self, lines: &[FetchedLine<'_>]) -> Result<(), StoreError> {
        let mut buffer = String::new();
        for line in lines {
            if self.only.as_ref().is_none_or(|only| only.contains(&line.subject_id)) {
                append(&mut buffer, self.set_id, self.load_id, line);
                self.lines += 1;
            }
        }
        if buffer.is_empty() {
            return Ok(());
        }
        self.bytes += i64::try_from(buffer.len()).unwrap_or(i64::MAX);
        let statement = "copy arriving_line (drilldown_set_id, position, load_id, usage_date, usage_hour, subject_id, \
                         charge_id, currency, unblended_cost, net_unblended_cost, list_cost, quantity, resource, \
                         description) from stdin";
        let mut copy = self.lease.copy_in_raw(statement).await.doing("the copying of lines")?;
        copy.send(buffer.as_bytes()).await.doing("lines")?;
        copy.finish().await.map(drop).doing("the end of the lines")
    }

    /// Makes the set complete.
    ///
    /// # Errors
    /// Where the database fails, or the set is not this process's any more.
    pub async fn finish(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.lease.begin().await.doing("the end of a drill-down")?;
        sqlx::query(include_str!("arrange.sql")).execute(&mut *transaction).await.doing("the order of lines")?;
        let finished = sqlx::query!(
            "update drilldown_set set state = 'complete', line_items = $2, bytes = $3, finished_at = $4
              where drilldown_set_id = $1 and state = 'running'",
            self.set_id,
            self.lines,
            self.bytes,
            now,
        )
        .execute(&mut *transaction)
        .await
        .doing("the end of a drill-down")?;
        if finished.rows_affected() != 1 {
            return Err(StoreError::LeaseLost { period: self.period });
        }
        transaction.commit().await.doing("the end of a drill-down")
    }

    /// Keeps the set as failed, with the reason.
    ///
    /// # Errors
    /// Where the database fails; the set is then taken up again.
    pub async fn fail(mut self, reason: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query!(
            "update drilldown_set set state = 'failed', failure = $2, finished_at = $3
              where drilldown_set_id = $1 and state = 'running'",
            self.set_id,
            reason.replace('\0', "\u{fffd}"),
            now,
        )
        .execute(&mut self.lease)
        .await
        .map(drop)
        .doing("the record of a failed drill-down")
    }

    /// Forgets the set: nobody wants it any more.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn forget(mut self) -> Result<(), StoreError> {
        sqlx::query!("delete from drilldown_set where drilldown_set_id = $1 and state = 'running'", self.set_id)
            .execute(&mut self.lease)
            .await
            .map(drop)
            .doing("the forgetting of a drill-down")
    }
}

fn append(buffer: &mut String, set_id: i64, load_id: i64, line: &FetchedLine<'_>) {
    let currency: String = line.currency.map(char::from).iter().collect();
    let hour = line.usage_hour.map_or_else(|| "\\N".to_owned(), |hour| hour.to_string());
    let written = write!(
        buffer,
        "{set_id}\t0\t{load_id}\t{}\t{hour}\t{}\t{}\t{currency}\t{}\t{}\t{}\t{}",
        line.usage_date, line.subject_id, line.charge_id, line.costs[0], line.costs[1], line.costs[2], line.quantity,
    );
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    for text in [line.resource, line.description] {
        buffer.push('\t');
        push_text(buffer, text);
    }
    buffer.push('\n');
}

/// A text as COPY reads it.
fn push_text(buffer: &mut String, text: Option<&str>) {
    let Some(text) = text else { return buffer.push_str("\\N") };
    for character in text.chars() {
        match character {
            '\\' => buffer.push_str("\\\\"),
            '\t' => buffer.push_str("\\t"),
            '\n' => buffer.push_str("\\n"),
            '\r' => buffer.push_str("\\r"),
            other => buffer.push(other),
        }
    }
}
