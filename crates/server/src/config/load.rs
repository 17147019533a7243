use std::path::{Path, PathBuf};

use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Toml};

use super::{Config, LocationError};

/// The file that is read where `--config` names none, if it is there.
const DEFAULT_FILE: &str = "chargeback.toml";

/// Keys whose values are never repeated.
const SECRETS: [&str; 3] = ["key", "client_secret", "url"];
/// Tables that hold such keys: somebody may have written the value in the place of the table.
const TABLES_OF_SECRETS: [&str; 5] = ["privacy", "access", "oidc", "sign_in", "store"];

/// Why a configuration cannot be used: one sentence saying what and where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named is not there.
    #[error("there is no configuration file {}", .0.display())]
    Missing(PathBuf),
    /// A key or a value is wrong.
    #[error("{0}")]
    Wrong(String),
    /// Two exports have one name.
    #[error("two exports are named `{0}`; give each `[[export]]` a name of its own")]
    DuplicateExport(String),
    /// An export without a name.
    #[error("an `[[export]]` has an empty name")]
    NamelessExport,
    /// An export somewhere that is nowhere.
    #[error("the export `{export}` cannot be found like this: {reason}")]
    Location {
        /// Its name.
        export: String,
        /// What is wrong.
        reason: LocationError,
    },
}

/// Reads the configuration file, if there is one, and the environment.
///
/// # Errors
/// A file that was named and is missing, an unknown key, a value of the wrong form.
pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
    let file = match file {
        Some(named) if !named.is_file() => return Err(ConfigError::Missing(named.to_owned())),
        Some(named) => Some(named),
        None => Some(Path::new(DEFAULT_FILE)).filter(|path| path.is_file()),
    };
    let figment = file.map_or_else(Figment::new, |path| Figment::from(Toml::file_exact(path)));
    let environment = Env::prefixed("CHARGEBACK_").filter(|key| key != "CONFIG").split("__");
    let config: Config = figment.merge(environment).extract().map_err(|error| ConfigError::Wrong(sentence(&error)))?;
    check_exports(&config)?;
    Ok(config)
}

fn check_exports(config: &Config) -> Result<(), ConfigError> {
    for (index, export) in config.export.iter().enumerate() {
        if export.name.trim().is_empty() {
            return Err(ConfigError::NamelessExport);
        }
        if config.export[..index].iter().any(|earlier| earlier.name == export.name) {
            return Err(ConfigError::DuplicateExport(export.name.clone()));
        }
        let location = export.location();
        location.map_err(|reason| ConfigError::Location { export: export.name.clone(), reason })?;
    }
    Ok(())
}

fn sentence(error: &figment::Error) -> String {
    // The profile is a notion of the library's, not of the file's.
    let path: Vec<&str> = error.path.iter().map(String::as_str).filter(|part| *part != "default").collect();
    let place = if path.is_empty() { String::new() } else { format!(" at `{}`", path.join(".")) };
    let source = error.metadata.as_ref().map(|metadata| match &metadata.source {
        Some(source) => format!(" in {source}"),
        None => format!(" in {}", metadata.name),
    });
    // The library repeats a value that it cannot use, and this one is nobody's business.
    let reason = match (is_secret(&path), &error.kind) {
        (true, Kind::InvalidType(..) | Kind::InvalidValue(..) | Kind::Unsupported(..)) => {
            "the value, which is not repeated here, is of another kind than is wanted; a text is written in quotes (in the \
             environment too: '\"…\"')"
                .to_owned()
        }
        (_, kind) => one_line(&kind.to_string()),
    };
    format!("the configuration is wrong{place}{}: {reason}", source.unwrap_or_default())
}

/// Whether what stands at this place, or around it, may hold a secret.
fn is_secret(path: &[&str]) -> bool {
    path.last().is_some_and(|last| SECRETS.contains(last) || TABLES_OF_SECRETS.contains(last))
}

/// The library draws where a TOML file goes wrong; the first line says where, the last says what.
fn one_line(reason: &str) -> String {
    let lines: Vec<&str> = reason.lines().filter(|line| !line.contains('|')).map(str::trim).collect();
    lines.join(": ").replace("``", "`")
}
