use bill::Amount;
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::drilldowns::SetState;
use store::snapshot::TieOut;
use utoipa::ToSchema;
use uuid::Uuid;

use super::asked::Asked;
use super::{Opened, path_of};
use crate::http::answer::{Links, data_version};
use crate::http::grammar::words;
use crate::http::problem::Problem;

/// One drill-down.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrilldownAnswer {
    /// The drill-down.
    data: DrilldownDocument,
    /// Where to go from here; `rows`, once there are some.
    links: Links,
}

/// What was asked for, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Drilldown)]
pub(crate) struct DrilldownDocument {
    /// The id.
    #[schema(value_type = String, example = "019f3b2a-6d77-7c0e-9f5c-6f3f1c1a2b3c")]
    id: Uuid,
    /// `queued`, `running`, `complete`, `failed`, or `outdated`: what it is about is not served any more.
    #[schema(value_type = String, example = "complete")]
    state: &'static str,
    /// The question as understood.
    question: Asked,
    /// When it was asked for.
    requested_at: DateTime<Utc>,
    /// The version of the month that it is about; null where that is not served any more.
    #[schema(example = 3)]
    version: Option<i32>,
    /// The version of all data.
    #[schema(example = "v12")]
    data_version: String,
    /// Why it failed; null where it did not.
    failure: Option<String>,
    /// The figure that was drilled into beside what the lines come to, for each kind of cost and currency; empty until the
    /// lines are there.
    tie_out: Vec<TieOutDocument>,
}

/// A figure and the lines that it is made of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TieOut)]
pub(crate) struct TieOutDocument {
    /// The currency.
    #[schema(example = "USD")]
    currency: String,
    /// Which cost: `unblended`, `net_unblended` or `list`.
    #[schema(value_type = String, example = "unblended")]
    cost: &'static str,
    /// What `/v1/costs` says with the same filters.
    #[schema(value_type = String, example = "5.81929375")]
    figure: Amount,
    /// What the lines come to.
    #[schema(value_type = String, example = "5.81929375")]
    rows_total: Amount,
    /// `figure − rows_total`.
    #[schema(value_type = String, example = "0")]
    delta: Amount,
    /// How many lines the figure is made of.
    #[schema(example = 29)]
    line_items: i64,
    /// How many lines there are.
    #[schema(example = 29)]
    rows: i64,
    /// Whether they are the same, in money and in number.
    ties_out: bool,
}

impl From<TieOut> for TieOutDocument {
    fn from(tie_out: TieOut) -> Self {
        Self {
            cost: words::cost_basis(tie_out.cost),
            delta: tie_out.figure - tie_out.rows_total,
            ties_out: tie_out.ties_out(),
            currency: tie_out.currency,
            figure: tie_out.figure,
            rows_total: tie_out.rows_total,
            line_items: tie_out.figure_line_items,
            rows: tie_out.rows,
        }
    }
}

/// The figure beside the lines, where these are there.
pub(super) async fn tie_out(opened: &mut Opened) -> Result<Vec<TieOutDocument>, Problem> {
    if opened.state() != Some(SetState::Complete) {
        return Ok(Vec::new());
    }
    let set_id = opened.set_id();
    let tie_outs = opened.snapshot.tie_out(set_id, &opened.question).await?;
    for tie_out in tie_outs.iter().filter(|tie_out| !tie_out.ties_out()) {
        tracing::error!(drilldown = %opened.record.drilldown_id, ?tie_out, "the lines are not the figure");
    }
    Ok(tie_outs.into_iter().map(TieOutDocument::from).collect())
}

impl DrilldownAnswer {
    pub(super) async fn of(opened: &mut Opened) -> Result<Self, Problem> {
        let tie_out = tie_out(opened).await?;
        let path = path_of(opened.record.drilldown_id);
        let links = Links::to_self(path.clone());
        let links = match opened.state() {
            Some(SetState::Complete) => links.and("rows", format!("{path}/rows")),
            _ => links,
        };
        let data = DrilldownDocument {
            id: opened.record.drilldown_id,
            state: opened.state().map_or("outdated", SetState::as_str),
            question: opened.asked.clone(),
            requested_at: opened.record.requested_at,
            version: opened.load.as_ref().map(|load| load.version),
            data_version: data_version(&opened.snapshot),
            failure: opened.failure(),
            tie_out,
        };
        Ok(Self { data, links })
    }
}
