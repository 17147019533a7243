use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use store::events::EventRecord;
use store::webhooks::DueDelivery;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventDocument {
    /// The id, from which a stream is resumed. A webhook has it as `webhook-id`.
    #[schema(value_type = String, format = "uuid", example = "019f3b2a-6d77-7c0e-9f5c-6f3f1c1a2b3c")]
    pub(crate) id: Uuid,
    /// What happened: `data.version.published`, `refresh.failed` or `tie_out.failed`.
    #[serde(rename = "type")]
    #[schema(example = "data.version.published")]
    pub(crate) kind: String,
    /// When.
    pub(crate) timestamp: DateTime<Utc>,
    /// What there is to say about it. Of `data.version.published`: `data_version`, `ownership_version` and `because`, which is
    /// `load` (then with `export`, `period` and `version`) or `rules`. Of `refresh.failed`: `refresh`, `occasion`, and `failed` with
    /// the `export`, the `period` and the `reason` of each part. Of `tie_out.failed`: `export`, `period`, `version`, the number of
    /// `differences`, and the `reason`.
    #[schema(value_type = Object, example = json!({
        "data_version": "v7", "because": "load", "export": "bedrock-cur2", "period": "2026-10", "version": 3, "ownership_version": 1
    }))]
    pub(crate) data: Value,
}

impl EventDocument {
    /// What is sent to a webhook.
    pub(crate) fn of_delivery(delivery: &DueDelivery) -> Self {
        Self {
            id: delivery.message_id,
            kind: delivery.kind.clone(),
            timestamp: delivery.at,
            data: delivery.payload.clone(),
        }
    }

    /// As it stands in a stream, and in a message to a webhook.
    pub(crate) fn to_json(&self) -> String {
        // A document of texts, numbers and a time is always written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<EventRecord> for EventDocument {
    fn from(event: EventRecord) -> Self {
        Self { id: event.event_id, kind: event.kind, timestamp: event.at, data: event.payload }
    }
}
