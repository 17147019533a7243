//! Which bytes of a file a request asks for (RFC 9110, section 14).

use std::ops::Range;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use http_range_header::parse_range_header;

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it.
    Whole,
    /// These bytes, which are not all.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Beyond,
}

impl Asked {
    /// What a request asks for of a file of this many bytes with this tag. Whoever has begun with another file is sent all of
    /// this one; several ranges at once are answered with all of it, as a header that makes no sense is.
    pub(super) fn read(method: &Method, headers: &HeaderMap, tag: &HeaderValue, bytes: u64) -> Self {
        let range = headers.get(header::RANGE).filter(|_| method == Method::GET);
        let is_of_this = headers.get(header::IF_RANGE).is_none_or(|begun_with| begun_with == tag);
        let Some(range) = range.filter(|_| is_of_this).and_then(|range| range.to_str().ok()) else {
            return Self::Whole;
        };
        let Ok(parsed) = parse_range_header(range) else { return Self::Whole };
        match parsed.validate(bytes) {
            Ok(ranges) => match ranges.as_slice() {
                [one] => Self::Part(*one.start()..*one.end() + 1),
                _ => Self::Whole,
            },
            Err(_) => Self::Beyond,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &'static str, if_range: Option<&'static str>) -> Asked {
        let mut headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static(range))]);
        headers.extend(if_range.map(|tag| (header::IF_RANGE, HeaderValue::from_static(tag))));
        Asked::read(&Method::GET, &headers, &HeaderValue::from_static("\"tag\""), 1000)
    }

    #[test]
    fn one_range_is_a_part_and_what_is_not_there_is_said() {
        for (range, expected) in [
            ("bytes=0-99", Asked::Part(0..100)),
            ("bytes=900-", Asked::Part(900..1000)),
            ("bytes=-1", Asked::Part(999..1000)),
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=999-2000", Asked::Part(999..1000)),
            ("bytes=1000-", Asked::Beyond),
            ("bytes=0-1,5-6", Asked::Whole),
            ("lines=0-1", Asked::Whole),
            ("bytes=x", Asked::Whole),
        ] {
            assert_eq!(asked(range, None), expected, "{range}");
        }
    }

    #[test]
    fn whoever_began_with_another_file_is_sent_all_of_this_one() {
        assert_eq!(asked("bytes=5-", Some("\"tag\"")), Asked::Part(5..1000));
        assert_eq!(asked("bytes=5-", Some("\"other\"")), Asked::Whole);
    }

    #[test]
    fn head_knows_no_ranges() {
        let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=0-1"))]);
        assert_eq!(Asked::read(&Method::HEAD, &headers, &HeaderValue::from_static("\"tag\""), 9), Asked::Whole);
    }
}
