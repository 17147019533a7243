use std::collections::BTreeMap;
use std::sync::Arc;

use access::Sight;
use bill::BillingPeriod;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgPool};

use super::reading::Reading;
use super::{LoadVersion, PeriodStatus};
use crate::error::{Doing, StoreError};
use crate::store::Store;
use crate::summaries::Summaries;
use crate::transaction::begin_answering;

/// Everything that is served, or was at an earlier time, as it was at one moment.
pub struct Snapshot {
    pub(super) reading: Reading,
    /// For a word to the database beside the transaction.
    pub(super) pool: PgPool,
    pub(super) ownership_id: i32,
    /// Every question is asked within it.
    pub(super) sight: Sight,
    /// What pseudonyms are made with; empty where there are none.
    pub(super) pseudonym_key: String,
    data_version: i64,
    newest_version: i64,
    as_of: Option<DateTime<Utc>>,
    /// The day for which it was opened, where that is not today.
    day: Option<NaiveDate>,
    pub(super) loads: Vec<ServedLoad>,
    pub(super) periods: Vec<BillingPeriod>,
    /// Asked before Postgres is.
    pub(super) summaries: Summaries,
    /// How teams are called by their slugs, where that is known without asking.
    pub(super) team_names: Option<Arc<BTreeMap<String, String>>>,
}

/// A load that is served.
#[derive(Clone, Debug)]
pub(crate) struct ServedLoad {
    pub(crate) load_id: i64,
    /// As far as it may be shown.
    pub(super) version: LoadVersion,
    /// Of everybody's lines: for choosing what to read, never to be shown.
    pub(super) usage_dates: Option<(NaiveDate, NaiveDate)>,
}

/// What is served, for whoever sees everything.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    pub(crate) data_version: i64,
    pub(crate) ownership_id: i32,
    published_at: Option<DateTime<Utc>>,
    pub(crate) loads: Vec<ServedLoad>,
    /// By slug.
    team_names: Arc<BTreeMap<String, String>>,
}

impl Serving {
    /// As it is when the transaction begins.
    pub(crate) async fn read(connection: &mut PgConnection) -> Result<Self, StoreError> {
        let serving = sqlx::query!("select data_version, ownership_id, published_at from serving")
            .fetch_one(&mut *connection)
            .await
            .doing("what is served")?;
        Ok(Self {
            data_version: serving.data_version,
            ownership_id: serving.ownership_id.unwrap_or(0),
            published_at: serving.published_at,
            loads: super::history::current_loads(connection).await?,
            team_names: Arc::default(),
        })
    }

    /// With what need not be asked of the database then.
    pub(crate) async fn with_team_names(self, connection: &mut PgConnection) -> Result<Self, StoreError> {
        let teams = sqlx::query!("select slug, name from team").fetch_all(connection).await.doing("the teams")?;
        let team_names = teams.into_iter().map(|team| (team.slug, team.name)).collect();
        Ok(Self { team_names: Arc::new(team_names), ..self })
    }

    /// The loads with the version of the rules, those of the newest period first.
    pub(crate) fn newest_first(&self) -> Vec<(i64, i32)> {
        self.loads.iter().rev().map(|load| (load.load_id, self.ownership_id)).collect()
    }

    fn version(&self) -> Version {
        Version {
            number: self.data_version,
            ownership_id: self.ownership_id,
            published_at: self.published_at,
            newest: self.data_version,
            day: None,
        }
    }
}

