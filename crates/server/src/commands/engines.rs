//! From configuration to what puts the questions.

use anyhow::{Context, bail};
use engine::{
    AthenaEngine, AthenaOptions, EmbeddedEngine, Engine, EngineOptions, ExportLocation, Fetch, ResultEncryption,
    S3Location, S3Options,
};

use crate::clock::Clock;
use crate::config::{AthenaConfig, Config, EngineConfig, EngineKind, FetchKind};

/// The engine that `[engine] kind` names.
pub(super) fn engine(config: &Config, clock: Clock) -> anyhow::Result<Engine> {
    match config.engine.kind {
        EngineKind::Embedded => Ok(Engine::Embedded(embedded(&config.engine)?)),
        EngineKind::Athena => Ok(Engine::Athena(athena(config, clock)?)),
    }
}

fn embedded(config: &EngineConfig) -> anyhow::Result<EmbeddedEngine> {
    let options = EngineOptions {
        memory_limit_bytes: config.memory_limit_mib.saturating_mul(1024 * 1024),
        spill_folder: config.spill_folder.as_ref().map(|folder| folder.relative()),
        threads: config.threads,
    };
    Ok(EmbeddedEngine::new(options)?)
}

fn athena(config: &Config, clock: Clock) -> anyhow::Result<AthenaEngine> {
    let athena = &config.athena;
    for export in &config.export {
        if matches!(export.location()?, ExportLocation::Disk(_)) {
            bail!(
                "`[engine] kind` is athena, which reads exports in S3 alone, and export `{}` is in a folder: give its \
                 address s3://…, or use the embedded engine",
                export.name
            );
        }
        if athena.database.is_none() && export.database.is_none() {
            bail!(
                "`[athena] database` must name the database in which the table `cur2` of export `{}` is",
                export.name
            );
        }
    }
    let own = config.export.iter().filter_map(|export| Some((export.name.clone(), export.database.clone()?)));
    Ok(AthenaEngine::new(AthenaOptions {
        region: athena.region.clone(),
        endpoint_url: athena.endpoint_url.clone(),
        workgroup: athena.workgroup.clone(),
        catalog: athena.catalog.clone(),
        databases: own.collect(),
        results: athena.results.as_deref().map(|address| results(athena, address)).transpose()?,
        encryption: athena.results_encryption.as_deref().map(encryption).transpose()?,
        expected_bucket_owner: athena.expected_bucket_owner.clone(),
        fetch: fetch(athena.fetch),
        ..AthenaOptions::new(athena.database.clone().unwrap_or_default(), clock.now())
    }))
}

fn results(athena: &AthenaConfig, address: &str) -> anyhow::Result<S3Location> {
    let options = S3Options {
        region: athena.region.clone(),
        expected_bucket_owner: athena.expected_bucket_owner.clone(),
        ..S3Options::default()
    };
    S3Location::new(address, options).context("`[athena] results` cannot be used")
}

fn encryption(written: &str) -> anyhow::Result<ResultEncryption> {
    match written {
        "sse-s3" => Ok(ResultEncryption::SseS3),
        key if key.starts_with("arn:") && key.contains(":kms:") => Ok(ResultEncryption::SseKms(key.to_owned())),
        other => bail!("`[athena] results_encryption` is `{other}`; write \"sse-s3\" or the ARN of a key of KMS"),
    }
}

fn fetch(kind: FetchKind) -> Fetch {
    match kind {
        FetchKind::Auto => Fetch::Auto,
        FetchKind::Unload => Fetch::Unload,
        FetchKind::Csv => Fetch::Csv,
        FetchKind::Pages => Fetch::Pages,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_encrypted_as_it_is_written_or_it_is_refused() {
        assert_eq!(encryption("sse-s3").ok(), Some(ResultEncryption::SseS3));
        let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
        assert_eq!(encryption(key).ok(), Some(ResultEncryption::SseKms(key.to_owned())));
        assert!(encryption("aes").expect_err("no such word").to_string().contains("`aes`"));
    }
}
