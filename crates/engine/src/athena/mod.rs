//! Asks an export through Amazon Athena.
//!
//! A question's text goes to Athena as it stands in `sql/`, with its values as execution parameters. What Athena reads is
//! held to the files of the delivery ([`reach`]), a query has a token by which a process that was killed finds it again
//! ([`token`]), and results of any size come back as a stream ([`fetch`]).

mod client;
mod error;
mod execution;
mod fetch;
mod literal;
mod options;
mod price;
mod reach;
mod results;
mod retry;
mod table;
mod token;
mod workgroup;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_athena::Client;
use aws_sdk_athena::types::QueryExecution;
use backon::BackoffBuilder;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;

use self::client::Statement;
pub use self::error::AthenaError;
use self::error::FailedRequest;
use self::execution::{Running, is_of_an_earlier_life, is_over, succeeded};
use self::fetch::Fetched;
pub use self::options::{AthenaOptions, Fetch, ResultEncryption};
pub use self::price::{PRICE_PER_TERABYTE, price_of_scan};
use self::reach::Reach;
use self::results::Delivery;
use self::token::Sameness;
use self::workgroup::Workgroup;
use crate::told::Told;
use crate::{
    Answer, EngineError, ExportColumns, Manifest, Parameter, QueryAsked, Question, SharedQueryLog, parameters, probe,
};

/// The name under which its queries are told of.
pub(crate) const NAME: &str = "athena";

/// How many executions of earlier processes are passed by, one for each time that the same was asked and failed or was read to
/// its end. Beyond, a query gets a token that nobody can find again.
const PASSED_BY: u32 = 16;

/// How often a query that failed is started anew where Athena says that this may help.
const STARTED_ANEW: usize = 3;

/// Runs questions in Amazon Athena, over an export in S3.
///
/// Cheap to clone; clones share one client.
#[derive(Clone)]
pub struct AthenaEngine {
    shared: Arc<Shared>,
}

struct Shared {
    options: AthenaOptions,
    sdk: Option<SdkConfig>,
    client: OnceCell<Client>,
    workgroup: OnceCell<Workgroup>,
    /// Athena has refused to UNLOAD, and need not be asked again.
    unload_is_refused: AtomicBool,
    swept: OnceCell<()>,
    /// The attempt that comes next, by the token of the first: what this process has read or seen fail is not asked for again.
    next: Mutex<HashMap<String, u32>>,
    /// The queries whose results were read, by delivery.
    read: Mutex<HashMap<Delivery, Vec<String>>>,
    /// Queries that are being stopped.
    stops: TaskTracker,
}

/// A question on its way.
struct Asking<'a> {
    question: &'static Question,
    manifest: &'a Manifest,
    /// The values that were given.
    given: Vec<String>,
    literals: Vec<String>,
    fingerprint: String,
    log: &'a SharedQueryLog,
    reach: Reach,
}

/// How one attempt ended that gave no answer.
enum Attempt {
    /// Its execution is of an earlier life, and no use any more.
    Spent,
    /// It failed, and may succeed when it is started anew.
    Again(AthenaError),
    /// UNLOAD is not allowed here.
    UnloadRefused(AthenaError),
    /// It failed.
    Failed(AthenaError),
}

impl From<AthenaError> for Attempt {
    fn from(error: AthenaError) -> Self {
        Self::Failed(error)
    }
}

impl AthenaEngine {
    /// An engine with the credentials of the SDK's default chain. Nothing is asked of AWS before the first question.
    pub fn new(options: AthenaOptions) -> Self {
        Self::make(options, None)
    }

    /// As [`AthenaEngine::new`], with credentials and time limits of the caller's.
    pub fn with_sdk_config(options: AthenaOptions, sdk: SdkConfig) -> Self {
        Self::make(options, Some(sdk))
    }

