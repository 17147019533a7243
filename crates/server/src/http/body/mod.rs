//! JSON bodies read field by field: a field is known or it is refused, and all faults of a body are found in one go.

mod fields;
mod unique;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::grammar::{Fault, Faults, shown};
use super::problem::{Problem, ProblemKind};
pub(crate) use fields::{Fields, wrong_kind};

/// No body that is taken here is longer.
const LONGEST_BYTES: usize = 64 * 1024;

/// The fields of a body that is a JSON object. No body at all, or `null`, is an object without fields.
#[derive(Debug, Default)]
pub(crate) struct JsonObject {
    fields: Map<String, Value>,
    /// The places of fields that are there more than once.
    repeated: Vec<String>,
}

impl JsonObject {
    /// Begins reading; fields that are not among the known ones, or there twice, go to the faults.
    pub(crate) fn fields(self, known: &[&str], faults: &mut Faults) -> Fields {
        for place in &self.repeated {
            faults.push(fault(place, format!("`{}` is there more than once; write it once", shown(place))));
        }
        Fields::new(None, self.fields, known, faults)
    }

    /// A body that was sent.
    #[cfg(test)]
    pub(crate) fn of(value: Value) -> Self {
        Self::read(value.to_string().as_bytes()).expect("an object")
    }

    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        match unique::read(bytes) {
            Ok((Value::Object(fields), repeated)) => Ok(Self { fields, repeated }),
            Ok((Value::Null, _)) => Ok(Self::default()),
            Ok(_) => Err(Problem::new(ProblemKind::InvalidBody, "the body is not a JSON object, such as `{}`")),
            Err(error) => Err(Problem::new(ProblemKind::InvalidBody, format!("the body is not JSON: {error}"))),
        }
    }
}

/// A fault of a field.
pub(crate) fn fault(field: &str, detail: impl Into<String>) -> Fault {
    Fault::new(ProblemKind::InvalidBody, field, detail)
}

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => too_large(),
            _ => Problem::new(ProblemKind::InvalidBody, "the body ended before it was complete"),
        })?;
        if bytes.len() > LONGEST_BYTES {
            return Err(too_large());
        }
        if !bytes.is_empty() && !is_json {
            let detail = "the body is not said to be JSON; send JSON, with `Content-Type: application/json`";
            return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
        }
        Self::read(&bytes)
    }
}

fn too_large() -> Problem {
    Problem::new(ProblemKind::BodyTooLarge, format!("the body is too large: at most {LONGEST_BYTES} bytes are read"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn read(content_type: &str, body: impl Into<Body>) -> Result<JsonObject, ProblemKind> {
        let request = Request::post("/").header(header::CONTENT_TYPE, content_type).body(body.into());
        let object = JsonObject::from_request(request.expect("a request"), &()).await;
        object.map_err(|problem| problem.kind())
    }

    #[tokio::test]
    async fn a_body_is_a_json_object_or_nothing() {
        assert!(read("application/json; charset=utf-8", "{\"a\": 1}").await.is_ok());
        assert!(read("", "").await.is_ok());
        assert!(read("application/json", "null").await.is_ok());
        for wrong in ["[]", "7", "{", "{\"a\": 1}}", "\u{feff}{}", &"[".repeat(10_000)] {
            assert_eq!(
                read("application/json", wrong.to_owned()).await.err(),
                Some(ProblemKind::InvalidBody),
                "{wrong}"
            );
        }
        assert_eq!(read("application/json", vec![0xff]).await.err(), Some(ProblemKind::InvalidBody));
        assert_eq!(read("text/plain", "{}").await.err(), Some(ProblemKind::UnsupportedMediaType));
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(LONGEST_BYTES));
        assert_eq!(read("application/json", long).await.err(), Some(ProblemKind::BodyTooLarge));
    }

    #[test]
    fn every_fault_of_a_body_is_found_in_one_go() {
        let object = JsonObject::read(b"{\"nmae\": 1, \"count\": \"x\"}").expect("an object");
        let mut faults = Faults::default();
        let mut fields = object.fields(&["name", "count"], &mut faults);
        assert_eq!(fields.require::<String>("name", &mut faults), None);
        assert_eq!(fields.take::<bool>("count", &mut faults), None);
        let found: Vec<(String, Option<String>)> =
            faults.into_vec().into_iter().map(|fault| (fault.parameter, fault.did_you_mean)).collect();
        let expected = [("nmae", Some("name")), ("name", None), ("count", None)];
        assert_eq!(found, expected.map(|(name, near)| (name.to_owned(), near.map(str::to_owned))));
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused_wherever_it_is() {
        let object = JsonObject::read(br#"{"a": 1, "b": [{"c": 1, "c": 1}, 2], "a": 1, "d": {"e": {}, "e": {}}}"#);
        let mut faults = Faults::default();
        object.expect("an object").fields(&["a", "b", "d"], &mut faults);
        let places: Vec<String> = faults.into_vec().into_iter().map(|fault| fault.parameter).collect();
        assert_eq!(places, ["b[0].c", "a", "d.e"]);
    }
}
