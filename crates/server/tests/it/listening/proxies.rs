//! Whose word is taken on where a request comes from, over the wire.

use axum::Router;
use axum::routing::get;
use server::listen::client_address::{ClientAddress, TrustedProxies};

use super::clients::Client;
use super::served::{listening, serve};

fn who() -> Router {
    let answer = |client: ClientAddress| async move { format!("{} {}", client.ip, client.https) };
    Router::new().route("/", get(answer))
}

const FORWARDED: &str = "X-Forwarded-For: 1.1.1.1, 198.51.100.1\r\nX-Forwarded-Proto: https\r\n";

#[tokio::test]
async fn a_trusted_proxy_is_believed_and_a_stranger_is_not() {
    let stranger = serve(who(), listening()).await;
    let mut client = Client::connect(stranger.address).await;
    assert!(client.ask_with(FORWARDED).await.ends_with("\r\n\r\n127.0.0.1 false"));

    let mut behind_proxy = listening();
    behind_proxy.trusted_proxies = TrustedProxies::new(&["127.0.0.1/32".parse().expect("a network")]);
    let proxy = serve(who(), behind_proxy).await;
    let mut client = Client::connect(proxy.address).await;
    assert!(client.ask_with(FORWARDED).await.ends_with("\r\n\r\n198.51.100.1 true"));
    assert!(client.ask().await.ends_with("\r\n\r\n127.0.0.1 false"));
    assert!(client.ask_with("X-Forwarded-For: nonsense\r\n").await.ends_with("\r\n\r\n127.0.0.1 false"));
}
