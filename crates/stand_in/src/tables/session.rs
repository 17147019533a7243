//! A session for one query: the catalog's tables, Trino's functions, and a count of what is read.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider};
use datafusion::datasource::ViewTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{LogicalPlan, ScalarUDF};
use datafusion::object_store::local::LocalFileSystem;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast;
use engine::trino;

use super::counted_store::CountedStore;
use super::provider::FilesProvider;
use super::{Catalog, Content};
use crate::MissingMapKey;
use crate::sql::Query;
use crate::sql::subscript::{self, MapSubscript};

/// The name of the one data catalog, in lower case.
pub(crate) const DATA_CATALOG: &str = "awsdatacatalog";

/// How a session is to be.
pub(crate) struct SessionOptions<'options> {
    pub(crate) root: &'options Path,
    pub(crate) catalog: &'options Catalog,
    /// The database of tables that are named without one.
    pub(crate) database: &'options str,
    /// Whether the query names `"$path"`.
    pub(crate) names_path: bool,
    pub(crate) missing_map_key: MissingMapKey,
    /// Where to count what is read.
    pub(crate) bytes_read: Arc<AtomicU64>,
}

/// Makes the session.
pub(crate) async fn open(options: &SessionOptions<'_>) -> Result<SessionContext> {
    let config = SessionConfig::new()
        .with_information_schema(true)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(DATA_CATALOG, options.database.to_lowercase())
        .with_collect_statistics(false)
        // A result is made in parts, as Athena makes it, however small the machine.
        .with_target_partitions(4);
    let runtime = RuntimeEnvBuilder::new().build_arc()?;
    for bucket in buckets(options.root) {
        let files = LocalFileSystem::new_with_prefix(options.root.join(&bucket))
            .map_err(|error| DataFusionError::ObjectStore(Box::new(error)))?;
        let store = CountedStore::new(files, Arc::clone(&options.bytes_read));
        runtime.register_object_store(ObjectStoreUrl::parse(format!("s3://{bucket}"))?.as_ref(), Arc::new(store));
    }
    let session = SessionContext::new_with_config_rt(trino::configure(config), runtime);
    trino::register_functions(&session);
    session.register_udf(ScalarUDF::new_from_impl(MapSubscript::new(options.missing_map_key)));
    register_tables(&session, options).await?;
    Ok(session)
}

/// Plans a query that needs no parameters any more.
pub(crate) async fn plan(session: &SessionContext, mut statement: ast::Statement) -> Result<LogicalPlan> {
    subscript::rewrite(&mut statement);
    session.state().statement_to_plan(EngineStatement::Statement(Box::new(statement))).await
}

async fn register_tables(session: &SessionContext, options: &SessionOptions<'_>) -> Result<()> {
    let catalog = Arc::new(MemoryCatalogProvider::new());
    // Names are alike whatever their case, and clients write this one in both ways.
    session.register_catalog(DATA_CATALOG, Arc::clone(&catalog) as Arc<dyn CatalogProvider>);
    session.register_catalog("AwsDataCatalog", Arc::clone(&catalog) as Arc<dyn CatalogProvider>);
    for database in options.catalog.databases.keys() {
        catalog.register_schema(database, Arc::new(MemorySchemaProvider::new()))?;
    }
    let schema = |name: &str| {
        catalog.schema(name).ok_or_else(|| DataFusionError::Internal(format!("schema {name} was registered above")))
    };
    let mut views = Vec::new();
    for (database, tables) in &options.catalog.databases {
        for (name, table) in tables {
            match &table.content {
                Content::Files(files) => {
                    let provider = FilesProvider::new(files.clone(), options.root.to_owned(), options.names_path);
                    schema(database)?.register_table(name.clone(), Arc::new(provider))?;
                }
                Content::View(text) => views.push((table.created, database, name, text)),
            }
        }
    }
    // A view can be made only of what was there before it.
    views.sort();
    for (_, database, name, text) in views {
        let query = Query::parse(text).map_err(DataFusionError::Plan)?;
        match plan(session, *query.statement).await {
            Ok(plan) => {
                let view = ViewTable::new(plan, Some(text.clone()));
                schema(database)?.register_table(name.clone(), Arc::new(view))?;
            }
            Err(error) => tracing::warn!(%name, %error, "a view cannot be planned"),
        }
    }
    Ok(())
}

fn buckets(root: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.starts_with('.')).collect()
}
