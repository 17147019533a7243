use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::Serialize;
use store::cost_files::{CostFileRecord, FileState};
use utoipa::ToSchema;
use uuid::Uuid;

use super::path_of;
use crate::http::answer::Links;

/// One cost file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostFileAnswer {
    /// The file.
    data: CostFile,
    /// Where to go from here; `content`, once it is complete.
    links: Links,
}

/// A file of costs: what was asked for, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostFile {
    /// The id.
    #[schema(value_type = String, format = "uuid", example = "019f3b2a-6d77-7c0e-9f5c-6f3f1c1a2b3c")]
    id: Uuid,
    /// `queued`, `running`, `complete` or `failed`.
    #[schema(value_type = String, example = "complete")]
    state: &'static str,
    /// The question as understood: as the query string of `/v1/costs` it has the same rows as an answer.
    #[schema(example = "period=2026-10&granularity=daily&group_by=team,principal&cost=unblended&as_of=v12&format=csv")]
    question: String,
    /// The data version that it is of.
    #[schema(example = "v12")]
    data_version: String,
    /// `csv`, `ndjson` or `parquet`.
    #[schema(example = "csv")]
    format: String,
    /// What it is called; null until it is complete, like all that follows of it.
    #[schema(example = "costs-2026-10.csv")]
    name: Option<String>,
    /// Its rows.
    #[schema(example = 1_204_882)]
    rows: Option<i64>,
    /// Its length in bytes.
    #[schema(example = 181_203_114)]
    bytes: Option<i64>,
    /// SHA-256 of it, in hexadecimal digits.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: Option<String>,
    /// What its rows come to in each currency, and the control figures that they belong to, as in the headers of the file.
    #[schema(example = "\"USD\";cost=\"1.3\";line_items=6")]
    cost_totals: Option<String>,
    /// The same of the whole periods that it is about.
    #[schema(
        example = "\"USD\";bedrock_total=\"1.3\";attributed=\"1.25\";unattributed=\"0.05\";unclassified=\"0\";delta=\"0\""
    )]
    control_totals: Option<String>,
    /// Why it failed; null where it did not.
    failure: Option<String>,
    /// When it was asked for.
    requested_at: DateTime<Utc>,
    /// When it was complete, or failed; null until then.
    finished_at: Option<DateTime<Utc>>,
    /// When it is forgotten; null until it is complete, or has failed.
    expires_at: Option<DateTime<Utc>>,
}

impl From<&CostFileRecord> for CostFile {
    fn from(record: &CostFileRecord) -> Self {
        let content = record.content.as_ref();
        let told = |header: &str| content.and_then(|content| content.told.get(header)?.as_str().map(str::to_owned));
        Self {
            id: record.cost_file_id,
            state: record.state.as_str(),
            question: record.question.clone(),
            data_version: format!("v{}", record.data_version),
            format: record.format.clone(),
            name: content.map(|content| format!("{}.{}", content.name, record.format)),
            rows: content.map(|content| content.rows),
            bytes: content.map(|content| content.bytes),
            sha256: content.map(|content| HEXLOWER.encode(&content.digest)),
            cost_totals: told("cost-totals"),
            control_totals: told("control-totals"),
            failure: record.failure.clone(),
            requested_at: record.requested_at,
            finished_at: record.finished_at,
            expires_at: record.expires_at,
        }
    }
}

impl From<&CostFileRecord> for CostFileAnswer {
    fn from(record: &CostFileRecord) -> Self {
        let path = path_of(record.cost_file_id);
        let links = Links::to_self(path.clone());
        let links = match record.state {
            FileState::Complete => links.and("content", format!("{path}/content")),
            FileState::Queued | FileState::Running | FileState::Failed => links,
        };
        Self { data: record.into(), links }
    }
}
