//! Loads and the bills they were checked against: the same for everybody in that they are there, and the business of whoever
//! sees the whole bill in what they hold.

use access::Sight;
use bill::BillingPeriod;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::open::ServedLoad;
use super::{BillTotal, Difference, LoadVersion, Snapshot};
use crate::error::{Doing, StoreError, amount};

struct LoadRow {
    load_id: i64,
    export: String,
    period: NaiveDate,
    version: i32,
    state: String,
    manifest_identity: String,
    manifest_written_at: DateTime<Utc>,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    failure: Option<String>,
    differences: Json<Vec<Difference>>,
    line_items: i64,
    fact_rows: i64,
    has_net_unblended: bool,
    invoiced: bool,
    first_usage_date: Option<NaiveDate>,
    last_usage_date: Option<NaiveDate>,
}

impl From<LoadRow> for LoadVersion {
    fn from(row: LoadRow) -> Self {
        Self {
            export: row.export,
            period: BillingPeriod::containing(row.period),
            version: row.version,
            state: row.state,
            manifest_identity: row.manifest_identity,
            manifest_written_at: row.manifest_written_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            failure: row.failure,
            differences: row.differences.0,
            line_items: Some(row.line_items),
            fact_rows: Some(row.fact_rows),
            has_net_unblended: row.has_net_unblended,
            invoiced: row.invoiced,
            usage_dates: row.first_usage_date.zip(row.last_usage_date),
        }
    }
}

impl LoadVersion {
    /// Without what is counted over all lines, and without texts that may quote any of them.
    fn without_contents(self) -> Self {
        Self { failure: None, differences: Vec::new(), line_items: None, fact_rows: None, usage_dates: None, ..self }
    }
}

pub(super) async fn current_loads(connection: &mut PgConnection) -> Result<Vec<ServedLoad>, StoreError> {
    let rows = sqlx::query_as!(
        LoadRow,
        r#"select load_id, export.name as export, period, version, state, manifest_identity, manifest_written_at,
                  started_at, finished_at, failure, differences as "differences: Json<Vec<Difference>>", line_items,
                  fact_rows, has_net_unblended, invoiced, first_usage_date, last_usage_date
             from load
             join export using (export_id)
            where state = 'current'
            order by period, export.name"#
    )
    .fetch_all(connection)
    .await
    .doing("the loads that are served")?;
    Ok(rows.into_iter().map(ServedLoad::from).collect())
}

/// The loads that an earlier data version was made of.
pub(super) async fn loads_of(connection: &mut PgConnection, data_version: i64) -> Result<Vec<ServedLoad>, StoreError> {
    let rows = sqlx::query_as!(
        LoadRow,
        r#"select load_id, export.name as export, period, version, state, manifest_identity, manifest_written_at,
                  started_at, finished_at, failure, differences as "differences: Json<Vec<Difference>>", line_items,
                  fact_rows, has_net_unblended, invoiced, first_usage_date, last_usage_date
             from load
             join export using (export_id)
            where served_from <= $1 and (served_until is null or served_until > $1)
            order by period, export.name"#,
        data_version,
    )
    .fetch_all(connection)
    .await
    .doing("the loads that were served")?;
    Ok(rows.into_iter().map(ServedLoad::from).collect())
}

impl From<LoadRow> for ServedLoad {
    fn from(row: LoadRow) -> Self {
        let (load_id, version) = (row.load_id, LoadVersion::from(row));
        Self { load_id, usage_dates: version.usage_dates, version }
    }
}

impl ServedLoad {
    /// As far as this sight goes.
    pub(super) fn within(self, sight: &Sight) -> Self {
        if sight.is_whole() { self } else { Self { version: self.version.without_contents(), ..self } }
    }
}

impl Snapshot {
    /// Every version of a period, of every export, in every state: the newest first. Who sees a part of the bill sees the
    /// versions that are served.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn load_versions(&mut self, period: BillingPeriod) -> Result<Vec<LoadVersion>, StoreError> {
        if !self.sight.is_whole() {
            let mut served: Vec<LoadVersion> =
                self.current_loads().filter(|load| load.period == period).cloned().collect();
            served.sort_by_key(|load| std::cmp::Reverse(load.started_at));
            return Ok(served);
        }
        let rows = sqlx::query_as!(
            LoadRow,
            r#"select load_id, export.name as export, period, version, state, manifest_identity, manifest_written_at,
                      started_at, finished_at, failure, differences as "differences: Json<Vec<Difference>>",
                      line_items, fact_rows, has_net_unblended, invoiced, first_usage_date, last_usage_date
                 from load
                 join export using (export_id)
                where period = $1
                order by started_at desc, load_id desc"#,
            period.first_day(),
        )
        .fetch_all(self.reading.connection().await?)
        .await
        .doing("the versions of a period")?;
        Ok(rows.into_iter().map(LoadVersion::from).collect())
    }

    /// The whole bill of a period, as the control question counted it for the versions that are served; `None` where only a
    /// part of it may be seen: what is not Bedrock belongs to no part.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bill_totals(&mut self, period: BillingPeriod) -> Result<Option<Vec<BillTotal>>, StoreError> {
        if !self.sight.is_whole() {
            return Ok(None);
        }
        let load_ids = self.load_ids(|load| load.period == period);
        let rows = sqlx::query!(
            r#"select invoice, billing_entity, charge_type, currency,
                      sum(unblended_cost)::text as "bill_total!",
                      sum(bedrock_unblended_cost)::text as "bedrock_total!",
                      sum(line_items)::bigint as "line_items!",
                      sum(bedrock_line_items)::bigint as "bedrock_line_items!"
                 from control_total
                where load_id = any($1)
                group by invoice, billing_entity, charge_type, currency
                order by currency, billing_entity, charge_type, invoice"#,
            &load_ids,
        )
        .fetch_all(self.reading.connection().await?)
        .await
        .doing("the totals of a bill")?;
        rows.into_iter()
            .map(|row| {
                Ok(BillTotal {
                    invoice: row.invoice,
                    billing_entity: row.billing_entity,
                    charge_type: row.charge_type,
                    currency: row.currency,
                    bill_total: amount(&row.bill_total)?,
                    bedrock_total: amount(&row.bedrock_total)?,
                    line_items: row.line_items,
                    bedrock_line_items: row.bedrock_line_items,
                })
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }
}
