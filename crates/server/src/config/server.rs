use std::net::SocketAddr;
use std::num::NonZeroUsize;

use figment::value::magic::RelativePathBuf;
use ipnet::IpNet;
use serde::Deserialize;

use super::origin::PageOrigin;

/// `[server]`: HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Serve on other addresses than loopback although callers are not known.
    pub allow_unauthenticated: bool,
    /// Connections at once; more wait until one ends.
    pub max_connections: NonZeroUsize,
    /// Whose word is taken on where a request comes from (`X-Forwarded-For`, `X-Forwarded-Proto`, `Forwarded`): the
    /// proxies alone, not the networks of callers.
    pub trusted_proxies: Vec<IpNet>,
    /// The origins of pages that may read answers, with an API key or a token that they send themselves.
    pub cors_origins: Vec<PageOrigin>,
    /// `[server.tls]`: serve HTTPS.
    pub tls: Option<TlsConfig>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            allow_unauthenticated: false,
            max_connections: const { NonZeroUsize::new(1024).expect("1024 is not zero") },
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            tls: None,
        }
    }
}

/// `[server.tls]`: the certificate, read at start and on SIGHUP. Paths are relative to the configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// A PEM file with the certificate, followed by those that vouch for it.
    pub certificate: RelativePathBuf,
    /// A PEM file with its private key, not encrypted.
    pub key: RelativePathBuf,
}
