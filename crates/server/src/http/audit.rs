//! `GET /v1/audit`: what left a trace.

use access::Extent;
use access::audit::AuditAction;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;
use store::audit::{AuditEntry, AuditQuestion};
use utoipa::ToSchema;

use super::SharedState;
use super::access::AuditReader;
use super::answer::Links;
use super::cursor::CursorQuestion;
use super::documentation::{AuditParameters, AuditProblems, FormatParameter, FormatProblems};
use super::format::Format;
use super::format::table::Table;
use super::grammar::{Accepted, Echo, Fault, Faults, Parameters, read_format, shown};
use super::keys::NO_STORE;
use super::listing::parse_text;
use super::page::Page;
use super::problem::Problem;

const PATH: &str = "/v1/audit";
const PARAMETERS: Accepted = Accepted {
    single: &["action", "caller", "object", "start", "end", "limit", "cursor", "format"],
    list: &[],
    bracketed: &[],
};

/// A line each.
const TABLE: Table = Table {
    columns: &["sequence", "at", "action", "caller", "address", "object", "extent", "details"],
    decimals: &[],
    each: None,
};

/// Entries of the audit log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditAnswer {
    /// The entries of this page.
    data: Vec<AuditEntryDocument>,
    /// Where to go from here; `next`, where there are older entries.
    links: Links,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditEntryDocument {
    /// Its number. Whoever reads the whole log finds no gap.
    #[schema(minimum = 1, example = 7)]
    sequence: i64,
    /// When it happened.
    at: DateTime<Utc>,
    /// What happened.
    #[schema(example = "key.created")]
    action: String,
    /// Who did it: how they are known, and who they are among their kind.
    #[schema(example = "token:alice@https://login.example.com")]
    caller: String,
    /// From where; null where it did not come over the network.
    #[schema(example = "192.0.2.7")]
    address: Option<String>,
    /// What it was done to: the id of a key, the path of a request.
    object: Option<String>,
    /// Whose matter it is.
    extent: ExtentDocument,
    /// Everything else, as the action has it.
    #[schema(value_type = Object)]
    details: Value,
}

/// Of what: `everything`, or teams, accounts and tag values.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Extent)]
pub(crate) struct ExtentDocument {
    /// The whole bill.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    everything: bool,
    /// Ids of teams.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    teams: Vec<String>,
    /// Ids of accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<String>,
    /// Values of tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["cost-center=12345"]))]
    tags: Vec<String>,
}

impl From<&Extent> for ExtentDocument {
    fn from(extent: &Extent) -> Self {
        match extent {
            Extent::Everything => Self { everything: true, ..Self::default() },
            Extent::Part(part) => Self {
                everything: false,
                teams: part.teams.iter().cloned().collect(),
                accounts: part.accounts.iter().cloned().collect(),
                tags: part.tags.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

impl From<AuditEntry> for AuditEntryDocument {
    fn from(entry: AuditEntry) -> Self {
        Self {
            extent: ExtentDocument::from(&entry.extent),
            sequence: entry.sequence,
            at: entry.at,
            action: entry.action,
            caller: entry.caller,
            address: entry.address,
            object: entry.object,
            details: entry.details,
        }
    }
}

/// List what left a trace
///
/// Entries of the audit log, newest first: who did what, when, from where, and to what. Whoever has `audit:read` in part
/// sees the entries that are a matter of that part and of nothing else. `chargeback audit verify` proves that no entry was
/// changed or taken out.
#[utoipa::path(get, path = "/v1/audit", tag = "access",
    params(AuditParameters, FormatParameter),
    responses((status = OK, description = "The entries", content(
                  (AuditAnswer = "application/json"), (String = "text/csv"))),
              AuditProblems, FormatProblems))]
pub(crate) async fn list_audit_entries(
    State(state): State<SharedState>,
    AuditReader(admitted): AuditReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let AuditQuery { question, page, named, filters } = AuditQuery::parse(query.as_deref(), admitted.extent)?;
    let format = Format::choose(named, &headers, &Format::TABULAR)?;
    let mut entries = state.store.audit_entries(&question).await?;
    let position = |entry: &AuditEntry| u128::try_from(entry.sequence).unwrap_or_default();
    let links = page.cut(PATH, &filters, &mut entries, position);
    let data: Vec<AuditEntryDocument> = entries.into_iter().map(AuditEntryDocument::from).collect();
    if format == Format::Csv {
        return Ok((NO_STORE, TABLE.answer("audit", &data, links.header_of("next"))?).into_response());
    }
    Ok((NO_STORE, Json(AuditAnswer { data, links })).into_response())
}

/// A question to the log, as understood.
struct AuditQuery {
    question: AuditQuestion,
    page: Page,
    /// The format, where one is named.
    named: Option<Format>,
    filters: Echo,
}

impl AuditQuery {
    fn parse(query: Option<&str>, within: Extent) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let parameters = Parameters::read(query, &PARAMETERS, &mut faults);
        let action = parameters.single("action").and_then(|text| faults.keep(parse_action(text)));
        let mut time = |name| parameters.single(name).and_then(|text| faults.keep(parse_time(name, text)));
        let (from, until) = (time("start"), time("end"));
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            faults.push(Fault::invalid_value(
                "end",
                "`end` must be later than `start`; an entry at `end` itself is left out",
            ));
        }
        let (from_text, until_text) = (from.map(time_text), until.map(time_text));
        let given = [
            ("action", action.map(AuditAction::as_str)),
            ("caller", parameters.single("caller")),
            ("object", parameters.single("object")),
            ("start", from_text.as_deref()),
            ("end", until_text.as_deref()),
        ];
        let page = Page::read(&parameters, CursorQuestion::new(PATH, &given, &within), &mut faults);
        for name in ["caller", "object"] {
            parameters.single(name).and_then(|text| faults.keep(parse_text(name, text)));
        }
        let question = AuditQuestion {
            within,
            action,
            caller: parameters.single("caller").map(str::to_owned),
            object: parameters.single("object").map(str::to_owned),
            from,
            until,
            before: page.after.and_then(|position| i64::try_from(position).ok()),
            limit: page.rows(),
        };
        let mut filters = Echo::default();
        for (name, value) in given {
            if let Some(value) = value {
                filters.push(name, value);
            }
        }
        let named = read_format(&parameters, &Format::TABULAR, &mut faults);
        faults.none_or(Self { question, page, named, filters: filters.in_format(named) })
    }
}

fn parse_action(text: &str) -> Result<AuditAction, Fault> {
    let known = AuditAction::ALL.into_iter().find(|action| action.as_str() == text);
    known.ok_or_else(|| Fault::unknown_word("action", text, AuditAction::ALL.iter().map(|action| action.as_str())))
}

fn parse_time(name: &str, text: &str) -> Result<DateTime<Utc>, Fault> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    time.map_err(|_| {
        let detail = format!("`{}` is not a time; write one such as 2026-11-01T00:00:00Z", shown(text));
        Fault::invalid_value(name, detail)
    })
}

fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
