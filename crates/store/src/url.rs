use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use url::Url;

/// Where the store lives: `postgres://…` for a server, `embedded:DIR` for a private cluster in a folder.
///
/// Printing one never shows a password, neither by `Display` nor by `Debug`.
///
/// ```
/// use store::StoreUrl;
///
/// let url: StoreUrl = "postgres://finance:secret@db.internal/chargeback".parse()?;
/// assert_eq!(url.to_string(), "postgres://finance@db.internal/chargeback");
///
/// let url: StoreUrl = "embedded:/var/lib/chargeback".parse()?;
/// assert_eq!(url.to_string(), "embedded:/var/lib/chargeback");
/// # Ok::<(), store::ParseStoreUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum StoreUrl {
    /// A PostgreSQL server that somebody else runs.
    Server(ServerUrl),
    /// A private cluster in this folder, which the binary starts itself: the crate `private_postgres` does it.
    Embedded {
        /// The folder as written; a relative one counts from the working folder.
        folder: PathBuf,
    },
}

/// The address of a PostgreSQL server, which may hold a password and therefore prints only its harmless parts.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(Url);

/// A text that is not the address of a store. It never repeats what may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseStoreUrlError {
    /// Neither of the two forms; holds the part before the first colon.
    #[error("`{0}…` is not the address of a store; write postgres://user@host/database or embedded:FOLDER")]
    UnknownForm(String),
    /// It begins as the address of a server and goes on wrongly.
    #[error(
        "the address of the PostgreSQL server cannot be read ({0}); write postgres://user@host:5432/database, with `%40` for an `@` and `%2F` for a `/` in a password"
    )]
    Server(String),
    /// `embedded:` with no folder after it.
    #[error("`embedded:` names no folder; write for example embedded:/var/lib/chargeback")]
    NoFolder,
    /// `embedded:` with a folder that would not be the one meant.
    #[error("`embedded:{folder}` is unclear: {reason}")]
    UnclearFolder {
        /// The folder as written.
        folder: String,
        /// What is unclear about it, and what to write instead.
        reason: &'static str,
    },
}

/// Query parameters that say where a server is and not how one gets in; all others stay hidden.
const SHOWN_PARAMETERS: [&str; 7] = ["host", "hostaddr", "port", "user", "dbname", "sslmode", "application_name"];

impl ServerUrl {
    /// What sqlx needs to connect.
    ///
    /// What the address leaves out comes from the usual environment: `PGUSER`, `PGPASSWORD`, `~/.pgpass` and so on.
    pub fn connect_options(&self) -> Result<PgConnectOptions, sqlx::Error> {
        self.0.as_str().parse()
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.0;
        let user = if url.username().is_empty() { String::new() } else { format!("{}@", url.username()) };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        write!(formatter, "{}://{user}{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())?;
        let shown = url.query_pairs().filter(|(key, _)| SHOWN_PARAMETERS.contains(&key.as_ref()));
        for (number, (key, value)) in shown.enumerate() {
            write!(formatter, "{}{key}={value}", if number == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ServerUrl({self})")
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(url) => url.fmt(formatter),
            Self::Embedded { folder } => write!(formatter, "embedded:{}", folder.display()),
        }
    }
}

impl FromStr for StoreUrl {
    type Err = ParseStoreUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(folder) = text.strip_prefix("embedded:") {
            return embedded_folder(folder).map(|folder| Self::Embedded { folder: folder.to_path_buf() });
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return server(text).map(Self::Server);
        }
        let scheme = text.split(':').next().unwrap_or_default();
        Err(ParseStoreUrlError::UnknownForm(scheme.chars().take(40).collect()))
    }
}

impl TryFrom<String> for StoreUrl {
    type Error = ParseStoreUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

fn server(text: &str) -> Result<ServerUrl, ParseStoreUrlError> {
    let url = Url::parse(text).map_err(|error| ParseStoreUrlError::Server(error.to_string()))?;
    let url = ServerUrl(url);
    // sqlx's own sentence may repeat a value of the address, so it is not passed on.
    url.connect_options().map_err(|_| ParseStoreUrlError::Server("a parameter has a wrong value".to_owned()))?;
    Ok(url)
}

fn embedded_folder(folder: &str) -> Result<&Path, ParseStoreUrlError> {
    let unclear = |reason| Err(ParseStoreUrlError::UnclearFolder { folder: folder.to_owned(), reason });
    match folder {
        "" => Err(ParseStoreUrlError::NoFolder),
        _ if folder.starts_with('~') => unclear("`~` is not expanded here; write the whole path"),
        _ if folder.starts_with("///") => Ok(Path::new(&folder[2..])),
        _ if folder.starts_with("//") => {
            unclear("after `//` one expects a host; write `embedded:/…` or `embedded:./…`")
        }
        _ => Ok(Path::new(folder)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match text.parse::<StoreUrl>() {
            Ok(url) => format!("{url}"),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn a_server_is_shown_without_its_password() {
        assert_eq!(shown("postgres://u:secret@db:5433/chargeback"), "postgres://u@db:5433/chargeback");
        assert_eq!(shown("postgresql://db/chargeback?password=secret"), "postgresql://db/chargeback");
        assert_eq!(
            shown("postgres://u:secret@localhost/c?host=/run/pg&password=secret&sslmode=disable&options=-c%20a=secret"),
            "postgres://u@localhost/c?host=/run/pg&sslmode=disable"
        );
    }

    #[test]
    fn neither_debug_nor_errors_show_a_password() {
        let url: StoreUrl = "postgres://u:secret@db/c".parse().unwrap();
        assert_eq!(format!("{url:?}"), "Server(ServerUrl(postgres://u@db/c))");
        for text in ["postgres://u:sec/ret@db/c", "postgres://u:secret@db/c?sslmode=secret", "mysql://u:secret@db/c"] {
            let sentence = shown(text);
            assert!(sentence.starts_with("error: ") && !sentence.contains("sec"), "{sentence}");
        }
    }

    #[test]
    fn the_password_still_reaches_the_server() {
        let Ok(StoreUrl::Server(url)) = "postgres://u:p%40ss@db/c".parse() else { panic!("not a server") };
        let options = format!("{:?}", url.connect_options().unwrap());
        assert!(options.contains("p@ss"), "{options}");
    }

    #[test]
    fn an_embedded_store_is_a_folder() {
        let folder = |text: &str| match text.parse() {
            Ok(StoreUrl::Embedded { folder }) => folder,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(folder("embedded:/var/lib/chargeback"), Path::new("/var/lib/chargeback"));
        assert_eq!(folder("embedded:data/store"), Path::new("data/store"));
        assert_eq!(folder("embedded:///var/lib/chargeback"), Path::new("/var/lib/chargeback"));
    }

    #[test]
    fn anything_else_is_a_clear_sentence() {
        assert_eq!(
            shown("mysql://u:secret@db/c"),
            "error: `mysql…` is not the address of a store; write postgres://user@host/database or embedded:FOLDER"
        );
        assert_eq!(
            shown("embedded:"),
            "error: `embedded:` names no folder; write for example embedded:/var/lib/chargeback"
        );
        assert_eq!(
            shown("embedded:~/store"),
            "error: `embedded:~/store` is unclear: `~` is not expanded here; write the whole path"
        );
        assert!(shown("embedded://host/store").contains("one expects a host"));
        assert!(shown("").starts_with("error: "));
    }
}
