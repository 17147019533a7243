//! One request to a receiver: to an address that was looked at, without redirects, in bounded time, with a bounded answer.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Client, Response, redirect};
use store::webhooks::DueDelivery;

use super::address::is_public;
use super::secret::signatures;
use super::target::Target;
use crate::refresh::sentence;

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// A receiver that takes longer should take the message first and work on it afterwards.
const LONGEST: Duration = Duration::from_secs(15);
/// As much of an answer is read, and kept to say what was wrong.
const LONGEST_ANSWER: usize = 4 * 1024;
const GONE: u16 = 410;

/// What sends messages. Clones share it.
#[derive(Clone, Debug)]
pub struct WebhookClient {
    client: Client,
    allow_http_and_private: bool,
}

/// Why a message could not be sent, as a sentence for whoever has the webhook.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is not one that messages are sent to, or not any more.
    #[error("nothing is sent to this address: {0}")]
    Target(String),
    /// The address is not for everybody.
    #[error("{0}")]
    Private(#[from] PrivateAddress),
    /// There was no answer.
    #[error("{0}")]
    Unreachable(String),
    /// The client cannot be made.
    #[error("the client for webhooks cannot be made")]
    Client(#[source] reqwest::Error),
}

/// An address that only this machine or its network can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the host is at an address that is not public, where nothing is sent to; `[webhooks] allow_http_and_private` would allow it"
)]
pub struct PrivateAddress;

/// What a receiver answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) beginning: String,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn is_gone(&self) -> bool {
        self.status == GONE
    }

    pub(super) fn failure(&self) -> Option<String> {
        (!self.is_success()).then(|| match self.status {
            300..400 => format!("the receiver answered {}; redirects are not followed", self.status),
            status => format!("the receiver answered {status}"),
        })
    }
}

impl WebhookClient {
    /// A client that sends to public addresses by https; anywhere, and without TLS, only where that is allowed.
    ///
    /// # Errors
    /// Where the system has no certificates to trust.
    pub fn new(allow_http_and_private: bool) -> Result<Self, ClientError> {
        let client = Client::builder()
            .user_agent(concat!("chargeback/", env!("CARGO_PKG_VERSION")))
            .timeout(LONGEST)
            .redirect(redirect::Policy::none())
            // A proxy would look hosts up by itself.
            .no_proxy()
            .https_only(!allow_http_and_private)
            // Each message is sent to an address that was looked at for it.
            .pool_max_idle_per_host(0)
            .dns_resolver(Resolver { allow_private: allow_http_and_private })
            .build()
            .map_err(ClientError::Client)?;
        Ok(Self { client, allow_http_and_private })
    }

    /// Sends a message, signed at this time.
    pub(super) async fn send(
        &self,
        delivery: &DueDelivery,
        body: &str,
        at: DateTime<Utc>,
    ) -> Result<Answer, ClientError> {
        // What was allowed when the webhook was made may not be any more.
        let target = Target::parse(&delivery.url, self.allow_http_and_private);
        let target = target.map_err(|error| ClientError::Target(error.to_string()))?;
        if target.is_private_address() && !self.allow_http_and_private {
            return Err(PrivateAddress.into());
        }
        let message_id = delivery.message_id.to_string();
        let keys = [Some(&delivery.secret), delivery.previous_secret.as_ref()];
        let signatures = signatures(keys.into_iter().flatten().map(Vec::as_slice), &message_id, at, body);
        let request = self
            .client
            .post(target.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .header(WEBHOOK_ID, message_id)
            .header(WEBHOOK_TIMESTAMP, at.timestamp().to_string())
            .header(WEBHOOK_SIGNATURE, signatures)
            .body(body.to_owned());
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        Ok(Answer { status, beginning: beginning(&mut response).await })
    }
}

/// The beginning of what was answered. The status counts, whatever becomes of the rest.
async fn beginning(response: &mut Response) -> String {
    let mut read = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = LONGEST_ANSWER - read.len();
        read.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if read.len() == LONGEST_ANSWER {
            break;
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

fn unreachable(error: reqwest::Error) -> ClientError {
    if is_private(&error) {
        return PrivateAddress.into();
    }
    let what =
        if error.is_timeout() { "the receiver did not answer in time" } else { "the receiver cannot be reached" };
    ClientError::Unreachable(format!("{what}: {}", sentence(&error.without_url())))
}

fn is_private(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<PrivateAddress>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Looks hosts up, and gives nothing where any of their addresses is not for everybody: what is connected to is what was
/// looked at.
#[derive(Clone, Copy, Debug)]
struct Resolver {
    allow_private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !allow_private && !found.iter().all(|address| is_public(address.ip())) {
                return Err(PrivateAddress.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_at_a_private_address_is_not_found() {
        let look_up = async |allow_private| {
            let name: Name = "localhost".parse().expect("a name");
            Resolver { allow_private }.resolve(name).await.map(Iterator::count)
        };
        assert!(look_up(true).await.expect("this machine") > 0);
        let refused = look_up(false).await.expect_err("this machine");
        assert!(refused.is::<PrivateAddress>(), "{refused}");
    }
}
