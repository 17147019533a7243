//! Writing: a load is begun, filled, checked, owned and published, or it is kept as failed.
//!
//! ```text
//! begin ─ control totals ─ facts ─ summaries ─ tie-out ─ owners ─ publish
//!   └── anything that goes wrong on the way ends in `fail`, and readers never notice
//! ```
//!
//! A process that is killed on the way leaves a load in state `loading`; its lock goes with its connection, and the
//! next [`Store::begin_load`] of that period clears it away.

mod begin;
mod control;
mod dimensions;
mod facts;
mod publish;

pub use begin::{Begin, NewLoad};
pub use control::ControlTotal;
pub use dimensions::{Charge, Subject};
pub use facts::Fact;
pub use publish::Published;

use bill::BillingPeriod;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgCopyIn;
use sqlx::{PgConnection, PgPool, Postgres};

#[cfg(doc)]
use crate::Store;

/// A load that is being written. Nobody sees it until [`LoadWriter::publish`]; no other process writes the same period
/// of the same export meanwhile.
pub struct LoadWriter {
    pool: PgPool,
    /// Holds the lock on the export and period. Not of the pool: when it is dropped the connection closes, and the lock
    /// goes with it whatever else happens.
    lease: PgConnection,
    load_id: i64,
    export_id: i32,
    period: BillingPeriod,
    version: i32,
    copy: Option<PgCopyIn<PoolConnection<Postgres>>>,
    buffer: Vec<u8>,
    fact_rows: i64,
}

impl LoadWriter {
    /// The version that is being written.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// The period that is being written.
    pub fn period(&self) -> BillingPeriod {
        self.period
    }

    /// How many facts were written so far.
    pub fn fact_rows(&self) -> i64 {
        self.fact_rows
    }
}
