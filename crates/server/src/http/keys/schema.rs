//! What a grant, a name and a lifetime look like in the OpenAPI document: exactly what is accepted.

use access::{Permission, Role};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, AnyOfBuilder, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::keys::{KeyName, Lifetime};

/// A role or permissions, and of what.
pub(crate) struct GrantSchema;

impl ToSchema for GrantSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "Grant".into()
    }
}

impl PartialSchema for GrantSchema {
    fn schema() -> RefOr<Schema> {
        let description = "What is allowed, and of what. Nothing is granted by leaving something out: there is a `role`, or \
                           `permissions`, or both; and `everything`, or some of `teams`, `accounts` and `tags`. A role \
                           for a part is what of it can be had in part.";
        let variants = ["role", "permissions"].into_iter().flat_map(|what| {
            let of_part = ["teams", "accounts", "tags"].map(|of| variant(what, of));
            [variant(what, "everything")].into_iter().chain(of_part)
        });
        let any_of = variants.fold(AnyOfBuilder::new(), |any_of, variant| any_of.item(variant));
        let example = serde_json::json!({ "role": "viewer", "teams": ["data-science"] });
        Schema::from(any_of.description(Some(description)).examples([example]).build()).into()
    }
}

/// What must be there besides what may be there.
fn variant(what: &str, of: &str) -> ObjectBuilder {
    let is_whole = of == "everything";
    let least = |name: &str| usize::from(name == what || name == of);
    let list = |name: &str, items: ObjectBuilder| {
        let list = ArrayBuilder::new().items(items).min_items(Some(least(name)));
        // A grant of everything names no part as well.
        if is_whole && name != "permissions" { list.max_items(Some(0)) } else { list }
    };
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("role", text().enum_values(Some(Role::ALL.map(Role::as_str))))
        .property("permissions", list("permissions", permission(is_whole)))
        .property("everything", ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([is_whole])))
        .property("teams", list("teams", text().pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$")).max_length(Some(64))))
        .property("accounts", list("accounts", text().pattern(Some("^[0-9]{12}$"))))
        .property("tags", list("tags", text().pattern(Some(r"^[^=\x00]+=[^\x00]+$"))))
        .required(what)
        .required(of)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn permission(is_whole: bool) -> ObjectBuilder {
    let permissions = Permission::ALL.into_iter().filter(|permission| is_whole || !permission.is_for_everything_only());
    text().enum_values(Some(permissions.map(Permission::as_str)))
}

/// What a key may be called.
pub(crate) struct NameSchema;

impl ToSchema for NameSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "KeyName".into()
    }
}

impl PartialSchema for NameSchema {
    fn schema() -> RefOr<Schema> {
        text().pattern(Some(KeyName::PATTERN)).examples(["grafana"]).into()
    }
}

/// How long a key lasts.
pub(crate) struct LifetimeSchema;

impl ToSchema for LifetimeSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "KeyLifetime".into()
    }
}

impl PartialSchema for LifetimeSchema {
    fn schema() -> RefOr<Schema> {
        text().pattern(Some(Lifetime::PATTERN)).examples(["90d"]).into()
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
