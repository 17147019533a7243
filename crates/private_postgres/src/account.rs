//! Who runs the server: the user who started us, or an unprivileged one when that is root.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

/// The user that runs the server programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The user who started us.
    Ourselves {
        /// Its user id.
        user: u32,
    },
    /// We are root, and PostgreSQL refuses to be: it runs as this user.
    Lesser {
        /// Its name, or its number when it has none.
        name: String,
        /// Its user id.
        user: u32,
        /// Its main group, the only one that the server keeps.
        group: u32,
    },
}

impl Account {
    /// Chooses the user: the owner of the cluster if there is one, else `postgres`, else `nobody`.
    pub(super) fn choose(folder: &Path, cluster: Option<&Metadata>) -> Result<Self, EmbeddedError> {
        let user = rustix::process::geteuid().as_raw();
        let owner = cluster.map(|cluster| (cluster.uid(), cluster.gid()));
        match (user, owner) {
            (0, Some((0, _))) => Err(EmbeddedError::OtherOwner { folder: folder.to_owned(), owner: 0 }),
            (0, Some((user, group))) => Ok(Self::Lesser { name: name_of(user), user, group }),
            (0, None) => ["postgres", "nobody"].into_iter().find_map(Self::named).ok_or(EmbeddedError::NoAccount),
            (_, Some((owner, _))) if owner != user => {
                Err(EmbeddedError::OtherOwner { folder: folder.to_owned(), owner })
            }
            _ => Ok(Self::Ourselves { user }),
        }
    }

    fn named(name: &str) -> Option<Self> {
        let user = id(&["-u", name])?.parse().ok()?;
        let group = id(&["-g", name])?.parse().ok()?;
        // A system on which `nobody` is another name of root has nobody to run a server.
        (user != 0).then(|| Self::Lesser { name: name.to_owned(), user, group })
    }

    /// That the server can enter every folder from the root down to this one, which must exist.
    ///
    /// Only rights that everybody sees in `ls -l` count; access control lists are not read.
    pub(super) fn check_reach(&self, existing: &Path, folder: &Path) -> Result<(), EmbeddedError> {
        let Self::Lesser { name, user, group } = self else { return Ok(()) };
        let real = existing.canonicalize().map_err(EmbeddedError::io("open", existing))?;
        let way: Vec<&Path> = real.ancestors().collect();
        for step in way.into_iter().rev() {
            let metadata = step.metadata().map_err(EmbeddedError::io("open", step))?;
            if !may_enter(&metadata, *user, *group) {
                let (folder, closed) = (folder.to_owned(), PathBuf::from(step));
                return Err(EmbeddedError::ClosedFolder { folder, closed, account: name.clone() });
            }
        }
        Ok(())
    }

    /// Hands a folder that we have just made to the user that runs the server. A link is not followed.
    pub(super) fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        let Self::Lesser { user, group, .. } = self else { return Ok(()) };
        std::os::unix::fs::lchown(path, Some(*user), Some(*group))
            .map_err(EmbeddedError::io("change the owner of", path))
    }

    /// Makes a command run as this user. With another user std clears the supplementary groups as well.
    pub(super) fn run(&self, command: &mut Command) {
        use std::os::unix::process::CommandExt;
        if let Self::Lesser { user, group, .. } = self {
            command.uid(*user).gid(*group);
        }
    }
}

fn may_enter(folder: &Metadata, user: u32, group: u32) -> bool {
    let mode = folder.permissions().mode();
    let enter = match (folder.uid() == user, folder.gid() == group) {
        (true, _) => 0o100,
        (false, true) => 0o010,
        (false, false) => 0o001,
    };
    mode & enter != 0
}

fn name_of(user: u32) -> String {
    id(&["-nu", &user.to_string()]).unwrap_or_else(|| format!("user {user}"))
}

/// Asks `id`, which knows every directory of users that the system is set up for.
fn id(arguments: &[&str]) -> Option<String> {
    let output = Command::new("id").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
