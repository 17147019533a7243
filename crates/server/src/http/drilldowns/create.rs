//! `POST /v1/drilldowns`: the lines that a figure is made of.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bill::BillingPeriod;
use serde_json::json;
use store::drilldowns::{LinesToFetch, NewDrilldown, Requested};
use store::snapshot::Snapshot;
use uuid::Uuid;

use super::asked::Asked;
use super::body::DrilldownBody;
use super::document::DrilldownAnswer;
use super::{Opened, path_of};
use crate::drilldowns::parameters;
use crate::http::SharedState;
use crate::http::access::LineReader;
use crate::http::body::{JsonObject, fault};
use crate::http::documentation::DrilldownBodyProblems;
use crate::http::grammar::{ReportQuery, shown};
use crate::http::keys::NO_STORE;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::resolve::resolve_one;

/// Drill into a figure
///
/// Asks the export for the single lines of a month: all, or those of a principal, an account, a usage type, a charge type, a day
/// or a tag. The answer comes at once; the lines are fetched meanwhile, unless they are there already. They add up to what
/// `/v1/costs` says with the same filters, and the drill-down says whether they do.
#[utoipa::path(post, path = "/v1/drilldowns", tag = "drilldowns", request_body = Asked,
    responses((status = ACCEPTED, description = "The drill-down", body = DrilldownAnswer,
                  headers(("location" = String, description = "The path of the drill-down"))),
              DrilldownBodyProblems))]
pub(crate) async fn create_drilldown(
    State(state): State<SharedState>,
    reader: LineReader,
    RawQuery(query): RawQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let body = DrilldownBody::read(body)?;
    let mut snapshot = reader.snapshot().await?;
    let period = resolve_one(Some(body.period), &snapshot)?;
    let export = export(body.export.as_deref(), period, &snapshot)?;
    let asked = Asked {
        period,
        export,
        principal: body.principal,
        account: body.account,
        usage_type: body.usage_type,
        charge_type: body.charge_type,
        day: body.day,
        tag: body.tag,
    };
    let id = request(&state, &reader, &asked, &mut snapshot).await?;
    drop(snapshot);
    state.drilldowns.ring();
    let mut opened = Opened::new(&state, &reader, id).await?;
    let answer = DrilldownAnswer::of(&mut opened).await?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, path_of(id))], NO_STORE, Json(answer)).into_response())
}

/// The export that is meant.
fn export(given: Option<&str>, period: BillingPeriod, snapshot: &Snapshot) -> Result<String, Problem> {
    let of_period = snapshot.current_loads().filter(|load| load.period == period);
    let names: Vec<&str> = of_period.map(|load| load.export.as_str()).collect();
    match (given, names.as_slice()) {
        (None, [one]) => Ok((*one).to_owned()),
        (Some(given), names) if names.contains(&given) => Ok(given.to_owned()),
        (None, _) => {
            let detail = format!("several exports have {period}; say which one is meant");
            Err(fault("export", detail).allowing(&names).into())
        }
        (Some(given), _) => {
            let detail = format!("no export `{}` has {period}; those that do are {}", shown(given), names.join(", "));
            Err(fault("export", detail).near(given, &names).allowing(&names).into())
        }
    }
}

async fn request(
    state: &SharedState,
    reader: &LineReader,
    asked: &Asked,
    snapshot: &mut Snapshot,
) -> Result<Uuid, Problem> {
    let (load_id, _) = snapshot.keep_to(&asked.export, asked.period).ok_or_else(Problem::nothing_loaded)?;
    let limits = &state.drilldowns.limits;
    let new = NewDrilldown {
        caller: &reader.admitted.caller,
        address: Some(reader.admitted.address),
        extent: &reader.admitted.extent,
        question: json!(asked),
        load_id,
        lines: lines_to_fetch(state, asked, snapshot).await?,
        per_day: limits.per_day.get(),
        at_once: limits.at_once.get(),
        now: state.clock.now(),
    };
    match state.store.request_drilldown(&new).await? {
        Requested::Accepted(id) => Ok(id),
        Requested::TooManyToday(next) => {
            let detail = format!("{} drill-downs a day may be asked for by each caller", limits.per_day);
            let wait = (next - new.now).to_std().unwrap_or_default();
            Err(Problem::new(ProblemKind::TooManyRequests, detail).with_retry_after(wait))
        }
        Requested::TooManyAtOnce => {
            let detail =
                format!("{} drill-downs of yours are being fetched; wait until one is complete", limits.at_once);
            Err(Problem::new(ProblemKind::TooManyRequests, detail))
        }
    }
}

/// What to fetch. Nothing, where nothing in sight can be in it: asking AWS would cost money and tell nothing.
async fn lines_to_fetch(
    state: &SharedState,
    asked: &Asked,
    snapshot: &mut Snapshot,
) -> Result<Option<LinesToFetch>, Problem> {
    let question = asked.question();
    let most = i64::from(state.drilldowns.limits.max_rows.get());
    let in_sight = snapshot.line_items(&question).await?;
    if in_sight == 0 {
        return Ok(None);
    }
    if in_sight > most {
        let detail =
            format!("this figure is made of {in_sight} lines; at most {most} are fetched, so ask for a part of it");
        return Err(Problem::new(ProblemKind::LimitExceeded, detail));
    }
    let named = snapshot.named(&question).await?;
    let of_everybody = snapshot.everybodys_line_items(&named).await?;
    // One set serves everybody, unless it would be too large: how many lines others have must not keep anybody from theirs.
    let only = (of_everybody > most).then(|| (snapshot.sight().extent.clone(), snapshot.ownership_version()));
    Ok(Some(LinesToFetch { parameters: parameters(&named, snapshot).await?, only }))
}
