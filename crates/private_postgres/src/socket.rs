//! The folder of the server's socket: private, and short enough for the address of a socket.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::EmbeddedError;
use super::account::Account;
use super::folder::{Folder, make_private, remove};

/// The address of a Unix socket has room for 107 bytes on Linux and 103 on macOS.
const LONGEST_ADDRESS_BYTES: usize = 103;
const ELSEWHERE: &str = "/tmp";
const PREFIX: &str = "chargeback-socket-";

/// A folder for one socket, removed when this value is dropped.
pub(super) struct SocketFolder {
    path: PathBuf,
    /// The name of the folder, or of the link to it, in the folder of the store.
    name: PathBuf,
}

impl SocketFolder {
    /// Makes it anew: what a killed service left is removed.
    pub(super) fn make(folder: &Folder, account: &Account) -> Result<Self, EmbeddedError> {
        let name = folder.path().join("socket");
        remove_with_target(&name);
        if fits(&name) {
            make_private(&name, account)?;
            return Ok(Self { path: name.clone(), name });
        }
        let path = make_elsewhere(account)?;
        symlink(&path, &name).map_err(EmbeddedError::io("make the link", &name))?;
        Ok(Self { path, name })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        remove_with_target(&self.name);
    }
}

/// Whether a socket fits in this folder, and its name can stand unquoted in a URL and in the settings.
fn fits(folder: &Path) -> bool {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    let length = folder.as_os_str().len() + format!("/.s.PGSQL.{}", super::PORT).len();
    length <= LONGEST_ADDRESS_BYTES && folder.to_str().is_some_and(plain)
}

fn make_elsewhere(account: &Account) -> Result<PathBuf, EmbeddedError> {
    let mut number = 0;
    loop {
        // Making a folder fails when the name is taken, by a link too, so that nobody can lay a trap under a likely name.
        let path = Path::new(ELSEWHERE).join(format!("{PREFIX}{}-{number}", std::process::id()));
        match make_private(&path, account) {
            Err(EmbeddedError::Io { source, .. }) if taken(&source) && number < 1000 => number += 1,
            made => return made.map(|()| path),
        }
    }
}

fn taken(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::AlreadyExists
}

/// Best effort: what cannot be removed is found again, and complained about, when the name is needed.
fn remove_with_target(name: &Path) {
    if let Ok(target) = fs::read_link(name) {
        let file_name = target.file_name().unwrap_or_default().to_string_lossy();
        if target.parent() == Some(Path::new(ELSEWHERE)) && file_name.starts_with(PREFIX) {
            let _ = remove(&target);
        }
    }
    let _ = remove(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_fits_up_to_its_limit_and_under_plain_names_only() {
        let folder = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        // `/.s.PGSQL.5432` takes 14 of the 103 bytes.
        assert!(fits(&folder(89)));
        assert!(!fits(&folder(90)));
        assert!(!fits(Path::new("/tmp/it's mine/socket")));
        assert!(!fits(Path::new("/tmp/a,b/socket")));
    }
}
