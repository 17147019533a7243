//! `POST /v1/refreshes`: have exports read now.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use store::refreshes::{Occasion, RefreshToRequest};
use utoipa::ToSchema;
use utoipa::openapi::schema::ArrayBuilder;

use super::document::RefreshAnswer;
use super::{path_of, sees_the_whole_bill};
use crate::http::SharedState;
use crate::http::access::RefreshRunner;
use crate::http::body::{JsonObject, fault};
use crate::http::documentation::{RefreshBodyProblems, period_schema};
use crate::http::grammar::{Fault, Faults, MOST_PERIODS, ReportQuery, parse_period};
use crate::http::keys::NO_STORE;
use crate::http::problem::{Problem, ProblemKind};

/// A refresh to be done. Nothing need be said: then all that has changed is read.
#[derive(Debug, ToSchema)]
#[schema(as = NewRefresh)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshBody {
    /// Only these billing periods; all that the exports hold where none are named.
    #[schema(schema_with = periods_schema, required = false)]
    periods: BTreeSet<BillingPeriod>,
    /// Whether to read again what has not changed.
    #[schema(value_type = bool, required = false, example = false)]
    force: bool,
}

fn periods_schema() -> ArrayBuilder {
    let description = "Only these billing periods; all that the exports hold where none are named.";
    ArrayBuilder::new().items(period_schema()).max_items(Some(MOST_PERIODS)).description(Some(description))
}

impl RefreshBody {
    fn read(body: JsonObject) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut fields = body.fields(&["periods", "force"], &mut faults);
        let texts = fields.take::<Vec<String>>("periods", &mut faults).unwrap_or_default();
        let force = fields.take::<bool>("force", &mut faults).unwrap_or_default();
        if texts.len() > MOST_PERIODS {
            let detail = format!("{} periods are asked for; at most {MOST_PERIODS} are read at once", texts.len());
            faults.push(Fault::new(ProblemKind::LimitExceeded, "periods", detail));
            return Err(faults);
        }
        let read = |(index, text): (usize, &String)| {
            let place = format!("periods[{index}]");
            parse_period(&place, text).map_err(|wrong| fault(&place, wrong.detail))
        };
        let periods = texts.iter().enumerate().filter_map(|text| faults.keep(read(text))).collect();
        faults.none_or(Self { periods, force })
    }
}

/// Ask for a refresh
///
/// Exports are read by one instance, while everybody goes on being served what was published last. Watch the refresh under
/// `Location`. Where one that does all of this is queued or running, the answer is that one, with 200 instead of 202.
#[utoipa::path(post, path = "/v1/refreshes", tag = "refreshes", request_body = Option<RefreshBody>,
    responses((status = ACCEPTED, description = "A new refresh, which waits to be done", body = RefreshAnswer,
                  headers(("location" = String, description = "The path of the refresh"))),
              (status = OK, description = "A refresh that does all of this was queued or running before", body = RefreshAnswer,
                  headers(("location" = String, description = "The path of the refresh"))),
              RefreshBodyProblems))]
pub(crate) async fn create_refresh(
    State(state): State<SharedState>,
    RefreshRunner(admitted): RefreshRunner,
    RawQuery(query): RawQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let RefreshBody { periods, force } = RefreshBody::read(body)?;
    let refresh = RefreshToRequest { occasion: Occasion::Caller, periods, force };
    let now = state.clock.now();
    let requested = state.store.request_refresh(&refresh, &admitted.caller, Some(admitted.address), now).await?;
    state.wake.notify_one();
    let (id, status) = (requested.refresh_id, if requested.is_new { StatusCode::ACCEPTED } else { StatusCode::OK });
    let record = state.store.refresh(id).await?.ok_or_else(|| super::unknown(&id.to_string()))?;
    let answer = RefreshAnswer::new(record, sees_the_whole_bill(&state, &admitted.caller));
    Ok((status, [(header::LOCATION, path_of(id))], NO_STORE, Json(answer)).into_response())
}
