use std::sync::Arc;
use std::time::Duration;

use access::Sight;
use bill::BillingPeriod;
use chrono::{DateTime, Utc};
use store::StoreError;
use store::queries::QueryDay;
use store::refreshes::RefreshPart;
use store::snapshot::{Control, CostBasis};
use tokio::sync::Mutex;

use crate::http::SharedState;
use crate::http::problem::chain;

/// Prometheus waits ten seconds, where nothing else is said: what takes longer than this is left out.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the measures have read of the data version that is served: read once, however often somebody looks.
#[derive(Clone, Debug, Default)]
pub struct ServedMeasures(Arc<Mutex<Option<Arc<Served>>>>);

/// What is the same as long as the data version is.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) data_version: i64,
    pub(super) loads: Vec<ServedLoad>,
    pub(super) control: Vec<Control>,
}

/// A period of an export that is served.
#[derive(Debug)]
pub(super) struct ServedLoad {
    pub(super) export: String,
    pub(super) period: BillingPeriod,
    pub(super) manifest_written_at: DateTime<Utc>,
    pub(super) published_at: Option<DateTime<Utc>>,
}

/// All that the database tells to the measures.
pub(super) struct View {
    pub(super) served: Arc<Served>,
    pub(super) parts: Vec<RefreshPart>,
    pub(super) next_refresh_at: Option<DateTime<Utc>>,
    pub(super) queries_today: Vec<QueryDay>,
}

/// What the database tells; `None` where it does not answer in time.
pub(super) async fn view(state: &SharedState) -> Option<View> {
    let read = async {
        Ok::<_, StoreError>(View {
            served: served(state).await?,
            parts: state.store.latest_refresh_parts().await?,
            next_refresh_at: state.store.next_scheduled_refresh().await?,
            queries_today: state.store.query_days(state.today()).await?,
        })
    };
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(view)) => Some(view),
        Ok(Err(error)) => {
            tracing::warn!(error = chain(&error), "the store could not tell its measures");
            None
        }
        Err(_) => {
            tracing::warn!("the store did not tell its measures in time");
            None
        }
    }
}

async fn served(state: &SharedState) -> Result<Arc<Served>, StoreError> {
    // Whoever looks meanwhile waits for what is being read.
    let mut kept = state.served_measures.0.lock().await;
    let is_of = |version: i64| move |served: &&Arc<Served>| served.data_version == version;
    if let Some(served) = state.versions.current().and_then(|version| kept.as_ref().filter(is_of(version))) {
        return Ok(Arc::clone(served));
    }
    let mut snapshot = state.store.snapshot(Sight::of_everything()).await?;
    if let Some(served) = kept.as_ref().filter(is_of(snapshot.data_version())) {
        return Ok(Arc::clone(served));
    }
    let periods = snapshot.periods().to_vec();
    let control = snapshot.control(&periods, CostBasis::Unblended).await?;
    let loads = snapshot.current_loads().map(|load| ServedLoad {
        export: load.export.clone(),
        period: load.period,
        manifest_written_at: load.manifest_written_at,
        published_at: load.finished_at,
    });
    let served = Arc::new(Served { data_version: snapshot.data_version(), loads: loads.collect(), control });
    *kept = Some(Arc::clone(&served));
    Ok(served)
}
