//! A router that is served as the binary serves it, with less patience.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use server::listen::client_address::TrustedProxies;
use server::listen::{Listening, Timeouts, serve_http};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) ended: JoinHandle<io::Result<()>>,
}

/// Plain HTTP from everyone, with timeouts that a test can wait for.
pub(crate) fn listening() -> Listening {
    let timeouts = Timeouts {
        head: Duration::from_millis(400),
        idle: Duration::from_millis(1500),
        handshake: Duration::from_millis(400),
        body: Duration::from_millis(400),
        write: Duration::from_millis(600),
        drain: Duration::from_millis(1000),
    };
    let max_connections = NonZeroUsize::new(64).expect("not zero");
    Listening { tls: None, trusted_proxies: TrustedProxies::default(), max_connections, timeouts }
}

pub(crate) async fn serve(router: Router, listening: Listening) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let ended = tokio::spawn(serve_http(listener, router, listening, stop.clone()));
    Served { address, stop, ended }
}

/// An answer without an end; the receiver hears when it is given up.
pub(crate) fn endless() -> (Router, oneshot::Receiver<()>) {
    let (given_up, heard) = oneshot::channel::<()>();
    let guard = Arc::new(Mutex::new(Some(given_up)));
    let answer = move || {
        let guard = guard.lock().expect("a lock").take();
        let piece = move || {
            let _held = &guard;
            Ok::<_, Infallible>(Bytes::from(vec![b'x'; 65536]))
        };
        async move { Body::from_stream(futures::stream::repeat_with(piece)) }
    };
    (Router::new().route("/", get(answer)), heard)
}
