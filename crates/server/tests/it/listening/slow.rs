//! A slow client cannot hold a connection.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::clients::{Client, milliseconds};
use super::served::{endless, listening, serve};

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let served = serve(hello(), listening()).await;
    let (mut reader, mut writer) = Client::connect(served.address).await.0.into_split();
    let trickle = tokio::spawn(async move {
        writer.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n").await.expect("a beginning");
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let begin = Instant::now();
    let mut said = Vec::new();
    let _ = reader.read_to_end(&mut said).await;
    let elapsed = begin.elapsed();
    assert!(milliseconds(300, 1400).contains(&elapsed), "{elapsed:?}");
    trickle.await.expect("the writer ends as well");
}

#[tokio::test]
async fn a_connection_that_never_asks_is_cut_off() {
    let served = serve(hello(), listening()).await;
    let (elapsed, _) = Client::connect(served.address).await.until_cut_off().await;
    assert!(milliseconds(300, 1400).contains(&elapsed), "{elapsed:?}");
}

#[tokio::test]
async fn a_connection_may_rest_between_two_requests_but_not_for_ever() {
    let served = serve(hello(), listening()).await;
    let mut client = Client::connect(served.address).await;
    for _ in 0..2 {
        assert!(client.ask().await.ends_with("hello"));
        // Longer than a head may take.
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    let (elapsed, _) = client.until_cut_off().await;
    assert!(milliseconds(300, 3000).contains(&elapsed), "{elapsed:?}");
}

#[tokio::test]
async fn a_second_head_has_no_more_time_than_the_first() {
    let served = serve(hello(), listening()).await;
    let mut client = Client::connect(served.address).await;
    client.ask().await;
    client.send("GET / HTTP/1.1\r\n").await;
    let (elapsed, said) = client.until_cut_off().await;
    assert!(milliseconds(300, 1400).contains(&elapsed), "{elapsed:?}");
    assert_eq!(said, "");
}

#[tokio::test]
async fn the_clock_of_a_head_does_not_run_while_a_request_is_worked_on() {
    let slow = Router::new().route(
        "/",
        get(|| async {
            tokio::time::sleep(Duration::from_millis(2000)).await;
            "at last"
        }),
    );
    let served = serve(slow, listening()).await;
    let mut client = Client::connect(served.address).await;
    for _ in 0..2 {
        assert!(client.ask().await.ends_with("at last"));
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let served =
        serve(Router::new().route("/", post(|body: Bytes| async move { body.len().to_string() })), listening());
    let served = served.await;
    let mut client = Client::connect(served.address).await;
    client.send("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n0123456789").await;
    let (elapsed, said) = client.until_cut_off().await;
    assert!(milliseconds(300, 1800).contains(&elapsed), "{elapsed:?}");
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");

    let mut client = Client::connect(served.address).await;
    client.send("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc").await;
    assert!(client.answer().await.ends_with("\r\n\r\n3"), "a body that comes is read");
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut_off() {
    let (router, given_up) = endless();
    let served = serve(router, listening()).await;
    let mut client = Client::connect(served.address).await;
    client.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let begin = Instant::now();
    let heard = tokio::time::timeout(Duration::from_secs(10), given_up).await.expect("it is given up");
    assert!(heard.is_err(), "the sender was dropped with the answer");
    assert!(milliseconds(500, 5000).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_not_cut_off() {
    let (router, mut given_up) = endless();
    let served = serve(router, listening()).await;
    let mut client = Client::connect(served.address).await;
    client.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut piece = vec![0; 1 << 20];
    let begin = Instant::now();
    // Three times as long as a client may read nothing.
    while begin.elapsed() < Duration::from_millis(1800) {
        client.0.read_exact(&mut piece).await.expect("more of the answer");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    given_up.try_recv().expect_err("nothing was sent");
    assert!(!given_up.is_terminated(), "the answer goes on");
}
