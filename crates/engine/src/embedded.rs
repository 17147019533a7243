use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::ParamValues;
use datafusion::config::SpillCompression;
use datafusion::dataframe::DataFrame;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext, cast, ident};
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, future};

use crate::catalogue::{Parameter, Question};
use crate::group_texts::GroupTextsByNumber;
use crate::probe::{Probe, ReadableFile, in_s3, probe};
use crate::s3::cause_in_s3;
use crate::{Answer, EngineError, ExportColumns, Manifest, damage, parameters, table, trino};

/// What the embedded engine may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// How much memory the questions that run at one time may use together, in bytes. Beyond it they spill to disk.
    pub memory_limit_bytes: usize,
    /// Where to spill; the operating system's folder for temporary files when not given.
    pub spill_folder: Option<PathBuf>,
    /// How many threads a question may keep busy; as many as there are processors when not given.
    pub threads: Option<usize>,
}

impl Default for EngineOptions {
    /// 1.5 GiB, spilling to the folder for temporary files, on all processors. Each step of a question has an equal share: a
    /// month of five million lines fits without spilling, and takes a third of it.
    fn default() -> Self {
        Self { memory_limit_bytes: 3 << 29, spill_folder: None, threads: None }
    }
}

/// Runs questions inside this process, over Parquet files, with Apache DataFusion.
///
/// Cheap to clone; clones share the limits.
#[derive(Clone, Debug)]
pub struct EmbeddedEngine {
    pub(crate) runtime: Arc<RuntimeEnv>,
    options: EngineOptions,
}

impl EmbeddedEngine {
    /// An engine that keeps to its options.
    ///
    /// # Errors
    ///
    /// When the spill folder cannot be made.
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let spill = match &options.spill_folder {
            Some(folder) => {
                std::fs::create_dir_all(folder)
                    .map_err(|source| EngineError::SpillFolder { path: folder.clone(), source })?;
                DiskManagerMode::Directories(vec![folder.clone()])
            }
            None => DiskManagerMode::OsTmpDirectory,
        };
        let runtime = RuntimeEnvBuilder::new()
            // Fair: a question that groups millions of rows spills before it starves the other one.
            .with_memory_pool(Arc::new(FairSpillPool::new(options.memory_limit_bytes)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(spill))
            .build_arc()
            .map_err(|source| EngineError::Setup { source: Box::new(source) })?;
        Ok(Self { runtime, options })
    }

    /// Asks one delivery a question. The rows come as they are computed; see [`Answer`].
    ///
    /// # Errors
    ///
    /// Before any row: parameters that do not fit the question, another billing period than the manifest's, a file that
    /// is missing, damaged or has a column of another type, a delivery that is no longer the latest. While rows come:
    /// damage inside a file, or no memory and no space to spill to.
    pub async fn ask(
        &self,
        question: &Question,
        parameters: &[Parameter],
        manifest: &Manifest,
    ) -> Result<Answer, EngineError> {
        parameters::check(question, parameters, manifest)?;
        let probe = self.look_at(manifest).await?;
        tracing::debug!(question = question.name, export = manifest.export, period = %manifest.period, "asking");
        let failure = Arc::new(Failure {
            question: question.name,
            manifest: manifest.clone(),
            files: probe.files.clone(),
            limit_bytes: self.options.memory_limit_bytes,
        });
        let frame = self.plan(question, parameters, manifest, probe).await.map_err(|error| failure.of(error))?;
        let batches = frame.execute_stream().await.map_err(|error| failure.of(error))?;
        let schema = question.schema();
        let declared = Arc::clone(&schema);
        let batches = batches.then(move |batch| {
            let (failure, batch) = (Arc::clone(&failure), batch.and_then(|batch| as_declared(&declared, &batch)));
            async move {
                match batch {
                    Ok(batch) => Ok(batch),
                    Err(error) => Err(failure.while_reading(error).await),
                }
            }
        });
        Ok(Answer { schema, batches: until_error(batches).boxed() })
    }

    /// Reads the footers of a delivery's files: whether they can be read, and which optional columns they have.
    ///
    /// # Errors
    ///
    /// When a file is missing, damaged or has a column of another type, or when the delivery is no longer the latest.
    pub async fn probe(&self, manifest: &Manifest) -> Result<ExportColumns, EngineError> {
        self.look_at(manifest).await.map(|probe| probe.columns)
    }

    async fn look_at(&self, manifest: &Manifest) -> Result<Probe, EngineError> {
        let probe = probe(manifest).await?;
        if manifest.is_current().await? {
            return Ok(probe);
        }
        Err(EngineError::ExportChanged { export: manifest.export.clone(), period: manifest.period })
    }

