//! `GET /v1/principals`: who called, and what each cost.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bill::principal::{Identity, Principal};
use serde::Serialize;
use store::snapshot::{CostQuestion, Dimension, Filter, Scope};
use utoipa::ToSchema;

use super::{PrincipalCosts, WHO};
use crate::http::SharedState;
use crate::http::access::CostReader;
use crate::http::answer::{ControlFigures, Links, Meta, MetaContext, Told, control, totals};
use crate::http::conditional::Versioned;
use crate::http::documentation::{FormatParameter, FormatProblems, ListProblems, NotModified, PrincipalsParameters};
use crate::http::format::Format;
use crate::http::format::table::Table;
use crate::http::grammar::{Accepted, Fault, Faults, Parameters};
use crate::http::listing::{ListQuery, parse_text};
use crate::http::problem::Problem;
use crate::http::resolve::resolve_one;
use crate::http::showback::whole_bill;

const PATH: &str = "/v1/principals";
/// What a principal is looked for by, each a word of its own.
const CHOICES: [(&str, Dimension); 4] = [
    ("arn", Dimension::Principal),
    ("person", Dimension::Person),
    ("role", Dimension::Role),
    ("identity", Dimension::Identity),
];
const PARAMETERS: Accepted = Accepted {
    single: &[
        "period", "cost", "as_of", "reveal", "q", "arn", "person", "role", "identity", "limit", "cursor", "format",
    ],
    list: &[],
    bracketed: &[],
};

/// A line each.
const TABLE: Table = Table {
    columns: &[
        "id",
        "arn",
        "identity",
        "role",
        "session",
        "person",
        "cost",
        "currency",
        "tokens.input",
        "tokens.output",
        "tokens.cache_read",
        "tokens.cache_write",
        "line_items",
    ],
    decimals: &["cost"],
    each: None,
};

/// Principals, and what each cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrincipalsAnswer {
    /// The principals of this page, the largest of each currency first. All pages add up to `meta.totals`: lines that name no
    /// principal are one whose id is null.
    data: Vec<PrincipalCosts>,
    /// What the answer says about itself; `totals` is what all pages come to.
    meta: Meta,
    /// The control figures of the period.
    control: Vec<ControlFigures>,
    /// Where to go from here; `next`, where there is another page.
    links: Links,
}

/// List principals
///
/// Who called in one period and what each cost, page by page. `q` keeps those whose ARN or person contains a text; `arn`,
/// `person`, `role` and `identity` keep those of which it is exactly that. Where persons are hidden, pseudonyms are found and
/// names are not.
#[utoipa::path(get, path = "/v1/principals", tag = "principals", params(PrincipalsParameters, FormatParameter),
    responses((status = OK, description = "The principals", content(
                  (PrincipalsAnswer = "application/json"), (String = "text/csv"))),
              NotModified, ListProblems, FormatProblems))]
pub(crate) async fn list_principals(
    State(state): State<SharedState>,
    reader: CostReader,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let parameters = Parameters::read(query.as_deref(), &PARAMETERS, &mut faults);
    let asked = ListQuery::read(&parameters, &mut faults);
    let chosen = read_choices(&parameters, &mut faults);
    let (asked, chosen) = faults.none_or((asked, chosen))?;
    let format = Format::choose(asked.report.format, &headers, &Format::TABULAR)?;
    let reader = reader.revealing(asked.report.reveal)?;
    let mut snapshot = asked.snapshot(&reader).await?;
    let (period, cost) = (resolve_one(asked.report.period, &snapshot)?, asked.report.cost);
    let as_of = asked.report.as_of;

    let mut query = asked.echo(period);
    let mut question = CostQuestion { group_by: WHO.to_vec(), ..whole_bill(Scope::Periods(vec![period]), cost) };
    for Choice { name, text, filter } in chosen {
        query.push(name, text);
        question.filters.push(filter);
    }
    if let Some(text) = &asked.q {
        question.filters.push(snapshot.containing(&Dimension::Principal, text).await?);
    }
    let page = asked.page(PATH, &query, &reader, &snapshot)?;
    let (rows, links) = page.rows(&mut snapshot, &question).await?;
    let data: Vec<_> = rows.into_iter().map(|row| PrincipalCosts::new(row, period, as_of)).collect();
    let totals = totals(&mut snapshot, &question).await?;
    let control = control(&mut snapshot, &[period], cost).await?;

    let links = links.and("period", format!("/v1/periods/{period}"));
    let context = MetaContext { periods: &[period], cost, today: state.today(), query };
    let meta = Meta::new(&mut snapshot, context, totals, data.len()).await?;
    if format == Format::Csv {
        return Told::of(&meta, &control, &links).above(&TABLE, &format!("principals-{period}"), &data, &snapshot);
    }
    Ok(Versioned::of(&snapshot, PrincipalsAnswer { data, meta, control, links }).into_response())
}

/// What principals are chosen by, as given and as a filter.
struct Choice {
    name: &'static str,
    text: String,
    filter: Filter,
}

fn read_choices(parameters: &Parameters, faults: &mut Faults) -> Vec<Choice> {
    let mut chosen = Vec::new();
    for (name, dimension) in CHOICES {
        let Some(text) = parameters.single(name).and_then(|text| faults.keep(parse_text(name, text))) else { continue };
        let is_identity = dimension == Dimension::Identity && !text.is_empty();
        if is_identity && text.parse::<Identity>().is_err() {
            faults.push(Fault::unknown_word(name, &text, Identity::ALL.into_iter().map(Identity::as_str)));
            continue;
        }
        let value = match dimension {
            // The id of a principal is derived from its ARN; a text that is empty is no principal.
            Dimension::Principal => Principal::parse(Some(&text)).map(|principal| principal.id),
            _ => Some(text.clone()).filter(|text| !text.is_empty()),
        };
        chosen.push(Choice { name, text, filter: Filter::keeping(dimension, vec![value]) });
    }
    chosen
}
