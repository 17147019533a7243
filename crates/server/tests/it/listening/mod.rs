//! The service on a network, over real sockets: slow clients, TLS, proxies, and stopping.

mod clients;
mod limits;
mod proxies;
mod served;
pub(crate) mod service;
mod slow;
mod stopping;
mod the_binary;
mod tls;