    fn make(options: AthenaOptions, sdk: Option<SdkConfig>) -> Self {
        let shared = Shared {
            options,
            sdk,
            client: OnceCell::new(),
            workgroup: OnceCell::new(),
            unload_is_refused: AtomicBool::new(false),
            swept: OnceCell::new(),
            next: Mutex::default(),
            read: Mutex::default(),
            stops: TaskTracker::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Asks one delivery a question. The rows come as they are fetched; see [`Answer`]. The log must have admitted it.
    ///
    /// # Errors
    ///
    /// Before any row: parameters that do not fit, an export that is not in S3, files beside the delivery's that Athena
    /// would read too, a query that fails. While rows come: results that cannot be read.
    pub async fn ask(
        &self,
        question: &'static Question,
        given: &[Parameter],
        manifest: &Manifest,
        log: &SharedQueryLog,
    ) -> Result<Answer, EngineError> {
        parameters::check(question, given, manifest)?;
        let failed = |source| EngineError::Athena {
            question: question.name,
            export: manifest.export.clone(),
            period: manifest.period,
            source: Box::new(source),
        };
        let reach = Reach::of(manifest).map_err(failed)?;
        let bound = parameters::with_files_under(question, given, &reach.address());
        let literals = literals(&bound).map_err(failed)?;
        let given = bound.iter().map(|parameter| parameter.as_str().to_owned()).collect();
        let fingerprint = question.fingerprint();
        let asking = Asking { question, manifest, given, literals, fingerprint, log, reach };
        self.sweep_once().await;
        asking.reach.prove_alone().await.map_err(failed)?;
        self.attempt_until_answered(&asking).await.map_err(failed)
    }

    /// Whether the table can be asked, whether the delivery's files can be read, and which optional columns they have.
    ///
    /// # Errors
    ///
    /// When there is no table or it is of another form, with the statement that would mend it, and when a file is missing,
    /// damaged or has a column of another type.
    pub async fn probe(&self, manifest: &Manifest) -> Result<ExportColumns, EngineError> {
        let failed = |source| EngineError::AthenaTable { export: manifest.export.clone(), source: Box::new(source) };
        self.check_table(manifest).await.map_err(failed)?;
        // A table may have columns that no file has. What the files have, only the files say.
        Ok(probe::probe(manifest).await?.columns)
    }

    /// Waits, for as long as that, until queries that nobody waits for have been stopped.
    pub async fn close(&self, longest: Duration) {
        self.shared.stops.close();
        if tokio::time::timeout(longest, self.shared.stops.wait()).await.is_err() {
            tracing::warn!("queries that are being stopped may go on in Athena");
        }
    }

    async fn attempt_until_answered(&self, asking: &Asking<'_>) -> Result<Answer, AthenaError> {
        let mut waits = retry::waits().with_max_times(STARTED_ANEW).build();
        let mut passed_by = 0;
        loop {
            let fetch = self.fetch().await;
            let first = self.sameness(asking, fetch).token("0");
            let attempt = self.next_attempt(&first);
            let name = match passed_by {
                PASSED_BY.. => uuid::Uuid::new_v4().to_string(),
                _ => attempt.to_string(),
            };
            let token = self.sameness(asking, fetch).token(&name);
            let failed = match self.attempt(asking, fetch, token).await {
                Ok(answer) => {
                    // Should the same be asked again while this is read, it is the same execution; see `settle`.
                    return Ok(answer);
                }
                Err(failed) => failed,
            };
            if !matches!(failed, Attempt::UnloadRefused(_)) {
                self.pass_by(&first, attempt);
            }
            match failed {
                Attempt::Spent => passed_by += 1,
                Attempt::UnloadRefused(error) => {
                    tracing::warn!(%error, "UNLOAD is not allowed here; results are read from the result file from now on");
                    self.shared.unload_is_refused.store(true, Ordering::Relaxed);
                }
                Attempt::Again(error) => match waits.next() {
                    Some(wait) => {
                        tracing::warn!(%error, ?wait, "the query is started anew");
                        tokio::time::sleep(wait).await;
                    }
                    None => return Err(error),
                },
                Attempt::Failed(error) => return Err(error),
            }
        }
    }

    async fn attempt(&self, asking: &Asking<'_>, fetch: Fetch, token: String) -> Result<Answer, Attempt> {
        let may_fall_back = fetch == Fetch::Unload && self.shared.options.fetch == Fetch::Auto;
        let statement = self.statement(asking, fetch, &token);
        let execution_id = match self.start(&statement).await {
            Ok(id) => id,
            Err(failed) if may_fall_back && refuses_unload(&failed) => {
                return Err(Attempt::UnloadRefused(failed.error));
            }
            Err(failed) => return Err(Attempt::Failed(failed.error)),
        };
        let execution = self.look(&execution_id).await?;
        let was_over = is_over(&execution);
        if was_over && !succeeded(&execution) && is_of_an_earlier_life(&execution, self.shared.options.began_at) {
            return Err(Attempt::Spent);
        }
        let is_new = !is_of_an_earlier_life(&execution, self.shared.options.began_at);
        if was_over && succeeded(&execution) && !self.still_has_results(fetch, &token, &execution, is_new).await? {
            return Err(Attempt::Spent);
        }
        tracing::debug!(question = asking.question.name, execution_id, fetch = fetch.as_str(), "asking Athena");
        let told = Told::started(asking.log, asking.told_as(&execution_id)).await;
        let (execution, told) = match Running::new(self, told).wait(execution).await {
            Ok(ended) => ended,
            Err(failed) if may_fall_back && failed.is_refusal => return Err(Attempt::UnloadRefused(failed.error)),
            Err(failed) if failed.retryable => return Err(Attempt::Again(failed.error)),
            Err(failed) => return Err(Attempt::Failed(failed.error)),
        };
        self.answer(asking, fetch, token, &execution, told).await.map_err(Attempt::Failed)
    }

    /// The rows of a query that has succeeded.
    async fn answer(
        &self,
        asking: &Asking<'_>,
        fetch: Fetch,
        token: String,
        execution: &QueryExecution,
        told: Told,
    ) -> Result<Answer, AthenaError> {
        let schema = asking.question.schema();
        // What has been delivered or put there while Athena read may have been read as well.
        let fetched = match asking.reach.prove_alone().await {
            Ok(()) => self.fetched(fetch, &token, execution, &schema).await,
            Err(error) => Err(error),
        };
        let Fetched { batches } = match fetched {
            Ok(fetched) => fetched,
            Err(error) => {
                told.end(Some(error.to_string())).await;
                return Err(error);
            }
        };
        let delivery = (asking.manifest.export.clone(), asking.manifest.identity.clone());
        let engine = self.clone();
        let batches = told.watch(batches, move || engine.has_read(delivery, token));
        Ok(Answer { schema, batches })
    }

    fn sameness<'a>(&'a self, asking: &'a Asking<'_>, fetch: Fetch) -> Sameness<'a> {
        let options = &self.shared.options;
        Sameness {
            fingerprint: &asking.fingerprint,
            literals: &asking.literals,
            delivery: &asking.manifest.identity,
            fetch,
            workgroup: &options.workgroup,
            catalog: &options.catalog,
            database: options.database_of(&asking.manifest.export),
            results: options.results.as_ref().map_or("", |results| results.prefix()),
        }
    }

