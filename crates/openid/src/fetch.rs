//! Requests to the provider: no redirects, bounded time, bounded answers.

use std::sync::Arc;
use std::time::Duration;

use oauth2::{HttpRequest, HttpResponse};
use reqwest::header::{CACHE_CONTROL, HeaderMap};
use reqwest::{Client, Request, Response, redirect};
use serde::de::DeserializeOwned;
use url::Url;

use crate::address::is_loopback;
use crate::{FetchError, OpenidError, OpenidOptions};

/// Discovery documents and key sets have a few kilobytes; more than this is a mistake or malice.
const LONGEST_BODY: usize = 1024 * 1024;

/// A document, and for how long its publisher says that it may be kept.
pub(crate) struct Fetched<T> {
    pub(crate) document: T,
    pub(crate) max_age: Option<Duration>,
}

pub(crate) fn client(options: &OpenidOptions) -> Result<Client, OpenidError> {
    let mut builder = Client::builder()
        .user_agent("chargeback")
        .timeout(options.http_timeout)
        .connect_timeout(options.http_timeout)
        // A redirect could lead anywhere, with our secret in the request.
        .redirect(redirect::Policy::none());
    builder = match is_loopback(&options.issuer) {
        // A proxy would look for the provider on its own machine.
        true => builder.no_proxy(),
        false => builder.https_only(true),
    };
    builder.build().map_err(OpenidError::HttpClient)
}

/// Reads the JSON document at `url`.
pub(crate) async fn get<T: DeserializeOwned>(client: &Client, url: &Url) -> Result<Fetched<T>, FetchError> {
    let response = client.get(url.clone()).send().await.map_err(|error| unreachable(url, error))?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(FetchError::Status { url: url.clone(), status: response.status().as_u16() });
    }
    let max_age = max_age(response.headers());
    let body = read_body(response, url).await?;
    let document = serde_json::from_slice(&body).map_err(|_| FetchError::NotTheDocument { url: url.clone() })?;
    Ok(Fetched { document, max_age })
}

/// Sends a request that the `oauth2` crate has made. What is not the request's fault is an error, the rest is for that
/// crate to read.
pub(crate) async fn send(client: &Client, url: &Url, request: HttpRequest) -> Result<HttpResponse, FetchError> {
    let request = Request::try_from(request).map_err(|error| unreachable(url, error))?;
    let response = client.execute(request).await.map_err(|error| unreachable(url, error))?;
    let status = response.status();
    if !(status.is_success() || status.is_client_error()) || status.as_u16() == 429 {
        return Err(FetchError::Status { url: url.clone(), status: status.as_u16() });
    }
    let headers = response.headers().clone();
    let mut answer = HttpResponse::new(read_body(response, url).await?);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

async fn read_body(mut response: Response, url: &Url) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(url, error))? {
        if body.len() + chunk.len() > LONGEST_BODY {
            return Err(FetchError::TooLarge { url: url.clone() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The address is in the sentence already, once.
fn unreachable(url: &Url, error: reqwest::Error) -> FetchError {
    FetchError::Unreachable { url: url.clone(), source: Arc::new(error.without_url()) }
}

/// <https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2>. What must not be kept is read as zero seconds.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<String> = values.flat_map(|value| value.split(',')).map(normalized).collect();
    if directives.iter().any(|directive| directive == "no-store" || directive == "no-cache") {
        return Some(Duration::ZERO);
    }
    let seconds = directives.iter().find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())?;
    Some(Duration::from_secs(seconds))
}

fn normalized(directive: &str) -> String {
    directive.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_publisher_says_how_long_a_document_is_fresh() {
        let said = |value: &'static str| {
            max_age(&HeaderMap::from_iter([(CACHE_CONTROL, value.parse().unwrap())])).map(|age| age.as_secs())
        };
        assert_eq!(said("public, max-age=19427, must-revalidate"), Some(19427));
        assert_eq!(said("Max-Age=60"), Some(60));
        assert_eq!(said("no-store, max-age=60"), Some(0));
        assert_eq!(said("max-age=soon"), None);
        assert_eq!(said("private"), None);
        assert_eq!(max_age(&HeaderMap::new()), None);
    }
}
