//! What stands at the `type` of a problem: a few words about the kind.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Problem, ProblemKind};
use crate::http::documentation::{IndexProblems, PageProblems};
use crate::http::grammar::{ReportQuery, nearest, shown};

/// A kind of problem, explained.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemPage {
    /// The stable type.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "/problems/unknown-parameter")]
    kind: ProblemKind,
    /// Its title.
    title: &'static str,
    /// The HTTP status that it comes with.
    status: u16,
    /// What happened and what to do about it.
    explanation: &'static str,
}

impl From<ProblemKind> for ProblemPage {
    fn from(kind: ProblemKind) -> Self {
        Self { kind, title: kind.title(), status: kind.status().as_u16(), explanation: kind.explanation() }
    }
}

/// List the kinds of problems
///
/// Every `type` that a problem document of this service can have.
#[utoipa::path(get, path = "/problems", tag = "service", security(()), 
    responses((status = OK, description = "All kinds", body = Vec<ProblemPage>), IndexProblems))]
pub(crate) async fn list_problems(RawQuery(query): RawQuery) -> Result<Json<Vec<ProblemPage>>, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    Ok(Json(ProblemKind::ALL.into_iter().map(ProblemPage::from).collect()))
}

/// Explain a kind of problem
///
/// What stands at the `type` of a problem document.
#[utoipa::path(get, path = "/problems/{kind}", tag = "service", security(()),
    params(("kind" = String, Path, description = "The last part of the type", example = "unknown-parameter")),
    responses((status = OK, description = "The kind", body = ProblemPage), PageProblems))]
pub(crate) async fn get_problem(
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<ProblemPage>, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let Path(name) = path?;
    let uri = format!("/problems/{name}");
    let found = ProblemKind::ALL.into_iter().find(|kind| kind.type_uri() == uri);
    found.map(|kind| Json(kind.into())).ok_or_else(|| {
        let nearest = nearest(&uri, ProblemKind::ALL.map(ProblemKind::type_uri));
        let detail = format!("there is no kind of problem `{}`; `/problems` lists them", shown(&name));
        Problem::about("kind", ProblemKind::UnknownPath, detail).with_suggestion(nearest)
    })
}