    fn statement(&self, asking: &Asking<'_>, fetch: Fetch, token: &str) -> Statement {
        let text = asking.question.text;
        let folder = self.folder_of(token);
        let text = match (fetch, &folder) {
            // The folder is a bucket and a prefix of the configuration's, which were checked, and a token.
            (Fetch::Unload, Some(folder)) => format!(
                "unload (\n{text}\n) to {} with (format = 'PARQUET', compression = 'SNAPPY')",
                fetch::rows_literal(folder)
            ),
            _ => text.to_owned(),
        };
        let database = self.shared.options.database_of(&asking.manifest.export).to_owned();
        let output = folder.filter(|_| fetch != Fetch::Pages);
        Statement { text, parameters: asking.literals.clone(), token: token.to_owned(), database, output }
    }

    fn next_attempt(&self, first: &str) -> u32 {
        *self.shared.next.lock().unwrap_or_else(PoisonError::into_inner).get(first).unwrap_or(&0)
    }

    fn pass_by(&self, first: &str, attempt: u32) {
        let mut next = self.shared.next.lock().unwrap_or_else(PoisonError::into_inner);
        // One for each question and delivery: what was long ago is found to be spent again, which costs two requests.
        if next.len() > 10_000 {
            next.clear();
        }
        let next = next.entry(first.to_owned()).or_default();
        *next = (*next).max(attempt + 1);
    }

    fn unload_is_refused(&self) -> bool {
        self.shared.unload_is_refused.load(Ordering::Relaxed)
    }

    /// With the first question, so that a service starts when AWS cannot be reached.
    async fn sweep_once(&self) {
        let sweep = || async {
            match self.sweep().await {
                Ok(0) => {}
                Ok(folders) => tracing::info!(folders, "results that earlier processes left are removed"),
                Err(error) => tracing::warn!(%error, "results that earlier processes left cannot be removed"),
            }
        };
        self.shared.swept.get_or_init(sweep).await;
    }
}

impl Asking<'_> {
    fn told_as(&self, execution_id: &str) -> QueryAsked {
        QueryAsked {
            engine: NAME,
            question: self.question.name,
            fingerprint: self.fingerprint.clone(),
            parameters: self.given.clone(),
            export: self.manifest.export.clone(),
            period: self.manifest.period,
            delivery: self.manifest.identity.clone(),
            execution_id: execution_id.to_owned(),
        }
    }
}

impl std::fmt::Debug for AthenaEngine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AthenaEngine").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

fn literals(bound: &[Parameter]) -> Result<Vec<String>, AthenaError> {
    let literal = |(index, parameter): (usize, &Parameter)| {
        let too_long = |length| AthenaError::ParameterTooLong { position: index + 1, length };
        literal::text(parameter.as_str()).map_err(too_long)
    };
    bound.iter().enumerate().map(literal).collect()
}

/// Athena says so before it starts anything, in words only.
fn refuses_unload(failed: &FailedRequest) -> bool {
    let said = failed.error.to_string().to_ascii_lowercase();
    matches!(failed.error, AthenaError::Refused { .. } | AthenaError::AccessDenied { .. })
        && ["unload", "managed", "not authorized", "access denied", "output location", "permission"]
            .iter()
            .any(|words| said.contains(words))
}
