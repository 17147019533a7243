//! Loads and the bills they were checked against.

use bill::BillingPeriod;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

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
            line_items: row.line_items,
            fact_rows: row.fact_rows,
            has_net_unblended: row.has_net_unblended,
            invoiced: row.invoiced,
            usage_dates: row.first_usage_date.zip(row.last_usage_date),
        }
    }
}

pub(super) async fn current_loads(connection: &mut PgConnection) -> Result<Vec<(i64, LoadVersion)>, StoreError> {
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
    Ok(rows.into_iter().map(|row| (row.load_id, row.into())).collect())
}

impl Snapshot {
    /// Every version of a period, of every export, in every state: the newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn load_versions(&mut self, period: BillingPeriod) -> Result<Vec<LoadVersion>, StoreError> {
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
        .fetch_all(&mut *self.transaction)
        .await
        .doing("the versions of a period")?;
        Ok(rows.into_iter().map(LoadVersion::from).collect())
    }

    /// The whole bill of a period, as the control question counted it for the versions that are served.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bill_totals(&mut self, period: BillingPeriod) -> Result<Vec<BillTotal>, StoreError> {
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
        .fetch_all(&mut *self.transaction)
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
            .collect()
    }
}
