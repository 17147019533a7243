//! Patience with a connection has an end: a head that trickles in, and an answer that is not read.
//!
//! hyper has one timeout from the end of an answer to the end of the next head, so that a connection that may rest for
//! 75 seconds could also take 75 seconds for its head. Here the clock runs from the first byte of a head. hyper reads
//! while a request is worked on too, to notice that the client has gone; then no clock runs.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tokio_io_timeout::TimeoutWriter;
use tower::Service;

/// Gives each connection that `inner` accepts, with or without TLS, its limits of time.
#[derive(Clone, Debug)]
pub(super) struct Patience<A> {
    pub(super) inner: A,
    pub(super) head: Duration,
    pub(super) write: Duration,
}

impl<A, I, S> Accept<I, S> for Patience<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
    A::Stream: AsyncWrite,
{
    type Stream = PatientStream<A::Stream>;
    type Service = Noted<A::Service>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepted = self.inner.accept(stream, service);
        let Self { head, write, .. } = *self;
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            let turns = Turns::default();
            Ok((PatientStream::new(stream, head, write, turns.clone()), Noted { inner: service, turns }))
        })
    }
}

/// Grows when a request begins to be worked on and again when that ends: it is odd meanwhile.
#[derive(Clone, Debug, Default)]
struct Turns(Arc<AtomicU64>);

impl Turns {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn begin(&self) -> Turn {
        self.0.fetch_add(1, Ordering::AcqRel);
        Turn(self.0.clone())
    }
}

struct Turn(Arc<AtomicU64>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// A service that notes when it works.
#[derive(Clone, Debug)]
pub(super) struct Noted<S> {
    inner: S,
    turns: Turns,
}

impl<S, R> Service<R> for Noted<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let turn = self.turns.begin();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let _until_answered = turn;
            answer.await
        })
    }
}

/// A connection on which neither a head nor the reading of an answer takes for ever.
#[derive(Debug)]
pub(super) struct PatientStream<S> {
    // The clocks inside must not move, and the server wants a stream that may.
    stream: Pin<Box<TimeoutWriter<S>>>,
    deadline: Pin<Box<Sleep>>,
    head: Duration,
    /// Whether the deadline holds.
    arriving: bool,
    turns: Turns,
    seen_turns: u64,
}

impl<S: AsyncWrite> PatientStream<S> {
    fn new(stream: S, head: Duration, write: Duration, turns: Turns) -> Self {
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(write));
        let deadline = Box::pin(tokio::time::sleep(head));
        Self { stream: Box::pin(stream), deadline, head, arriving: true, turns, seen_turns: 0 }
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for PatientStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let turns = this.turns.count();
        if turns != this.seen_turns {
            this.seen_turns = turns;
            this.arriving = false;
        }
        let before = buffer.filled().len();
        let read = this.stream.as_mut().poll_read(cx, buffer);
        let at_work = turns % 2 == 1;
        if at_work {
            return read;
        }
        match &read {
            Poll::Ready(Ok(())) if !this.arriving && buffer.filled().len() > before => {
                this.arriving = true;
                this.deadline.as_mut().reset(Instant::now() + this.head);
            }
            Poll::Pending if this.arriving && this.deadline.as_mut().poll(cx).is_ready() => {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            _ => {}
        }
        read
    }
}

impl<S: AsyncWrite> AsyncWrite for PatientStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(cx)
    }
}
