//! Clients that write their requests themselves, byte by byte where that is the point.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("the sending");
    }

    /// Asks for `/` and reads the whole answer, whose length must be given.
    pub(crate) async fn ask(&mut self) -> String {
        self.ask_with("").await
    }

    /// With more fields in the head, each ending in `\r\n`.
    pub(crate) async fn ask_with(&mut self, fields: &str) -> String {
        self.send(&format!("GET / HTTP/1.1\r\nHost: here\r\n{fields}\r\n")).await;
        self.answer().await
    }

    pub(crate) async fn answer(&mut self) -> String {
        tokio::time::timeout(PATIENCE, self.read_answer()).await.expect("an answer in time")
    }

    async fn read_answer(&mut self) -> String {
        let mut answer = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                let length: usize = length.expect("a length").parse().expect("a number");
                if body.len() >= length {
                    return text.into_owned();
                }
            }
            let read = self.0.read_buf(&mut answer).await.expect("an answer");
            assert_ne!(read, 0, "the connection ended: {}", String::from_utf8_lossy(&answer));
        }
    }

    /// How long it takes until the other side ends the connection, and what it says before.
    pub(crate) async fn until_cut_off(&mut self) -> (Duration, String) {
        let begin = Instant::now();
        let mut said = Vec::new();
        // A connection that is cut with bytes of ours unread is reset: that is an end as well.
        let ended = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut said)).await;
        let _ = ended.expect("the connection is cut off in time");
        (begin.elapsed(), String::from_utf8_lossy(&said).into_owned())
    }
}

pub(crate) fn milliseconds(from: u64, to: u64) -> std::ops::Range<Duration> {
    Duration::from_millis(from)..Duration::from_millis(to)
}
