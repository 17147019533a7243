use std::time::Duration;

use uuid::Uuid;

use crate::told::Told;
use crate::{
    Answer, AthenaEngine, EmbeddedEngine, EngineError, ExportColumns, Manifest, Parameter, QueryAsked, Question,
    SharedQueryLog, athena,
};

/// What puts questions to an export. Cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Engine {
    /// Apache DataFusion in this process.
    Embedded(EmbeddedEngine),
    /// Amazon Athena.
    Athena(AthenaEngine),
}

impl Engine {
    /// `embedded` or `athena`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "embedded",
            Self::Athena(_) => athena::NAME,
        }
    }

    /// Asks one delivery a question. The rows come as they are computed; see [`Answer`]. The log is told of the query.
    ///
    /// # Errors
    /// When the log does not admit it; else as [`EmbeddedEngine::ask`] and [`AthenaEngine::ask`].
    pub async fn ask(
        &self,
        question: &'static Question,
        parameters: &[Parameter],
        manifest: &Manifest,
        log: &SharedQueryLog,
    ) -> Result<Answer, EngineError> {
        log.admit(self.name()).await?;
        match self {
            Self::Embedded(engine) => self.ask_embedded(engine, question, parameters, manifest, log).await,
            Self::Athena(engine) => engine.ask(question, parameters, manifest, log).await,
        }
    }

    /// The embedded engine is not told of queries; it is told of here.
    async fn ask_embedded(
        &self,
        engine: &EmbeddedEngine,
        question: &'static Question,
        parameters: &[Parameter],
        manifest: &Manifest,
        log: &SharedQueryLog,
    ) -> Result<Answer, EngineError> {
        let query = QueryAsked {
            engine: self.name(),
            question: question.name,
            fingerprint: question.fingerprint(),
            parameters: parameters.iter().map(|parameter| parameter.as_str().to_owned()).collect(),
            export: manifest.export.clone(),
            period: manifest.period,
            delivery: manifest.identity.clone(),
            execution_id: Uuid::now_v7().to_string(),
        };
        let told = Told::started(log, query).await;
        match engine.ask(question, parameters, manifest).await {
            Ok(Answer { schema, batches }) => Ok(Answer { schema, batches: told.watch(batches, || {}) }),
            Err(error) => {
                told.end(Some(error.to_string())).await;
                Err(error)
            }
        }
    }

    /// Whether a delivery can be read, and which optional columns it has.
    ///
    /// # Errors
    /// As [`EmbeddedEngine::probe`] and [`AthenaEngine::probe`].
    pub async fn probe(&self, manifest: &Manifest) -> Result<ExportColumns, EngineError> {
        match self {
            Self::Embedded(engine) => engine.probe(manifest).await,
            Self::Athena(engine) => engine.probe(manifest).await,
        }
    }

    /// To be called when the answers about a delivery have been kept, or will not be: what was put aside so that they need
    /// not be paid for again is removed.
    pub async fn settle(&self, manifest: &Manifest) {
        match self {
            Self::Embedded(_) => {}
            Self::Athena(engine) => engine.settle(manifest).await,
        }
    }

    /// To be called last: waits, for as long as that, until queries whose answers were dropped have been stopped.
    pub async fn close(&self, longest: Duration) {
        match self {
            Self::Embedded(_) => {}
            Self::Athena(engine) => engine.close(longest).await,
        }
    }
}
