//! Where to go from an answer.

use axum::http::{HeaderMap, HeaderValue, header};
use serde::ser::{Serialize, SerializeMap, Serializer};
use store::snapshot::AsOf;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::grammar::as_of::as_of_text;

/// Links by relation, in the order given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links(Vec<(&'static str, String)>);

impl Links {
    /// The link under which this very answer can be had again.
    pub(crate) fn to_self(path: impl Into<String>) -> Self {
        Self(vec![("self", path.into())])
    }

    /// Where a relation leads, if it is there.
    pub(crate) fn get(&self, relation: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == relation).map(|(_, path)| path.as_str())
    }

    /// Adds a link.
    pub(crate) fn and(mut self, relation: &'static str, path: impl Into<String>) -> Self {
        self.0.push((relation, path.into()));
        self
    }

    /// Adds a link to where the same data version answers, where one was asked for.
    pub(crate) fn and_as_of(self, relation: &'static str, path: impl Into<String>, as_of: Option<AsOf>) -> Self {
        let mut path = path.into();
        if let Some(as_of) = as_of {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str("as_of=");
            path.push_str(&as_of_text(as_of));
        }
        self.and(relation, path)
    }

    /// The link of this relation as a header (RFC 8288); none, where there is no such link.
    pub(crate) fn header_of(&self, relation: &str) -> HeaderMap {
        let found = self.0.iter().find(|(name, _)| *name == relation);
        // Paths are percent-encoded: never refused.
        let value = found.and_then(|(name, path)| HeaderValue::from_str(&format!("<{path}>; rel=\"{name}\"")).ok());
        value.map(|value| (header::LINK, value)).into_iter().collect()
    }
}

impl Serialize for Links {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (relation, path) in &self.0 {
            map.serialize_entry(relation, path)?;
        }
        map.end()
    }
}

impl ToSchema for Links {}

impl PartialSchema for Links {
    fn schema() -> utoipa::openapi::RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::RefOr(text().into())))
            .description(Some(
                "Paths on this service by relation; `self`, where there is one, asks the same question again.",
            ))
            .examples([serde_json::json!({
                "self": "/v1/costs?period=2026-10&granularity=total&group_by=team&cost=unblended",
                "periods": "/v1/periods",
            })])
            .into()
    }
}
