//! `GET /v1/me`: who the service takes the caller for, and what they may do.

use std::collections::BTreeMap;

use access::{Extent, GrantText};
use axum::Json;
use axum::extract::{FromRequestParts, RawQuery};
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use super::admitted::known_caller;
use crate::http::SharedState;
use crate::http::answer::Links;
use crate::http::documentation::PlainProblems;
use crate::http::grammar::ReportQuery;
use crate::http::problem::Problem;

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeAnswer {
    /// The caller.
    data: Me,
    /// Where to go from here.
    links: Links,
}

/// A caller, as the service knows them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// How they are known: `anonymous`, `api_key`, `token` or `session`.
    #[schema(value_type = String, example = "api_key")]
    kind: &'static str,
    /// The id of the key, or the subject of the token and its issuer.
    id: String,
    /// What people call them.
    #[schema(example = "grafana")]
    name: String,
    /// What they may do, and of what.
    #[schema(value_type = Vec<Object>, example = json!([{"permissions": ["costs:read"], "teams": ["data-science"]}]))]
    grants: Vec<GrantText>,
}

/// Somebody who is known, whatever they may do.
pub(crate) struct Anyone(pub(crate) std::sync::Arc<access::Caller>);

impl FromRequestParts<SharedState> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &SharedState) -> Result<Self, Problem> {
        known_caller(&parts.extensions).map(Self)
    }
}

/// Say who asks
///
/// Who the service takes the caller for, and what they may do.
#[utoipa::path(get, path = "/v1/me", tag = "access",
    responses((status = OK, description = "The caller", body = MeAnswer), PlainProblems))]
pub(crate) async fn get_me(Anyone(caller): Anyone, RawQuery(query): RawQuery) -> Result<Json<MeAnswer>, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let data = Me {
        kind: caller.kind.as_str(),
        id: caller.id.clone(),
        name: caller.name.clone(),
        grants: grant_texts(&caller.grants),
    };
    let links = Links::to_self("/v1/me").and("costs", "/v1/costs");
    Ok(Json(MeAnswer { data, links }))
}

/// Grants as people write them: the permissions of each extent together.
pub(crate) fn grant_texts(grants: &access::Grants) -> Vec<GrantText> {
    let mut by_extent: BTreeMap<&Extent, Vec<access::Permission>> = BTreeMap::new();
    for (permission, extent) in grants.iter() {
        by_extent.entry(extent).or_default().push(permission);
    }
    let text = |(extent, permissions): (&Extent, Vec<access::Permission>)| match extent {
        Extent::Everything => GrantText { permissions, everything: true, ..GrantText::default() },
        Extent::Part(part) => GrantText {
            permissions,
            teams: part.teams.iter().cloned().collect(),
            accounts: part.accounts.iter().cloned().collect(),
            tags: part.tags.iter().cloned().collect(),
            ..GrantText::default()
        },
    };
    by_extent.into_iter().map(text).collect()
}
