use store::events::EventKind;
use store::webhooks::WebhookToCreate;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::body::{Fields, JsonObject, fault};
use crate::http::grammar::{Fault, Faults, shown};
use crate::keys::KeyName;
use crate::webhooks::{PATTERN, Target, WebhookSecret};

/// More types than there are can be named only by naming one twice.
const MOST_TYPES: usize = 10;

/// A webhook to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewWebhook)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookBody {
    /// What people call it.
    #[schema(value_type = WebhookNameSchema)]
    name: KeyName,
    /// Where events are sent: an https address, found by name. It may be followed by a redirect no more than it may be private.
    #[schema(value_type = WebhookUrlSchema)]
    url: Target,
    /// Only events of these types; all, where nothing is said.
    #[schema(value_type = Vec<EventTypeSchema>, required = false, max_items = 10)]
    types: Vec<EventKind>,
}

impl WebhookBody {
    pub(super) fn read(body: JsonObject, allow_http_and_private: bool) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut fields = body.fields(&["name", "url", "types"], &mut faults);
        let name = fields.require::<String>("name", &mut faults).and_then(|text| faults.keep(name(&text)));
        let url = fields.require::<String>("url", &mut faults);
        let url = url.and_then(|text| {
            let target = Target::parse(&text, allow_http_and_private);
            faults.keep(target.map_err(|error| fault("url", error.to_string())))
        });
        let types = types(&mut fields, &mut faults);
        match (name, url) {
            (Some(name), Some(url)) => faults.none_or(Self { name, url, types }),
            _ => Err(faults),
        }
    }

    pub(super) fn with_secret(self, secret: &WebhookSecret) -> WebhookToCreate {
        WebhookToCreate {
            name: self.name.into(),
            url: self.url.text().to_owned(),
            origin: self.url.origin(),
            types: self.types.into_iter().map(|kind| kind.as_str().to_owned()).collect(),
            secret: secret.bytes().to_owned(),
        }
    }
}

fn name(text: &str) -> Result<KeyName, Fault> {
    text.parse().map_err(|_| {
        let detail = format!(
            "a webhook is called by at most {} letters, digits, spaces and signs of `._@:/+-`, and begins with a letter or digit",
            KeyName::LONGEST
        );
        fault("name", detail)
    })
}

fn types(fields: &mut Fields, faults: &mut Faults) -> Vec<EventKind> {
    let texts = fields.take::<Vec<String>>("types", faults).unwrap_or_default();
    if texts.len() > MOST_TYPES {
        faults.push(fault("types", format!("{} types are named; at most {MOST_TYPES} may be", texts.len())));
        return Vec::new();
    }
    let mut kinds: Vec<EventKind> =
        texts.iter().enumerate().filter_map(|(index, text)| faults.keep(kind(index, text))).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn kind(index: usize, text: &str) -> Result<EventKind, Fault> {
    let known = EventKind::ALL.map(EventKind::as_str);
    EventKind::named(text).ok_or_else(|| {
        let detail = format!("`{}` is not one of {}", shown(text), known.join(", "));
        fault(&format!("types[{index}]"), detail).near(text, &known).allowing(&known)
    })
}

macro_rules! texts {
    ($($(#[$documentation:meta])* $schema:ident as $name:literal: $build:expr;)+) => {$(
        $(#[$documentation])*
        pub(crate) struct $schema;

        impl ToSchema for $schema {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
        }

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String);
                ($build)(text).into()
            }
        }
    )+};
}

texts! {
    /// What a webhook may be called.
    WebhookNameSchema as "WebhookName": |text: ObjectBuilder| text.pattern(Some(KeyName::PATTERN)).examples(["month-end"]);
    /// Where a webhook may be.
    WebhookUrlSchema as "WebhookUrl": |text: ObjectBuilder| {
        text.pattern(Some(PATTERN)).max_length(Some(2048)).examples(["https://hooks.example.com/chargeback"])
    };
    /// The types of events.
    EventTypeSchema as "EventType": |text: ObjectBuilder| text.enum_values(Some(EventKind::ALL.map(EventKind::as_str)));
}
