//! The folder of a private cluster: what lies in it, whose it is, and that one service at a time uses it.
//!
//! ```text
//! DIR/chargeback.lock   held by the service that uses the folder; its presence says that the folder is ours
//! DIR/data/             the cluster, of the user that runs the server, mode 0700
//! DIR/socket            the folder of the socket, 0700, or a link to one under /tmp when DIR is too long for a socket
//! DIR/postgresql.conf   written at each start
//! DIR/postgres.log      what the server printed; .old is the one before it grew too long
//! ```
//!
//! When root starts us, DIR itself and the files in it stay root's. The server may only pass through, so it cannot lay
//! a link there for root to follow.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::EmbeddedError;
use super::account::Account;

const LOCK: &str = "chargeback.lock";
/// A log that has grown beyond this is set aside at the next start.
const LONGEST_LOG_BYTES: u64 = 16 * 1024 * 1024;

/// A folder that is ours alone for as long as this value lives.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if there is none, takes its lock, and says who will run the server.
    pub(super) fn take(folder: &Path) -> Result<(Self, Account), EmbeddedError> {
        let path = std::path::absolute(folder).map_err(EmbeddedError::io("find", folder))?;
        let cluster = fs::symlink_metadata(path.join("data")).ok();
        let account = Account::choose(&path, cluster.as_ref())?;
        make_folders(&path, &account)?;
        refuse_foreign_files(&path)?;
        let lock = take_lock(&path)?;
        Ok((Self { path, _lock: lock }, account))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.path.join("postgresql.conf")
    }

    /// The major version that wrote the cluster; `None` when there is no cluster yet.
    pub(super) fn cluster_major(&self) -> Result<Option<u32>, EmbeddedError> {
        if !self.data().exists() {
            return Ok(None);
        }
        let path = self.data().join("PG_VERSION");
        let text = fs::read_to_string(&path).map_err(EmbeddedError::io("read", &path))?;
        let wrong = |_| EmbeddedError::io("read a version from", &path)(io::Error::from(io::ErrorKind::InvalidData));
        text.trim().parse().map(Some).map_err(wrong)
    }

    /// An empty folder in which a cluster can be written; what an interrupted start left there is removed.
    pub(super) fn unfinished_data(&self, account: &Account) -> Result<PathBuf, EmbeddedError> {
        let path = self.path.join("data.new");
        remove(&path).map_err(EmbeddedError::io("remove", &path))?;
        make_private(&path, account)?;
        Ok(path)
    }

    /// Makes a cluster that is now complete the one to use.
    pub(super) fn finish_data(&self, unfinished: &Path) -> Result<(), EmbeddedError> {
        fs::rename(unfinished, self.data()).map_err(EmbeddedError::io("rename", unfinished))
    }

    pub(super) fn write_settings(&self, text: &str) -> Result<(), EmbeddedError> {
        let path = self.settings();
        let write = || {
            let mut file = open_ours(&self.path, &path, OpenOptions::new().write(true).create(true).truncate(true))?;
            file.write_all(text.as_bytes())?;
            // The server reads it as another user; nothing in it is secret.
            file.set_permissions(Permissions::from_mode(0o644))
        };
        write().map_err(EmbeddedError::io("write", &path))
    }

    /// The log, open for appending, and its length so far.
    pub(super) fn open_log(&self) -> Result<(File, u64), EmbeddedError> {
        let path = self.log();
        let open = || {
            if fs::symlink_metadata(&path).is_ok_and(|log| log.len() > LONGEST_LOG_BYTES) {
                fs::rename(&path, path.with_extension("log.old"))?;
            }
            let file = open_ours(&self.path, &path, OpenOptions::new().append(true).create(true))?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        open().map_err(EmbeddedError::io("write", &path))
    }

    /// The last lines of the log after a position.
    pub(super) fn log_tail(&self, from: u64) -> String {
        let mut text = Vec::new();
        let read = File::open(self.log()).and_then(|mut log| {
            log.seek(io::SeekFrom::Start(from))?;
            log.take(1024 * 1024).read_to_end(&mut text)
        });
        match read {
            Ok(0) => "(it printed nothing)".to_owned(),
            Ok(_) => super::error::last_lines(&text),
            Err(error) => format!("(the log cannot be read: {error})"),
        }
    }
}

/// Makes every folder that is missing on the way, open enough for the server and no more.
fn make_folders(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let missing: Vec<&Path> = path.ancestors().take_while(|step| !step.exists()).collect();
    let existing = path.ancestors().nth(missing.len()).unwrap_or(Path::new("/"));
    account.check_reach(existing, path)?;
    let mode = if matches!(account, Account::Ourselves { .. }) { 0o700 } else { 0o711 };
    for step in missing.into_iter().rev() {
        let make = || {
            fs::create_dir(step)?;
            // Set afterwards, because a umask would take away from the mode given at creation.
            fs::set_permissions(step, Permissions::from_mode(mode))
        };
        match make() {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(EmbeddedError::io("make the folder", step)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn refuse_foreign_files(path: &Path) -> Result<(), EmbeddedError> {
    if fs::symlink_metadata(path.join(LOCK)).is_ok() {
        return Ok(());
    }
    let names = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>())
        .map_err(EmbeddedError::io("read the folder", path))?;
    // The root of a fresh disk holds `lost+found`. Another service may have made its lock since we looked.
    match names.iter().find(|name| *name != "lost+found") {
        Some(_) if names.iter().any(|name| name == LOCK) => Ok(()),
        Some(name) => {
            let example = name.to_string_lossy().into_owned();
            Err(EmbeddedError::ForeignFiles { folder: path.to_owned(), example })
        }
        None => Ok(()),
    }
}

/// Takes the lock, which the operating system gives back when this process ends, however it ends.
fn take_lock(folder: &Path) -> Result<File, EmbeddedError> {
    let path = folder.join(LOCK);
    let open = || open_ours(folder, &path, OpenOptions::new().read(true).write(true).create(true).truncate(false));
    let mut file = open().map_err(EmbeddedError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // What cannot be read is only missing from the sentence.
            let _ = file.read_to_string(&mut text);
            let process = text.lines().next().filter(|line| !line.is_empty()).unwrap_or("(unknown)").to_owned();
            return Err(EmbeddedError::InUse { folder: folder.to_owned(), process });
        }
        Err(TryLockError::Error(error)) => return Err(EmbeddedError::io("lock", &path)(error)),
    }
    let mut write = || {
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        writeln!(file, "The process above uses this folder, which holds a private PostgreSQL cluster of chargeback.")
    };
    write().map_err(EmbeddedError::io("write", &path))?;
    Ok(file)
}

/// Opens a file of ours without following a link; what root makes in a folder of somebody else belongs to that user.
fn open_ours(folder: &Path, path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits();
    let file = options.mode(0o600).custom_flags(no_follow.cast_signed()).open(path)?;
    let owner = folder.metadata()?;
    if rustix::process::geteuid().is_root() && owner.uid() != 0 {
        std::os::unix::fs::fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(file)
}

/// Makes a folder that must not exist yet, which only the user that runs the server may enter.
pub(super) fn make_private(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    DirBuilder::new().mode(0o700).create(path).map_err(EmbeddedError::io("make the folder", path))?;
    account.give(path)
}

/// Removes whatever is there, a folder with its content; nothing there is no error. A link is not followed.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}
