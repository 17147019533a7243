use axum::http::HeaderMap;

use crate::http::format::{Format, weight_where_named};

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
        let weight = |media_type: &str| weight_where_named(headers, media_type);
        let lists = Format::TABULAR.map(Format::media_type);
        match weight("text/event-stream") {
            Some(stream) if stream > 0 && lists.iter().all(|list| stream >= weight(list).unwrap_or_default()) => {
                Self::Stream
            }
            _ => Self::List,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

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
            "text/event-stream;q=much",
            "text/event-stream;q=0.499, application/json;q=0.5",
            "text/event-stream;q=0.9, text/csv",
        ] {
            assert_eq!(asked_for(list), Representation::List, "{list}");
        }
        assert_eq!(Representation::asked_for(&HeaderMap::new()), Representation::List);
    }
}
