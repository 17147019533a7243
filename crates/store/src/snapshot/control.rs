//! The control figures: what every answer must add up to.

use bill::BillingPeriod;
use chrono::NaiveDate;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, PgConnection, Postgres, QueryBuilder};

use super::scope::Visible;
use super::{Control, CostBasis, Snapshot};
use crate::error::{Doing, StoreError, amount};
use crate::summaries::figures;

impl Snapshot {
    /// The control figures of these periods, by period and currency. Of a part of the bill, only the periods and currencies
    /// in which it has lines.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn control(&mut self, periods: &[BillingPeriod], cost: CostBasis) -> Result<Vec<Control>, StoreError> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        if let Some(visible) = self.visible() {
            let query = question_about(visible, &load_ids, cost);
            return fetch(query?, self.reading.connection().await?).await;
        }
        if let Some(summaries) = self.wholly_held(&load_ids) {
            return Ok(figures::control(&summaries, cost));
        }
        let rows = sqlx::query_file!("src/snapshot/control.sql", &load_ids, self.ownership_id, cost.as_str())
            .fetch_all(self.reading.connection().await?)
            .await
            .doing("the control figures")?;
        rows.into_iter()
            .map(|row| {
                Ok(Control {
                    period: BillingPeriod::containing(row.period),
                    currency: row.currency,
                    bill_total: Some(amount(&row.bill_total)?),
                    bedrock_total: amount(&row.bedrock_total)?,
                    attributed: amount(&row.attributed)?,
                    unattributed: amount(&row.unattributed)?,
                    unclassified: amount(&row.unclassified)?,
                })
            })
            .collect()
    }
}

fn question_about(
    visible: Visible<'_>,
    load_ids: &[i64],
    cost: CostBasis,
) -> Result<QueryBuilder<Postgres>, StoreError> {
    let mut arguments = PgArguments::default();
    let added = arguments.add(load_ids).and_then(|()| arguments.add(cost.as_str()));
    added.map_err(sqlx::Error::Encode).doing("the control figures of a part")?;
    let mut text = QueryBuilder::with_arguments("with visible as ", arguments);
    visible.push_owners(&mut text, load_ids);
    text.push(",\n").push(include_str!("control_of_part.sql"));
    Ok(text)
}

async fn fetch(mut query: QueryBuilder<Postgres>, connection: &mut PgConnection) -> Result<Vec<Control>, StoreError> {
    type Row = (NaiveDate, String, String, String, String, String);
    let rows: Vec<Row> = query.build_query_as().fetch_all(connection).await.doing("the control figures of a part")?;
    rows.into_iter()
        .map(|(period, currency, bedrock_total, attributed, unattributed, unclassified)| {
            Ok(Control {
                period: BillingPeriod::containing(period),
                currency,
                bill_total: None,
                bedrock_total: amount(&bedrock_total)?,
                attributed: amount(&attributed)?,
                unattributed: amount(&unattributed)?,
                unclassified: amount(&unclassified)?,
            })
        })
        .collect()
}
