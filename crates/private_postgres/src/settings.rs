//! The settings of a private server, written anew at each start.

use super::{Durability, EmbeddedOptions};
use std::path::Path;

/// The text of `postgresql.conf` for a server that only this service talks to.
pub(super) fn postgresql_conf(options: &EmbeddedOptions, socket_folder: &Path) -> String {
    let durability = match options.durability {
        Durability::Kept => "",
        Durability::Throwaway => THROWAWAY,
    };
    format!(
        "{HEADER}
listen_addresses = ''
port = {port}
# The name of this folder holds no character that would need quoting.
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = {connections}

shared_buffers = {buffers}MB
{COMMON}{durability}",
        port = super::PORT,
        socket = socket_folder.display(),
        connections = options.max_connections,
        buffers = options.shared_buffers_mebibytes,
    )
}

const HEADER: &str = "\
# Written by chargeback at each start: changes made here are lost.
# What `alter system set …` says is kept, and wins over this file.
";

/// Reasons: one writer that loads whole months by COPY, few readers with short questions, no replica, a disk that seeks
/// as fast as it reads.
const COMMON: &str = "\
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
# Compiling costs more than these short questions take.
jit = off

# No replica reads the log: a COPY into a table that the same transaction created then skips it, crash-safely.
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB

log_destination = stderr
logging_collector = off
log_line_prefix = '%m [%p] '
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
";

const THROWAWAY: &str = "
# A server for tests: a power cut may destroy it, and nobody would mind.
fsync = off
synchronous_commit = off
full_page_writes = off
";
