//! `GET /_control` shows how the stand-in behaves and what it did; `POST /_control` changes how it behaves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::Settings;
use crate::world::World;

pub(crate) async fn show(State(world): State<Arc<World>>) -> Json<Value> {
    Json(report(&world))
}

/// Takes the fields to change; those that are not named stay.
pub(crate) async fn change(State(world): State<Arc<World>>, Json(changes): Json<Value>) -> Response {
    match changed(world.settings(), changes) {
        Ok(settings) => {
            world.change_settings(|current| *current = settings);
            Json(report(&world)).into_response()
        }
        Err(reason) => (StatusCode::BAD_REQUEST, Json(json!({"error": reason}))).into_response(),
    }
}

fn changed(settings: Settings, changes: Value) -> Result<Settings, String> {
    let Value::Object(changes) = changes else { return Err("send an object with the settings to change".to_owned()) };
    let mut settings = serde_json::to_value(settings).map_err(|error| error.to_string())?;
    for (name, value) in changes {
        settings[name] = value;
    }
    serde_json::from_value(settings).map_err(|error| error.to_string())
}

fn report(world: &World) -> Value {
    json!({
        "settings": world.settings(),
        "counters": world.counters().clone(),
        "executions": world.executions.records(),
    })
}
