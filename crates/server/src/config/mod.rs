//! Configuration: `chargeback.toml`, each key of which an environment variable can override.
//!
//! `CHARGEBACK_SERVER__LISTEN=127.0.0.1:9000` overrides `[server] listen`: the prefix, the section, two underscores, the
//! key. Lists are written as TOML: `CHARGEBACK_EXPORT='[{name = "payer", location = "/exports/payer"}]'`.
//! `chargeback.example.toml` documents every key with its default; a test holds it against these types.

mod access;
mod athena;
mod cost_files;
mod drilldown;
mod export;
mod limits;
mod load;
mod origin;
mod privacy;
mod server;
mod webhooks;

use std::path::PathBuf;
use std::time::Duration;

use figment::value::magic::RelativePathBuf;
use serde::Deserialize;
use store::StoreUrl;

pub use self::access::{AccessConfig, ClaimGrantConfig, OidcConfig, SignInConfig};
pub use athena::{AthenaConfig, FetchKind};
pub use cost_files::CostFilesConfig;
pub use drilldown::DrilldownConfig;
pub use export::{ExportConfig, LocationError};
pub use limits::LimitsConfig;
pub use load::{ConfigError, load};
pub use origin::{PageOrigin, PageOriginError};
pub use privacy::PrivacyConfig;
pub use server::{ServerConfig, TlsConfig};
pub use webhooks::WebhooksConfig;

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[server]`
    pub server: ServerConfig,
    /// `[access]`
    pub access: AccessConfig,
    /// `[privacy]`
    pub privacy: PrivacyConfig,
    /// `[limits]`
    pub limits: LimitsConfig,
    /// `[webhooks]`
    pub webhooks: WebhooksConfig,
    /// `[cost_files]`
    pub cost_files: CostFilesConfig,
    /// `[drilldown]`
    pub drilldown: DrilldownConfig,
    /// `[store]`
    pub store: StoreConfig,
    /// `[engine]`
    pub engine: EngineConfig,
    /// `[athena]`
    pub athena: AthenaConfig,
    /// `[[export]]`, one for each Data Export.
    pub export: Vec<ExportConfig>,
    /// `[ownership]`
    pub ownership: OwnershipConfig,
    /// `[refresh]`
    pub refresh: RefreshConfig,
    /// `[principals]`
    pub principals: PrincipalsConfig,
    /// `[log]`
    pub log: LogConfig,
}

/// `[store]`: Postgres.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `postgres://…` for a server, `embedded:DIR` for a private cluster in that folder.
    pub url: StoreUrl,
    /// Connections for readers at most. Work in the background has half as many of its own.
    pub max_connections: u32,
}

impl StoreConfig {
    /// Connections at most for what work in the background reads; a job writes on connections of its own.
    pub fn background_connections(&self) -> u32 {
        (self.max_connections / 2).max(4)
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        let folder = PathBuf::from("/var/lib/chargeback/postgres");
        Self { url: StoreUrl::Embedded { folder }, max_connections: 20 }
    }
}

/// `[engine]`: what puts the questions to an export.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineConfig {
    /// Which engine.
    pub kind: EngineKind,
    /// Memory that the embedded engine may use before it spills to disk, in MiB.
    pub memory_limit_mib: usize,
    /// Where it spills; the system's folder for temporary files where not set.
    pub spill_folder: Option<RelativePathBuf>,
    /// Threads; as many as there are processors where not set.
    pub threads: Option<usize>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { kind: EngineKind::Embedded, memory_limit_mib: 1536, spill_folder: None, threads: None }
    }
}

/// The engines there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// Apache DataFusion in this process.
    #[default]
    Embedded,
    /// Amazon Athena, as `[athena]` says.
    Athena,
}

/// `[ownership]`: who owns what.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnershipConfig {
    /// The rules; where not set, the value of `iamPrincipal/team` names the team.
    pub file: Option<RelativePathBuf>,
}

/// `[refresh]`: when exports are looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RefreshConfig {
    /// How often, such as `15m` or `1h`. Looking costs little: an export that has not changed is not read.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
}

impl Default for RefreshConfig {
    fn default() -> Self {
        Self { every: Duration::from_secs(15 * 60) }
    }
}

/// `[principals]`: how callers are kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrincipalsConfig {
    /// Role sessions that are new for each run, kept as one principal for each role.
    pub fold: Vec<FoldConfig>,
}

/// `[[principals.fold]]`: sessions that are kept as one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldConfig {
    /// Role name; `*` and `?` stand for any characters and any one.
    pub role: String,
    /// Session name, likewise.
    #[serde(default = "any")]
    pub session: String,
}

fn any() -> String {
    "*".to_owned()
}

/// `[log]`: standard error.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
    /// What is logged, in the syntax of `RUST_LOG`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info,sqlx::postgres::notice=warn".to_owned() }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text each.
    #[default]
    Text,
    /// One JSON object each.
    Json,
}
