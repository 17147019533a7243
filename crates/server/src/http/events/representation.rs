use axum::http::{HeaderMap, header};

use crate::http::format::Format;

/// In which form events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Representation {
    /// A page of the log.
    List,
    /// A stream that goes on.
    Stream,
}

impl Representation {
    /// A stream goes to those alone who name it and prefer nothing else: whoever takes anything gets a page that ends.
    pub(super) fn asked_for(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let accepted: Vec<(String, u16)> = accepted.flat_map(|value| value.split(',')).map(range).collect();
        let weight = |name: &str| accepted.iter().filter(|(range, _)| range == name).map(|(_, weight)| *weight).max();
        let lists = Format::TABULAR.map(Format::media_type);
        match weight("text/event-stream") {
            Some(stream) if stream > 0 && lists.iter().all(|list| stream >= weight(list).unwrap_or_default()) => {
                Self::Stream
            }
            _ => Self::List,
        }
    }
}

/// A media range, and its weight in thousandths (RFC 9110, section 12.5.1).
fn range(text: &str) -> (String, u16) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (name, weight.map_or(1000, thousandths))
}

/// `0.5` is 500. What is no weight counts as none, which is the whole.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction:0<3}");
    let is_weight = fraction.len() <= 3 && digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|weight| is_weight && *weight <= 1000).unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_stream_goes_to_those_who_name_it_and_prefer_nothing_else() {
        let asked_for = |accept: &'static str| {
            Representation::asked_for(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
        };
        for stream in [
            "text/event-stream",
            "Text/Event-Stream;charset=utf-8",
            "application/json;q=0.5, text/event-stream;q=0.9",
            "*/*, text/event-stream",
        ] {
            assert_eq!(asked_for(stream), Representation::Stream, "{stream}");
        }
        for list in [
            "",
            "*/*",
            "application/json",
            "text/html",
            "text/event-stream;q=0",
            "text/event-stream;q=0.499, application/json;q=0.5",
            "text/event-stream;q=0.9, text/csv",
        ] {
            assert_eq!(asked_for(list), Representation::List, "{list}");
        }
        assert_eq!(Representation::asked_for(&HeaderMap::new()), Representation::List);
    }

    #[test]
    fn a_weight_has_up_to_three_digits_behind_the_point() {
        let read = ["0", "1", "0.5", "1.000", "0.25", "x", "2", "0.1234", ""].map(thousandths);
        assert_eq!(read, [0, 1000, 500, 1000, 250, 1000, 1000, 1000, 1000]);
    }
}
