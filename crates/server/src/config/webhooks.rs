use serde::Deserialize;

/// `[webhooks]`: where events may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksConfig {
    /// Whether this instance sends what is due; what none sends waits.
    pub send: bool,
    /// Send without TLS, and to addresses that only this machine or its network can reach. Whoever may make webhooks can then
    /// have the service ask anything that it can reach.
    pub allow_http_and_private: bool,
}

impl Default for WebhooksConfig {
    fn default() -> Self {
        Self { send: true, allow_http_and_private: false }
    }
}
