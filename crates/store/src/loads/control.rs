use bill::Amount;
use sqlx::PgConnection;

use super::LoadWriter;
use crate::error::{Doing, StoreError, amount};
use crate::snapshot::Difference;

/// One row of the control question, `sql/bill_total.sql`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlTotal {
    /// `bill_invoice_id`, where set.
    pub invoice: Option<String>,
    /// `bill_billing_entity`.
    pub billing_entity: Option<String>,
    /// `line_item_line_item_type`.
    pub charge_type: Option<String>,
    /// The currency of the amounts.
    pub currency: String,
    /// Unblended, net unblended and list cost of all lines.
    pub bill: [Amount; 3],
    /// All lines.
    pub line_items: i64,
    /// Unblended, net unblended and list cost of Bedrock lines.
    pub bedrock: [Amount; 3],
    /// Bedrock lines.
    pub bedrock_line_items: i64,
}

impl LoadWriter {
    /// Keeps the control totals that the load must agree with.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn write_control_totals(&mut self, totals: &[ControlTotal]) -> Result<(), StoreError> {
        let column = |get: fn(&ControlTotal) -> Amount| -> Vec<String> {
            totals.iter().map(|total| get(total).to_string()).collect()
        };
        let text = |get: fn(&ControlTotal) -> &Option<String>| -> Vec<Option<String>> {
            totals.iter().map(|total| get(total).clone()).collect()
        };
        let currencies: Vec<String> = totals.iter().map(|total| total.currency.clone()).collect();
        let line_items: Vec<i64> = totals.iter().map(|total| total.line_items).collect();
        let bedrock_line_items: Vec<i64> = totals.iter().map(|total| total.bedrock_line_items).collect();
        sqlx::query!(
            "insert into control_total
             select $1, invoice, billing_entity, charge_type, currency,
                    unblended::numeric, net::numeric, list::numeric, line_items,
                    bedrock_unblended::numeric, bedrock_net::numeric, bedrock_list::numeric, bedrock_line_items
               from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                           $9::bigint[], $10::text[], $11::text[], $12::text[], $13::bigint[])
                 as t(invoice, billing_entity, charge_type, currency, unblended, net, list, line_items,
                      bedrock_unblended, bedrock_net, bedrock_list, bedrock_line_items)",
            self.load_id,
            &text(|total| &total.invoice) as &[Option<String>],
            &text(|total| &total.billing_entity) as &[Option<String>],
            &text(|total| &total.charge_type) as &[Option<String>],
            &currencies,
            &column(|total| total.bill[0]),
            &column(|total| total.bill[1]),
            &column(|total| total.bill[2]),
            &line_items,
            &column(|total| total.bedrock[0]),
            &column(|total| total.bedrock[1]),
            &column(|total| total.bedrock[2]),
            &bedrock_line_items,
        )
        .execute(&mut self.lease)
        .await
        .map(drop)
        .doing("the control totals")
    }
}

/// Compares the facts with the control totals, to the last decimal, in all three costs and in lines: nothing returned is the
/// proof.
pub(super) async fn tie_out(connection: &mut PgConnection, load_id: i64) -> Result<Vec<Difference>, StoreError> {
    let rows = sqlx::query_file!("src/loads/tie_out.sql", load_id).fetch_all(connection).await.doing("the tie-out")?;
    rows.into_iter()
        .map(|row| {
            Ok(Difference {
                invoice: row.invoice,
                billing_entity: row.billing_entity,
                charge_type: row.charge_type,
                currency: row.currency,
                expected: amount(&row.expected)?,
                found: amount(&row.found)?,
                expected_line_items: row.expected_line_items,
                found_line_items: row.found_line_items,
            })
        })
        .collect()
}