    /// The question over the delivery, with its parameters bound and its columns as they are declared.
    pub(crate) async fn plan(
        &self,
        question: &Question,
        parameters: &[Parameter],
        manifest: &Manifest,
        probe: Probe,
    ) -> Result<DataFrame> {
        let session = self.session();
        table::register(&session, manifest.period, probe)?;
        // The table holds exactly the delivery's files.
        let parameters = parameters::with_files_under(question, parameters, "");
        let frame = self.plan_text(&session, question.text, &parameters).await?;
        select_as_declared(frame, &question.schema())
    }

    /// A text in Trino's dialect with values for its `?`. Values are bound: none ever becomes part of the text.
    pub(crate) async fn plan_text(
        &self,
        session: &SessionContext,
        text: &str,
        parameters: &[Parameter],
    ) -> Result<DataFrame> {
        let parsed = trino::parse(text)?;
        if parsed.parameters != parameters.len() {
            let (takes, given) = (parsed.parameters, parameters.len());
            return Err(DataFusionError::Plan(format!("the text takes {takes} parameters, {given} were given")));
        }
        let values: Vec<_> =
            parameters.iter().map(|parameter| ScalarValue::Utf8View(Some(parameter.as_str().into()))).collect();
        let state = session.state();
        let plan = state.statement_to_plan(parsed.statement).await?.with_param_values(ParamValues::from(values))?;
        Ok(DataFrame::new(state, plan))
    }

    pub(crate) fn session(&self) -> SessionContext {
        let config = SessionConfig::new()
            .with_information_schema(false)
            // The footers have been read already, and no statistics would change these plans.
            .with_collect_statistics(false)
            .with_spill_compression(SpillCompression::Lz4Frame);
        let config = match self.options.threads {
            Some(threads) => config.with_target_partitions(threads.max(1)),
            None => config,
        };
        let session = SessionContext::new_with_config_rt(trino::configure(config), Arc::clone(&self.runtime));
        trino::register_functions(&session);
        session.add_optimizer_rule(Arc::new(GroupTextsByNumber { memory: Arc::clone(&self.runtime.memory_pool) }));
        session
    }
}

fn select_as_declared(frame: DataFrame, declared: &SchemaRef) -> Result<DataFrame> {
    let names = |schema: &arrow::datatypes::Schema| -> Vec<String> {
        schema.fields().iter().map(|field| field.name().clone()).collect()
    };
    let (found, expected) = (names(frame.schema().as_arrow()), names(declared));
    if found != expected {
        return Err(DataFusionError::Plan(format!(
            "the text answers with {found:?}, its question declares {expected:?}"
        )));
    }
    let columns =
        declared.fields().iter().map(|field| cast(ident(field.name()), field.data_type().clone()).alias(field.name()));
    frame.select(columns.collect::<Vec<_>>())
}

fn as_declared(declared: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch> {
    // Checks types and that nothing is NULL that must not be.
    Ok(RecordBatch::try_new(Arc::clone(declared), batch.columns().to_vec())?)
}

/// Nothing comes after an error.
fn until_error<T, E>(stream: impl futures::Stream<Item = Result<T, E>>) -> impl futures::Stream<Item = Result<T, E>> {
    stream.scan(false, |failed, item| {
        let ended = *failed;
        *failed = item.is_err();
        future::ready((!ended).then_some(item))
    })
}

/// What is known of a question when it fails.
struct Failure {
    question: &'static str,
    manifest: Manifest,
    files: Vec<ReadableFile>,
    limit_bytes: usize,
}

impl Failure {
    fn of(&self, source: DataFusionError) -> EngineError {
        let (question, source) = (self.question, Box::new(source));
        if let Some(cause) = cause_in_s3(&*source) {
            return in_s3(cause, &self.manifest, &self.manifest.address);
        }
        if matches!(source.find_root(), DataFusionError::ResourcesExhausted(_)) {
            return EngineError::OutOfMemory { question, limit_bytes: self.limit_bytes, source };
        }
        let (export, period) = (self.manifest.export.clone(), self.manifest.period);
        EngineError::Question { question, export, period, source }
    }

    /// The file to blame, where one is.
    async fn while_reading(&self, source: DataFusionError) -> EngineError {
        let error = self.of(source);
        if !matches!(error, EngineError::Question { .. }) {
            return error;
        }
        tracing::warn!(question = self.question, error = %error, "looking for the file to blame");
        damage::find(&self.files, &self.manifest).await.unwrap_or(error)
    }
}
