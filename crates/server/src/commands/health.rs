//! `chargeback health`: asks the service on this machine whether it lives, for supervisors that run a command.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;

use crate::config::Config;

/// A service that takes longer is not well.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(super) struct HealthArguments {
    /// Ask whether it can answer, too: the database can be reached and a billing period is published.
    #[arg(long)]
    ready: bool,
}

pub(super) async fn run(config: Config, arguments: HealthArguments) -> anyhow::Result<ExitCode> {
    let scheme = if config.server.tls.is_some() { "https" } else { "http" };
    let path = if arguments.ready { "readyz" } else { "livez" };
    let url = format!("{scheme}://{}/{path}", reachable(config.server.listen));
    // The certificate names the host that callers use, and this asks the machine itself.
    let client =
        reqwest::Client::builder().timeout(PATIENCE).tls_danger_accept_invalid_certs(true).no_proxy().build()?;
    let answer = client.get(&url).send().await.with_context(|| format!("nothing answers at {url}"))?;
    if !answer.status().is_success() {
        let status = answer.status();
        bail!("{url} answers {status}: {}", answer.text().await.unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever listens on every address of this machine is asked on its own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_every_address_is_asked_on_this_machine() {
        let asked = |listen: &str| reachable(listen.parse().expect("an address")).to_string();
        assert_eq!(asked("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(asked("[::]:8080"), "[::1]:8080");
        assert_eq!(asked("192.0.2.1:8443"), "192.0.2.1:8443");
    }
}
