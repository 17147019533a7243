//! Writing: a load is begun, filled, checked, owned and published, or it is kept as failed.
//!
//! ```text
//! begin ─ control totals ─ facts ─┬─ summaries ─────────────────┬─ publish
//!                                 └─ owners, sums, the tie-out ─┘
//!   └── anything that goes wrong on the way ends in `fail`, and readers never notice
//! ```
//!
//! A process that is killed on the way leaves a load in state `loading`; its lock goes with its connection, and the
//! next [`Store::begin_load`] of that period clears it away.

mod begin;
mod control;
mod copying;
pub(crate) mod dimensions;
mod facts;
mod known;
mod publish;

pub use begin::{Begin, NewLoad};
pub use control::ControlTotal;
pub use dimensions::{Charge, Numbers, Subject};
pub use facts::Fact;
pub use known::KnownDelivery;
pub use publish::Published;

use bill::BillingPeriod;
use sqlx::{PgConnection, PgPool};

use self::copying::Copying;
use crate::copy::CopyRows;
use crate::ownership::{OwnersMet, TeamNames};
use crate::store::Store;

/// A load that is being written. Nobody sees it until [`LoadWriter::publish`]; no other process writes the same period
/// of the same export meanwhile.
///
/// It has connections of its own, so that neither readers nor other loads can keep it waiting.
pub struct LoadWriter {
    /// Holds the lock on the export and period, and does all the writing but the copying of facts: whoever loses the lock
    /// cannot write any more. Dropping it closes the connection, and the lock goes with it whatever else happens.
    lease: PgConnection,
    /// For the copying of facts, which keeps a connection busy for as long as it takes, and then for giving them to teams
    /// beside the summaries.
    copy_pool: PgPool,
    load_id: i64,
    export_id: i32,
    period: BillingPeriod,
    version: i32,
    /// Facts on their way, once there are any.
    copying: Option<Copying>,
    rows: CopyRows,
    /// Its owners, as they are met; nothing where they are to be found once everything is kept.
    met: Option<OwnersMet>,
    line_items: i64,
    fact_rows: i64,
    /// The version of the rules by which the load has been given to teams, and the names of these.
    given: Option<(i32, TeamNames)>,
    /// Where what is about to be served is held in memory, and persons have their pseudonyms.
    store: Store,
}