impl Store {
    /// Opens a snapshot of what is served now, as far as this sight goes: what lies outside does not exist in it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn snapshot(&self, sight: Sight) -> Result<Snapshot, StoreError> {
        if let Some(serving) = self.held.serving() {
            return Ok(self.snapshot_held(&serving, sight));
        }
        let mut transaction = begin_answering(&self.pool).await.doing("the opening of a snapshot")?;
        let serving = Serving::read(&mut transaction).await?;
        Ok(self.opened(Reading::Begun(transaction), sight, serving.version(), serving.loads))
    }

    /// The same of what is known to be served, without asking.
    pub(super) fn snapshot_held(&self, serving: &Serving, sight: Sight) -> Snapshot {
        let reading = Reading::NotBegun { pool: self.pool.clone(), data_version: serving.data_version };
        let snapshot = self.opened(reading, sight, serving.version(), serving.loads.clone());
        Snapshot { team_names: Some(Arc::clone(&serving.team_names)), ..snapshot }
    }

    pub(super) fn opened(&self, reading: Reading, sight: Sight, version: Version, loads: Vec<ServedLoad>) -> Snapshot {
        let loads: Vec<ServedLoad> = loads.into_iter().map(|load| load.within(&sight)).collect();
        let mut periods: Vec<BillingPeriod> = loads.iter().map(|load| load.version.period).collect();
        periods.sort_unstable();
        periods.dedup();
        Snapshot {
            reading,
            pool: self.pool.clone(),
            ownership_id: version.ownership_id,
            sight,
            pseudonym_key: self.pseudonyms.as_ref().map(|pseudonyms| pseudonyms.fingerprint()).unwrap_or_default(),
            data_version: version.number,
            newest_version: version.newest,
            as_of: version.published_at,
            day: version.day,
            loads,
            periods,
            summaries: self.summaries.clone(),
            team_names: None,
        }
    }
}

/// The data version that a snapshot is of.
pub(super) struct Version {
    pub(super) number: i64,
    pub(super) ownership_id: i32,
    pub(super) published_at: Option<DateTime<Utc>>,
    /// That which is served.
    pub(super) newest: i64,
    /// The day for which it is asked, where that is not today.
    pub(super) day: Option<NaiveDate>,
}

impl Snapshot {
    /// What it was opened for.
    pub fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Grows with each load made current and each change of rules; 0 where nothing was published yet.
    pub fn data_version(&self) -> i64 {
        self.data_version
    }

    /// The data version that is served: the same, or a later one where an earlier one was asked for.
    pub fn newest_version(&self) -> i64 {
        self.newest_version
    }

    /// When this data version was published.
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    /// The number of its ownership rules; 0 where there are none yet.
    pub fn ownership_version(&self) -> i32 {
        self.ownership_id
    }

    /// The periods that are served, in order.
    pub fn periods(&self) -> &[BillingPeriod] {
        &self.periods
    }

    /// The version that is served of each period of each export, by period and export.
    pub fn current_loads(&self) -> impl Iterator<Item = &LoadVersion> {
        self.loads.iter().map(|load| &load.version)
    }

    /// How far a period has come, or had on the day for which the snapshot was opened: provisional once it is over and every
    /// line of every export carries an invoice id.
    pub fn period_status(&self, period: BillingPeriod, today: NaiveDate) -> PeriodStatus {
        let today = self.day.map_or(today, |day| day.min(today));
        let mut loads = self.current_loads().filter(|load| load.period == period).peekable();
        if today >= period.end() && loads.peek().is_some() && loads.all(|load| load.invoiced) {
            PeriodStatus::Provisional
        } else {
            PeriodStatus::Open
        }
    }

    /// The numbers of the loads that are served and wanted.
    pub(super) fn load_ids(&self, wanted: impl Fn(&LoadVersion) -> bool) -> Vec<i64> {
        self.loads.iter().filter(|load| wanted(&load.version)).map(|load| load.load_id).collect()
    }

    /// The numbers of the loads that may have lines used from `start` to before `end`.
    pub(super) fn load_ids_with_usage(&self, start: NaiveDate, end: NaiveDate) -> Vec<i64> {
        let used =
            |days: Option<(NaiveDate, NaiveDate)>| days.is_some_and(|(first, last)| first < end && last >= start);
        self.loads.iter().filter(|load| used(load.usage_dates)).map(|load| load.load_id).collect()
    }

    /// The periods of these loads, in order.
    pub(super) fn periods_of(&self, load_ids: &[i64]) -> Vec<BillingPeriod> {
        let chosen = self.loads.iter().filter(|load| load_ids.contains(&load.load_id));
        let mut periods: Vec<BillingPeriod> = chosen.map(|load| load.version.period).collect();
        periods.sort_unstable();
        periods.dedup();
        periods
    }

    /// These loads, by period and export.
    pub(super) fn versions_of(&self, load_ids: &[i64]) -> Vec<LoadVersion> {
        let chosen = self.loads.iter().filter(|load| load_ids.contains(&load.load_id));
        chosen.map(|load| load.version.clone()).collect()
    }
}
