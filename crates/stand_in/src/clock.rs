//! The only place that reads the clock. What a stand-in does with time can be watched and never changes a figure, so that
//! nobody has to hand it one.

use chrono::{DateTime, Utc};

/// The machine's time, in UTC.
#[expect(clippy::disallowed_methods, reason = "this is the one source of the current time")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A moment as AWS's JSON protocol writes it: seconds since 1970, with milliseconds.
pub(crate) fn epoch_seconds(moment: DateTime<Utc>) -> serde_json::Value {
    let millis = moment.timestamp_millis();
    let text = format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000));
    // Digits and a point: always a number.
    serde_json::from_str(&text).unwrap_or(serde_json::Value::Null)
}
