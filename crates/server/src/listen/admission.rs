//! At most so many connections at once. More wait in the queue of the operating system, where they cost no file and no
//! memory of ours, until one ends: closing them at once would turn away the supervisor that asks for our health too.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The other end of an admitted connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(SocketAddr);

impl Address for Peer {
    type Stream = Admitted;
    type Listener = Admission;
}

impl Connected<Peer> for SocketAddr {
    fn connect_info(peer: Peer) -> Self {
        peer.0
    }
}

/// Listens, and admits a connection when there is a place for it.
#[derive(Debug)]
pub(super) struct Admission {
    listener: TcpListener,
    places: Arc<Semaphore>,
    full: AtomicBool,
}

impl Admission {
    pub(super) fn new(listener: TcpListener, max_connections: NonZeroUsize) -> Self {
        let places = Arc::new(Semaphore::new(max_connections.get().min(Semaphore::MAX_PERMITS)));
        Self { listener, places, full: AtomicBool::new(false) }
    }

    async fn place(&self) -> io::Result<OwnedSemaphorePermit> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            self.full.store(false, Ordering::Relaxed);
            return Ok(place);
        }
        if !self.full.swap(true, Ordering::Relaxed) {
            tracing::warn!("`[server] max_connections` is reached: more connections wait until one ends");
        }
        self.places.clone().acquire_owned().await.map_err(io::Error::other)
    }
}

impl AddrListener<Admitted, Peer> for Admission {
    async fn bind_to(peer: Peer) -> io::Result<Self> {
        Ok(Self::new(TcpListener::bind(peer.0).await?, NonZeroUsize::MAX))
    }

    async fn accept_stream(&self) -> io::Result<(Admitted, Peer)> {
        let place = self.place().await?;
        let (stream, address) = self.listener.accept().await?;
        // Where it is refused the connection is about to end anyway, and its first read says so.
        stream.set_nodelay(true).ok();
        Ok((Admitted { stream, _place: place }, Peer(address)))
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        self.listener.local_addr().map(Peer)
    }
}

/// A connection, and the place that it takes until it is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Admitted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Admitted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
