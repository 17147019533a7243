//! Any credentials will do: nobody here knows their secrets, so a signature is taken off rather than checked.
//!
//! With it goes the framing that a signed upload comes in
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::HeaderValue;

/// The request as it would be without a signature.
pub(super) async fn unsigned(request: Request) -> Result<Request, String> {
    let (mut parts, body) = request.into_parts();
    parts.headers.remove("authorization");
    parts.headers.remove("x-amz-security-token");
    let content = parts.headers.remove("x-amz-content-sha256");
    if !content.is_some_and(|content| content.as_bytes().starts_with(b"STREAMING-")) {
        return Ok(Request::from_parts(parts, body));
    }
    let framed = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
    let content = without_frames(&framed).ok_or("the body is not in aws-chunked frames")?;
    for name in ["x-amz-trailer", "x-amz-decoded-content-length", "transfer-encoding"] {
        parts.headers.remove(name);
    }
    let encoding = parts.headers.remove("content-encoding").and_then(|value| value.to_str().ok().map(str::to_owned));
    let kept = encoding.map(|encoding| encoding.replace("aws-chunked", "").trim_matches([',', ' ']).to_owned());
    if let Some(value) = kept.filter(|kept| !kept.is_empty()).and_then(|kept| HeaderValue::from_str(&kept).ok()) {
        parts.headers.insert("content-encoding", value);
    }
    parts.headers.insert("content-length", HeaderValue::from(content.len()));
    Ok(Request::from_parts(parts, Body::from(content)))
}

/// The content of frames `<size in hex>[;chunk-signature=…]\r\n<content>\r\n`, the last of which is empty.
fn without_frames(mut framed: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::with_capacity(framed.len());
    loop {
        let end = framed.windows(2).position(|pair| pair == b"\r\n")?;
        let head = std::str::from_utf8(&framed[..end]).ok()?;
        let size = usize::from_str_radix(head.split(';').next()?, 16).ok()?;
        if size == 0 {
            return Some(content);
        }
        let rest = &framed[end + 2..];
        content.extend_from_slice(rest.get(..size)?);
        framed = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::without_frames;

    #[test]
    fn frames_are_taken_off() {
        let framed = b"4;chunk-signature=00\r\nab\r\n\r\n2\r\ncd\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        assert_eq!(without_frames(framed).unwrap(), b"ab\r\ncd");
        assert!(without_frames(b"5\r\nab").is_none());
    }
}
