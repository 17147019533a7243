use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::connection::{Connection, LosableListener};
use crate::counters::ExecutionRecord;
use crate::place::Place;
use crate::tables::{Column, Content, FilesTable, HiveType, Partitions, Table, crawl};
use crate::world::World;
use crate::{Counters, Settings, clock, router};

/// A running stand-in. It ends when this is dropped.
///
/// One address answers for S3 and for Athena: `http://…` is the endpoint of both, with any credentials, and S3 in path
/// style.
#[derive(Debug)]
pub struct StandIn {
    world: Arc<World>,
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

/// What a table cannot be registered for.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The location is not an address in S3.
    #[error("`{0}` is not a place in S3; write s3://bucket/prefix/")]
    Location(String),
    /// There is nothing to make a table of, or something that the stand-in does not know.
    #[error("no table can be made of {location}: {reason}")]
    Files {
        /// Where the files were looked for.
        location: String,
        /// What is wrong there.
        reason: String,
    },
}

impl StandIn {
    /// Serves the buckets that are folders below `root`, at an address of this machine; port 0 chooses a free one.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or the address is taken.
    pub async fn start(root: impl Into<PathBuf>, listen: SocketAddr, settings: Settings) -> std::io::Result<Self> {
        let world = Arc::new(World::new(root.into(), settings)?);
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let service = router::service(Arc::clone(&world))?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let service = service.into_make_service_with_connect_info::<Connection>();
        let server = tokio::spawn(async move {
            let serving = axum::serve(LosableListener(listener), service);
            tokio::select! {
                ended = serving => ended,
                () = stopped.cancelled() => Ok(()),
            }
        });
        Ok(Self { world, address, stop, server })
    }

    /// The endpoint, for S3 and for Athena.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a bucket, which is a folder; nothing happens when it is there.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn create_bucket(&self, name: &str) -> std::io::Result<PathBuf> {
        let folder = self.world.root().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Makes a database, as CREATE DATABASE does.
    pub fn create_database(&self, name: &str) {
        self.world.catalog_mut().databases.entry(name.to_lowercase()).or_default();
    }

    /// Makes a table of the Parquet files below a location, as a crawler would: its columns are those that any file has
    /// now, its partitions every folder `key=value` at the time of a query. Partition keys are text.
    ///
    /// # Errors
    ///
    /// When there is no such place, no Parquet file, or a column of a type that the stand-in does not know.
    pub fn crawl_table(
        &self,
        database: &str,
        name: &str,
        location: &str,
        partition_keys: &[&str],
    ) -> Result<(), TableError> {
        let place =
            Place::parse(location).map(Place::folder).ok_or_else(|| TableError::Location(location.to_owned()))?;
        let columns = crawl(self.world.root(), &place)
            .map_err(|reason| TableError::Files { location: location.to_owned(), reason })?;
        let keys = partition_keys.iter().map(|key| Column { name: (*key).to_owned(), kind: HiveType::String });
        let files = FilesTable {
            columns,
            partition_keys: keys.collect(),
            location: place,
            partitions: Partitions::Crawled,
            properties: BTreeMap::from([("classification".to_owned(), "parquet".to_owned())]),
        };
        let table = Table { name: name.to_lowercase(), content: Content::Files(files), created: clock::now() };
        self.world.catalog_mut().put(database, table);
        Ok(())
    }

    /// Forgets a table or a view, or says that there was none.
    pub fn drop_table(&self, database: &str, name: &str) -> bool {
        let mut catalog = self.world.catalog_mut();
        let tables = catalog.databases.get_mut(&database.to_lowercase());
        tables.and_then(|tables| tables.remove(&name.to_lowercase())).is_some()
    }

    /// How it behaves now.
    pub fn settings(&self) -> Settings {
        self.world.settings()
    }

    /// Changes how it behaves, from the next request on.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        self.world.change_settings(change);
    }

    /// What it was asked to do until now.
    pub fn counters(&self) -> Counters {
        self.world.counters().clone()
    }

    /// Every query that was started, the oldest first.
    pub fn executions(&self) -> Vec<ExecutionRecord> {
        self.world.executions.records()
    }

    /// Waits until it ends, which it does by itself only when it cannot go on.
    ///
    /// # Errors
    ///
    /// What it could not go on for.
    pub async fn ended(&mut self) -> std::io::Result<()> {
        match (&mut self.server).await {
            Ok(ended) => ended,
            Err(error) => Err(std::io::Error::other(error)),
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
