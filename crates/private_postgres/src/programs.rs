//! Finds the server programs that are installed here.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

/// The oldest major version that the migrations are written for.
pub(super) const OLDEST_MAJOR: u32 = 14;

/// The programs of one installed PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    folder: PathBuf,
    major: u32,
}

impl Programs {
    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// The installed programs in any of the folders; what is missing or does not run is passed over.
    pub(super) fn in_folders(folders: &[PathBuf]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for folder in folders {
            if found.iter().any(|programs| &programs.folder == folder) || !folder.join("initdb").is_file() {
                continue;
            }
            if let Some(major) = major_version(&folder.join("postgres")) {
                found.push(Self { folder: folder.clone(), major });
            }
        }
        found
    }
}

/// The programs to run: those of the version that wrote the cluster, or the latest when there is none yet.
pub(super) fn choose(found: Vec<Programs>, folder: &Path, cluster: Option<u32>) -> Result<Programs, EmbeddedError> {
    let (usable, older): (Vec<_>, Vec<_>) = found.into_iter().partition(|programs| programs.major >= OLDEST_MAJOR);
    if usable.is_empty() {
        let older = if older.is_empty() { String::new() } else { format!(" (only version {})", versions(&older)) };
        return Err(EmbeddedError::NoPrograms { older, advice: ADVICE });
    }
    let found = versions(&usable);
    match cluster {
        Some(major) => usable.into_iter().find(|programs| programs.major == major),
        // Of equal versions the first found wins, and `max_by_key` gives the last.
        None => usable.into_iter().rev().max_by_key(|programs| programs.major),
    }
    .ok_or_else(|| EmbeddedError::OtherVersion {
        folder: folder.to_owned(),
        cluster: cluster.unwrap_or_default(),
        found,
    })
}

/// Where PostgreSQL is usually installed, the most particular place first.
///
/// `$PG_BINDIR` is an order, not a hint: when it is set nothing else is looked at.
pub(super) fn usual_folders() -> Vec<PathBuf> {
    if let Some(folder) = env::var_os("PG_BINDIR").filter(|folder| !folder.is_empty()) {
        return vec![PathBuf::from(folder)];
    }
    let mut folders = Vec::new();
    for (parent, prefix, rest) in VERSIONED {
        folders.extend(matching(Path::new(parent), prefix, rest));
    }
    folders.extend(pg_config_folder());
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths).filter(|folder| folder.is_absolute()));
    folders.push(PathBuf::from("/usr/local/pgsql/bin"));
    folders
}

/// Folder, beginning of a name in it, and what follows: Debian, PGDG's RPMs, Alpine, Homebrew twice, Postgres.app.
const VERSIONED: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

const ADVICE: &str = if cfg!(target_os = "macos") {
    "for example `brew install postgresql@17`"
} else {
    "for example `apt install postgresql`"
};

fn matching(parent: &Path, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let Ok(entries) = parent.read_dir() else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .map(|path| if rest.is_empty() { path } else { path.join(rest) })
        .collect();
    folders.sort();
    folders
}

fn pg_config_folder() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim())).filter(|folder| folder.is_absolute())
}

fn major_version(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

/// 15 from `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, 18 from `postgres (PostgreSQL) 18beta1`.
fn parse_version(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn versions(programs: &[Programs]) -> String {
    let mut majors: Vec<u32> = programs.iter().map(|programs| programs.major).collect();
    majors.sort_unstable();
    majors.dedup();
    majors.iter().map(u32::to_string).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Programs> {
        let programs =
            |(number, major): (usize, &u32)| Programs { folder: format!("/pg/{number}").into(), major: *major };
        majors.iter().enumerate().map(programs).collect()
    }

    fn chosen(majors: &[u32], cluster: Option<u32>) -> String {
        match choose(installed(majors), Path::new("/data"), cluster) {
            Ok(programs) => format!("{} in {}", programs.major, programs.folder.display()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_new_cluster_takes_the_latest_version_and_of_equals_the_first() {
        assert_eq!(chosen(&[15, 17, 9, 17], None), "17 in /pg/1");
    }

    #[test]
    fn an_old_cluster_takes_its_own_version() {
        assert_eq!(chosen(&[17, 15], Some(15)), "15 in /pg/1");
    }

    #[test]
    fn a_cluster_of_a_version_that_is_not_installed_says_so() {
        assert_eq!(
            chosen(&[17, 15], Some(14)),
            "`/data` was written by PostgreSQL 14 and only that version can read it, but installed here is \
             15 and 17; install PostgreSQL 14, or name another folder"
        );
    }

    #[test]
    fn too_old_a_server_is_named() {
        assert!(
            chosen(&[13], None).starts_with("no PostgreSQL server of version 14 or later was found (only version 13)")
        );
    }

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_version("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(parse_version("mysqld 8"), None);
    }
}
