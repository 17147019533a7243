//! What was said before: a snapshot of a data version that is not served any more.
//!
//! A version is made of loads and of rules, both of which stay for a while. What was not a part of a load then has today's
//! words: the names of teams and of accounts.

use access::Sight;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::{PgConnection, Postgres, Transaction};

use super::Snapshot;
use super::history::loads_of;
use super::open::Version;
use super::reading::Reading;
use crate::error::{Doing, StoreError};
use crate::store::Store;
use crate::transaction::begin_answering;

/// Which data version is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The one with this number.
    Version(i64),
    /// The one that was served when this day (UTC) ended, or is served now where it has not ended.
    EndOf(NaiveDate),
}

/// Why a data version cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotServed {
    /// There is none with this number yet.
    NotYet {
        /// That which is served.
        newest: i64,
    },
    /// Nothing was served by then, or nobody wrote down what.
    Before {
        /// The end of which day is the first that can be asked for; `None` where nothing was ever published.
        first: Option<NaiveDate>,
    },
    /// It was served, and a part of it is not kept any more.
    Forgotten {
        /// The number of the version.
        version: i64,
        /// The next one that is wholly kept.
        next: Option<i64>,
    },
}

struct Known {
    data_version: i64,
    ownership_id: i32,
    published_at: DateTime<Utc>,
    forgotten: bool,
}

impl Store {
    /// Opens a snapshot of what was served then, as far as this sight goes. The sight is today's: who may see a team sees
    /// what that team owned under the rules of then.
    ///
    /// # Errors
    /// Where the database fails. What cannot be read any more is said beside that.
    pub async fn snapshot_as_of(&self, sight: Sight, as_of: AsOf) -> Result<Result<Snapshot, NotServed>, StoreError> {
        if let AsOf::Version(version) = as_of
            && let Some(serving) = self.held.serving().filter(|serving| serving.data_version == version)
        {
            return Ok(Ok(self.snapshot_held(&serving, sight)));
        }
        let mut transaction = begin_answering(&self.pool).await.doing("the opening of a snapshot")?;
        let newest = newest(&mut transaction).await?;
        match find(&mut transaction, as_of, newest).await? {
            Err(reason) => Ok(Err(reason)),
            Ok(known) => Ok(Ok(self.open(transaction, sight, as_of, &known, newest).await?)),
        }
    }

    async fn open(
        &self,
        mut transaction: Transaction<'static, Postgres>,
        sight: Sight,
        as_of: AsOf,
        known: &Known,
        newest: i64,
    ) -> Result<Snapshot, StoreError> {
        let loads = loads_of(&mut transaction, known.data_version).await?;
        let day = match as_of {
            AsOf::EndOf(day) => day,
            AsOf::Version(_) => known.published_at.date_naive(),
        };
        let version = Version {
            number: known.data_version,
            ownership_id: known.ownership_id,
            published_at: Some(known.published_at),
            newest,
            // Of what is served now it is always today that counts.
            day: (known.data_version != newest || matches!(as_of, AsOf::EndOf(_))).then_some(day),
        };
        Ok(self.opened(Reading::Begun(transaction), sight, version, loads))
    }
}

async fn newest(connection: &mut PgConnection) -> Result<i64, StoreError> {
    sqlx::query_scalar!("select data_version from serving").fetch_one(connection).await.doing("what is served")
}

async fn find(connection: &mut PgConnection, as_of: AsOf, newest: i64) -> Result<Result<Known, NotServed>, StoreError> {
    let known = match as_of {
        AsOf::Version(version) => sqlx::query_as!(
            Known,
            "select data_version, ownership_id, published_at, forgotten from data_version where data_version = $1",
            version,
        )
        .fetch_optional(&mut *connection)
        .await
        .doing("a data version")?,
        AsOf::EndOf(day) => sqlx::query_as!(
            Known,
            "select data_version, ownership_id, published_at, forgotten
               from data_version
              where published_at < $1
              order by data_version desc
              limit 1",
            end_of(day),
        )
        .fetch_optional(&mut *connection)
        .await
        .doing("a data version")?,
    };
    match (known, as_of) {
        (Some(known), _) if !known.forgotten => Ok(Ok(known)),
        (None, AsOf::Version(version)) if version > newest => Ok(Err(NotServed::NotYet { newest })),
        (None, AsOf::EndOf(_)) => Ok(Err(NotServed::Before { first: first_day(connection).await? })),
        (Some(Known { data_version: version, .. }), _) | (None, AsOf::Version(version)) => {
            Ok(Err(NotServed::Forgotten { version, next: next_kept(connection, version).await? }))
        }
    }
}

/// When the oldest version that is wholly kept was published.
async fn first_day(connection: &mut PgConnection) -> Result<Option<NaiveDate>, StoreError> {
    let published_at =
        sqlx::query_scalar!("select published_at from data_version where not forgotten order by data_version limit 1")
            .fetch_optional(connection)
            .await
            .doing("the oldest data version")?;
    Ok(published_at.map(|time| time.date_naive()))
}

/// The next version after this one that is wholly kept. The oldest of all is no help: it is the one before the first load,
/// for as long as its rules are kept.
async fn next_kept(connection: &mut PgConnection, version: i64) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar!(
        "select data_version from data_version where data_version > $1 and not forgotten order by data_version limit 1",
        version,
    )
    .fetch_optional(connection)
    .await
    .doing("the next data version that is kept")
}

fn end_of(day: NaiveDate) -> DateTime<Utc> {
    day.succ_opt().unwrap_or(NaiveDate::MAX).and_time(NaiveTime::MIN).and_utc()
}
