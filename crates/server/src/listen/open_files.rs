use std::num::NonZeroUsize;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files for everything that is not a connection of a caller's: the database, exports, the log.
const OTHERS: u64 = 256;

/// Many systems let a process open 1024 files unless it asks for more, and each connection is one.
pub(crate) fn make_room(max_connections: NonZeroUsize) {
    let wanted = u64::try_from(max_connections.get()).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let allowed = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum: limit.maximum });
    if raised.is_err() || allowed < wanted {
        tracing::warn!(
            open_files = allowed,
            max_connections,
            "the system allows fewer open files than `[server] max_connections` needs"
        );
    }
}
