//! How many connections, and how long a head.

use std::num::NonZeroUsize;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;

use super::clients::Client;
use super::served::{listening, serve};

#[tokio::test]
async fn more_connections_than_allowed_wait_until_one_ends() {
    let mut listening = listening();
    listening.max_connections = NonZeroUsize::new(2).expect("not zero");
    let served = serve(Router::new().route("/", get(|| async { "hello" })), listening).await;
    let mut first = Client::connect(served.address).await;
    let mut second = Client::connect(served.address).await;
    first.ask().await;
    second.ask().await;

    let mut third = Client::connect(served.address).await;
    let asked = tokio::spawn(async move { third.ask().await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!asked.is_finished(), "there are two already");
    drop(first);
    assert!(asked.await.expect("an answer").ends_with("hello"));
}

fn length_of_token() -> Router {
    let answer = |headers: HeaderMap| async move { headers["authorization"].len().to_string() };
    Router::new().route("/", get(answer))
}

#[tokio::test]
async fn a_token_of_a_megabyte_reaches_the_router_and_more_is_refused() {
    let served = serve(length_of_token(), listening()).await;
    let mut client = Client::connect(served.address).await;
    let token = "x".repeat(1 << 20);
    assert!(client.ask_with(&format!("Authorization: {token}\r\n")).await.ends_with(&format!("\r\n\r\n{}", 1 << 20)));

    let mut client = Client::connect(served.address).await;
    let token = "x".repeat(3 << 20);
    let head = format!("GET / HTTP/1.1\r\nHost: here\r\nAuthorization: {token}\r\n\r\n");
    // The answer comes before everything is sent.
    let (mut reader, mut writer) = client.0.split();
    let sending = tokio::io::AsyncWriteExt::write_all(&mut writer, head.as_bytes());
    let mut said = vec![0; 64];
    let reading = tokio::io::AsyncReadExt::read(&mut reader, &mut said);
    let (_, read) = tokio::join!(sending, reading);
    // A client that is still sending may be told by a reset instead.
    assert!(read.is_err() || said.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test]
async fn a_head_of_more_than_a_hundred_fields_is_refused() {
    let served = serve(length_of_token(), listening()).await;
    let fields = |count: usize| (0..count).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    let mut client = Client::connect(served.address).await;
    let authorization = "Authorization: abc\r\n";
    assert!(client.ask_with(&format!("{authorization}{}", fields(98))).await.ends_with("\r\n\r\n3"));
    let answer = client.ask_with(&format!("{authorization}{}", fields(99))).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}
