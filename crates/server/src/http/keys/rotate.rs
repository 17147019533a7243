//! `POST /v1/keys/{id}/rotate`: a new key takes the place of an old one.

use access::api_key::NewKey;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use chrono::TimeDelta;
use serde_json::Number;
use store::keys::{KeyRotation, RotatedKey};
use utoipa::ToSchema;

use super::create::lifetime;
use super::document::NewKeyAnswer;
use super::schema::LifetimeSchema;
use super::{key_id, may_give, unknown};
use crate::http::SharedState;
use crate::http::access::KeysAdmin;
use crate::http::body::{JsonObject, fault};
use crate::http::documentation::RotationProblems;
use crate::http::grammar::{Faults, ReportQuery};
use crate::http::problem::{Problem, ProblemKind};
use crate::keys::{LONGEST_OVERLAP, Lifetime, USUAL_OVERLAP};

/// How a key is replaced.
#[derive(Debug, ToSchema)]
#[schema(as = Rotation)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationBody {
    /// For how many seconds the old key is still accepted; a day, where nothing is said. It never lasts longer than it did.
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 2_592_000, example = 86_400)]
    overlap_seconds: TimeDelta,
    /// How long the new key lasts, such as `90d`, `12h` or `30m`, or `never`. A year, where nothing is said.
    #[schema(value_type = LifetimeSchema, required = false)]
    expires_after: Lifetime,
}

impl RotationBody {
    fn read(body: JsonObject) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut fields = body.fields(&["overlap_seconds", "expires_after"], &mut faults);
        let seconds = fields.take::<Number>("overlap_seconds", &mut faults);
        let seconds = seconds.and_then(|number| {
            let whole = whole(&number);
            let detail = || {
                fault(
                    "overlap_seconds",
                    format!(
                        "`{number}` is not a whole number of seconds; write one from 0 to {}",
                        LONGEST_OVERLAP.num_seconds()
                    ),
                )
            };
            faults.keep(whole.ok_or_else(detail))
        });
        let most = LONGEST_OVERLAP.num_seconds();
        if seconds.is_some_and(|seconds| !(0..=most).contains(&seconds)) {
            faults.push(fault("overlap_seconds", format!("an overlap has 0 to {most} seconds")));
        }
        let overlap_seconds = seconds.and_then(TimeDelta::try_seconds).unwrap_or(USUAL_OVERLAP);
        let expires_after = lifetime(&mut fields, &mut faults);
        faults.none_or(Self { overlap_seconds, expires_after })
    }
}

/// JSON has one kind of numbers, and some write all of them with a fraction: 60.0 is whole.
fn whole(number: &Number) -> Option<i64> {
    let of_fraction = || number.as_f64().filter(|seconds| seconds.fract() == 0.0 && seconds.abs() < 1e15);
    number.as_i64().or_else(|| of_fraction().map(|seconds| seconds as i64))
}

/// Replace a key
///
/// Makes a key of the same name that allows the same; the old one is accepted for a while longer, so that whoever uses it
/// can take the new one in their own time. The answer has the text of the new key, which is shown this once.
#[utoipa::path(post, path = "/v1/keys/{id}/rotate", tag = "access", request_body = Option<RotationBody>,
    params(("id" = String, Path, description = "The id of the key", format = "uuid")),
    responses((status = CREATED, description = "The new key", body = NewKeyAnswer,
                  headers(("location" = String, description = "The path of the new key"))),
              RotationProblems))]
pub(crate) async fn rotate_key(
    State(state): State<SharedState>,
    KeysAdmin(admitted): KeysAdmin,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    ReportQuery::parse(query.as_deref(), &ReportQuery::NOTHING)?;
    let id = key_id(path)?;
    let RotationBody { overlap_seconds, expires_after } = RotationBody::read(body)?;
    let key = state.store.key(id, &admitted.extent).await?.ok_or_else(|| unknown(&id.to_string()))?;
    // Whoever gets the text of a key can do what it allows.
    may_give(&admitted.caller, &admitted.extent, &key.grants)?;
    let (now, text) = (state.clock.now(), NewKey::random());
    let rotation =
        KeyRotation { hash: text.hash(), expires_at: expires_after.end(now), old_expires_at: now + overlap_seconds };
    let address = Some(admitted.address);
    let rotated = state.store.rotate_key(id, rotation, &admitted.extent, &admitted.caller, address, now).await?;
    match rotated.ok_or_else(|| unknown(&id.to_string()))? {
        RotatedKey::Replaced { old, new } => Ok(NewKeyAnswer::created(new, text.expose(), Some(old), now)),
        RotatedKey::NotActive(key) => Err(not_active(&format!("is {}", key.state(now).as_str()))),
        RotatedKey::ReplacedBefore(_) => Err(not_active("was replaced before")),
    }
}

fn not_active(what: &str) -> Problem {
    Problem::new(ProblemKind::KeyNotActive, format!("the key {what}; nothing was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        let whole = |text: &str| whole(&serde_json::from_str(text).expect("a number"));
        assert_eq!([whole("60"), whole("60.0"), whole("-1"), whole("1e2")], [Some(60), Some(60), Some(-1), Some(100)]);
        for text in ["0.5", "1e300", "18446744073709551615"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }
}
