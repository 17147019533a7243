//! The `Accept` header (RFC 9110, section 12.5.1).

use std::cmp::Reverse;

use axum::http::{HeaderMap, header};

use super::Format;

/// How exactly a range names a media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exactness {
    Anything,
    Type,
    Named,
}

/// A media range with its weight, in thousandths.
struct Range<'h> {
    kind: &'h str,
    subtype: &'h str,
    weight: u16,
}

/// The formats that a request takes, the dearest first. Of two that are as dear, the one that is named comes before what any
/// range includes; then JSON comes first.
pub(crate) fn preferences(headers: &HeaderMap) -> Vec<Format> {
    let ranges: Vec<Range<'_>> = ranges(headers).collect();
    if ranges.is_empty() {
        return Format::ALL.to_vec();
    }
    let weighed = Format::ALL.into_iter().filter_map(|format| {
        let (exactness, weight) = weight_of(format, &ranges)?;
        (weight > 0).then_some((Reverse((weight, exactness)), format))
    });
    let mut weighed: Vec<_> = weighed.collect();
    weighed.sort_by_key(|(order, _)| *order);
    weighed.into_iter().map(|(_, format)| format).collect()
}

/// How dear a media type is to whoever names it, in thousandths; `None` where it is not named, whatever a range includes.
pub(crate) fn weight_where_named(headers: &HeaderMap, media_type: &str) -> Option<u16> {
    let named = ranges(headers).filter(|range| range.exactness_for(media_type) == Some(Exactness::Named));
    named.map(|range| range.weight).max()
}

/// What the headers list. What is no media range says nothing.
fn ranges(headers: &HeaderMap) -> impl Iterator<Item = Range<'_>> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(Range::read)
}

/// The range that names a format most exactly decides about it.
fn weight_of(format: Format, ranges: &[Range<'_>]) -> Option<(Exactness, u16)> {
    let matching = ranges.iter().filter_map(|range| Some((range.exactness_for(format.media_type())?, range.weight)));
    matching.max()
}

impl<'h> Range<'h> {
    fn read(text: &'h str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
        });
        Some(Self { kind, subtype, weight: weight.unwrap_or(1000) })
    }

    fn exactness_for(&self, media_type: &str) -> Option<Exactness> {
        let (kind, subtype) = media_type.split_once('/')?;
        match (self.kind, self.subtype) {
            ("*", "*") => Some(Exactness::Anything),
            (asked, "*") if asked.eq_ignore_ascii_case(kind) => Some(Exactness::Type),
            (asked, exactly) if asked.eq_ignore_ascii_case(kind) && exactly.eq_ignore_ascii_case(subtype) => {
                Some(Exactness::Named)
            }
            _ => None,
        }
    }
}

/// A weight from 0 to 1 with at most three places. What is none is taken for 0: something that cannot be understood is not
/// given to somebody who may not want it.
pub(crate) fn thousandths(text: &str) -> u16 {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = places.len() <= 3 && places.bytes().all(|byte| byte.is_ascii_digit());
    match (whole, format!("{places:0<3}").parse::<u16>()) {
        ("1", Ok(0)) if digits => 1000,
        ("0", Ok(places)) if digits => places,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn first(accept: &str) -> Option<Format> {
        let accept = HeaderValue::from_str(accept).expect("a header");
        preferences(&HeaderMap::from_iter([(header::ACCEPT, accept)])).first().copied()
    }

    #[test]
    fn who_says_nothing_or_takes_anything_is_given_json() {
        assert_eq!(preferences(&HeaderMap::new()), Format::ALL);
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for accept in
            ["*/*", "application/*", "application/json, text/plain, */*", "text/csv, application/json", browser]
        {
            assert_eq!(first(accept), Some(Format::Json), "{accept}");
        }
    }

    #[test]
    fn the_dearest_comes_first_and_what_is_named_before_what_is_included() {
        for (accept, format) in [
            ("text/csv", Format::Csv),
            ("TEXT/CSV; charset=utf-8", Format::Csv),
            ("text/*", Format::Csv),
            ("text/csv, */*", Format::Csv),
            ("application/json;q=0.5, text/csv;q=0.8", Format::Csv),
            ("application/x-ndjson, application/json;q=0.9", Format::Ndjson),
            ("application/vnd.apache.parquet", Format::Parquet),
            ("*/*;q=0.1, application/json;q=0, text/csv;q=0, application/x-ndjson;q=0", Format::Parquet),
            ("application/*, application/json;q=0.001, application/x-ndjson;q=0.002", Format::Parquet),
        ] {
            assert_eq!(first(accept), Some(format), "{accept}");
        }
    }

    #[test]
    fn what_has_no_weight_is_not_taken() {
        for accept in ["text/html", "application/json;q=0", "*/*;q=0", "application/json;q=2", "text/csv;q=0.1234"] {
            assert_eq!(first(accept), None, "{accept}");
        }
        assert_eq!(first("json"), Some(Format::Json), "who names no media type has said nothing");
    }

    #[test]
    fn several_headers_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(header::ACCEPT, HeaderValue::from_static("text/csv;q=0.5"));
        headers.append(header::ACCEPT, HeaderValue::from_static("application/json;q=0.4"));
        assert_eq!(preferences(&headers), [Format::Csv, Format::Json]);
    }
}
