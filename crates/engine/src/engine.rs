use crate::{Answer, EmbeddedEngine, EngineError, ExportColumns, Manifest, Parameter, Question, SharedQueryLog};

/// What puts questions to an export. Cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Engine {
    /// Apache DataFusion in this process.
    Embedded(EmbeddedEngine),
}

impl Engine {
    /// `embedded` or `athena`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "embedded",
        }
    }

    /// Asks one delivery a question. The rows come as they are computed; see [`Answer`]. The log is told of the query.
    ///
    /// # Errors
    /// As [`EmbeddedEngine::ask`].
    pub async fn ask(
        &self,
        question: &'static Question,
        parameters: &[Parameter],
        manifest: &Manifest,
        log: &SharedQueryLog,
    ) -> Result<Answer, EngineError> {
        log.admit(self.name()).await?;
        match self {
            Self::Embedded(engine) => engine.ask(question, parameters, manifest).await,
        }
    }

    /// Whether a delivery can be read, and which optional columns it has.
    ///
    /// # Errors
    /// As [`EmbeddedEngine::probe`].
    pub async fn probe(&self, manifest: &Manifest) -> Result<ExportColumns, EngineError> {
        match self {
            Self::Embedded(engine) => engine.probe(manifest).await,
        }
    }
}
