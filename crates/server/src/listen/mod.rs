//! The network side of the service: connections, TLS, and who is at the other end.
//!
//! [`serve_http`] serves a router so that no client can hold it up: heads, bodies and answers have their time
//! ([`Timeouts`]), connections their number, and a stop ends in bounded time. `exposure` keeps it from strangers by
//! default; [`client_address`] says where a request comes from, and believes only proxies that are trusted.

mod admission;
pub mod client_address;
pub(crate) mod exposure;
mod forwarded;
pub(crate) mod open_files;
mod patience;
mod timeouts;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum_server::accept::DefaultAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Handle, Server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::timeout::RequestBodyTimeoutLayer;

use self::admission::{Admission, Peer};
use self::client_address::{TrustedProxies, add_client_address};
use self::patience::Patience;
pub use self::timeouts::Timeouts;
pub use self::tls::{Certificates, TlsError};
use crate::config::ServerConfig;

/// The head of a request may be this long, so that a token of a megabyte is refused by us, in our words, and not by the
/// HTTP library. More is answered with 431, and so is a head with more than 100 fields, the library's own limit.
pub const HEAD_BYTES: usize = 1280 * 1024;

/// How connections are served.
#[derive(Clone, Debug)]
pub struct Listening {
    /// HTTPS; plain HTTP where there is none.
    pub tls: Option<Certificates>,
    /// Whose word is taken on where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// Connections at once; more wait.
    pub max_connections: NonZeroUsize,
    /// How long a connection may keep us waiting.
    pub timeouts: Timeouts,
}

impl Listening {
    /// What `[server]` asks for.
    ///
    /// # Errors
    /// Where the certificate cannot be used.
    pub async fn from_config(config: &ServerConfig) -> Result<Self, TlsError> {
        let tls = match &config.tls {
            Some(tls) => Some(Certificates::read(tls.certificate.relative(), tls.key.relative()).await?),
            None => None,
        };
        Ok(Self {
            tls,
            trusted_proxies: TrustedProxies::new(&config.trusted_proxies),
            max_connections: config.max_connections,
            timeouts: Timeouts::default(),
        })
    }
}

/// Serves the router until told to stop; then accepts nothing more, lets requests in flight end for
/// [`Timeouts::drain`], and cuts off those that have not. Each request carries its
/// [`ClientAddress`](client_address::ClientAddress).
///
/// # Errors
/// Where connections cannot be accepted at all.
pub async fn serve_http(
    listener: TcpListener,
    router: Router,
    listening: Listening,
    stop: CancellationToken,
) -> io::Result<()> {
    let Listening { tls, trusted_proxies, max_connections, timeouts } = listening;
    let router = router
        .layer(RequestBodyTimeoutLayer::new(timeouts.body))
        .layer(from_fn_with_state(trusted_proxies, add_client_address));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    let server = server(Admission::new(listener, max_connections), &timeouts).handle(handle.clone());
    let (head, write) = (timeouts.head, timeouts.write);
    let served = async {
        match tls {
            None => server.acceptor(Patience { inner: DefaultAcceptor::new(), head, write }).serve(service).await,
            Some(certificates) => {
                let inner = RustlsAcceptor::new(certificates.config).handshake_timeout(timeouts.handshake);
                server.acceptor(Patience { inner, head, write }).serve(service).await
            }
        }
    };
    tokio::pin!(served);
    tokio::select! {
        ended = &mut served => return ended,
        () = stop.cancelled() => {}
    }
    handle.graceful_shutdown(Some(timeouts.drain));
    served.await
}

fn server(listener: Admission, timeouts: &Timeouts) -> Server<Peer> {
    let mut server = Server::from_listener(listener).http1_only().accept_error_handler(note_failure);
    server.http_builder().http1().header_read_timeout(timeouts.idle).max_buf_size(HEAD_BYTES);
    server
}

/// A connection that comes to nothing is the client's affair; that none can be accepted is ours.
fn note_failure(peer: Option<&Peer>, error: &io::Error) {
    match peer {
        Some(peer) => tracing::debug!(?peer, %error, "a connection was not established"),
        None => tracing::warn!(%error, "a connection cannot be accepted"),
    }
}
