//! A stop lets what is in flight end, and ends in bounded time whatever clients do.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use tokio::net::TcpStream;

use super::clients::{Client, milliseconds};
use super::served::{Served, listening, serve};

fn slow(patience: Duration) -> Router {
    let answer = move || async move {
        tokio::time::sleep(patience).await;
        "done"
    };
    Router::new().route("/", get(answer))
}

async fn ended(served: Served) -> Duration {
    let begin = Instant::now();
    served.ended.await.expect("the server ends").expect("well");
    begin.elapsed()
}

#[tokio::test]
async fn a_request_in_flight_may_end_and_no_other_begins() {
    let served = serve(slow(Duration::from_millis(500)), listening()).await;
    let address = served.address;
    let mut client = Client::connect(address).await;
    let asked = tokio::spawn(async move { client.ask().await });
    tokio::time::sleep(Duration::from_millis(150)).await;
    served.stop.cancel();
    tokio::time::sleep(Duration::from_millis(100)).await;
    TcpStream::connect(address).await.expect_err("nothing is accepted any more");
    assert!(asked.await.expect("an answer").ends_with("done"));
    let elapsed = ended(served).await;
    assert!(elapsed < Duration::from_millis(600), "{elapsed:?}");
}

#[tokio::test]
async fn a_connection_at_rest_does_not_hold_up_the_stop() {
    let served = serve(slow(Duration::ZERO), listening()).await;
    let mut client = Client::connect(served.address).await;
    client.ask().await;
    served.stop.cancel();
    let elapsed = ended(served).await;
    assert!(elapsed < Duration::from_millis(600), "{elapsed:?}");
}

#[tokio::test]
async fn what_does_not_end_is_cut_off() {
    let endless = Router::new()
        .route("/", get(std::future::pending::<()>))
        .route("/large", get(|| async { Bytes::from(vec![0; 256 << 20]) }));
    let mut listening = listening();
    listening.timeouts.write = Duration::from_secs(60);
    let served = serve(endless, listening).await;
    let mut waits = Client::connect(served.address).await;
    waits.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut never_reads = Client::connect(served.address).await;
    never_reads.send("GET /large HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut never_asks = Client::connect(served.address).await;
    never_asks.send("GET").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    served.stop.cancel();
    let elapsed = ended(served).await;
    assert!(milliseconds(900, 2000).contains(&elapsed), "{elapsed:?}");
    let (elapsed, said) = waits.until_cut_off().await;
    assert_eq!((elapsed < Duration::from_secs(1), said.as_str()), (true, ""));
}
