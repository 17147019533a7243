use std::time::Duration;

/// How long a connection may keep the service waiting. The defaults hold wherever the service runs; tests are shorter.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For the head of a request, from its first byte; a connection that has just been made has as long.
    pub head: Duration,
    /// Between two requests. Longer than the 60 seconds after which load balancers usually give a connection up, so
    /// that none sends a request into one that is just being closed.
    pub idle: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// Between two pieces of a request's body. The whole request has a limit of its own, in `http::middleware`.
    pub body: Duration,
    /// For a client that reads nothing of its answer.
    pub write: Duration,
    /// For requests in flight when the service is told to stop.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            handshake: Duration::from_secs(10),
            body: Duration::from_secs(10),
            write: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}
