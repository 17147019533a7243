//! A stand-in over a sample export, and AWS's own clients to ask it with.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_athena::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_athena::operation::start_query_execution::builders::StartQueryExecutionFluentBuilder;
use aws_sdk_athena::types::{QueryExecution, QueryExecutionContext, QueryExecutionState, ResultConfiguration, Row};
use aws_sdk_s3::config::retry::RetryConfig;
use sample::SampleOptions;
use stand_in::{Settings, StandIn};
use tempfile::TempDir;

/// Where the sample's data lie.
pub const DATA: &str = "s3://exports/cur2/bedrock-cur2/data/";

pub struct World {
    pub stand_in: StandIn,
    pub athena: aws_sdk_athena::Client,
    pub s3: aws_sdk_s3::Client,
    pub folder: TempDir,
}

impl World {
    /// Two small months and the published one, as the table `billing.cur2`.
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let export = folder.path().join("exports/cur2/bedrock-cur2");
        std::fs::create_dir_all(&export).unwrap();
        std::fs::create_dir_all(folder.path().join("results")).unwrap();
        sample::write(&SampleOptions { folder: export, months: 2, lines: 2_000, ..SampleOptions::default() }, |_| {})
            .unwrap();
        let stand_in = StandIn::start(folder.path(), "127.0.0.1:0".parse().unwrap(), settings).await.unwrap();
        stand_in.create_database("billing");
        stand_in.crawl_table("billing", "cur2", DATA, &["billing_period"]).unwrap();
        let config = config(&stand_in.url());
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Self { athena: aws_sdk_athena::Client::new(&config), s3: aws_sdk_s3::Client::from_conf(s3), stand_in, folder }
    }

    /// A query in the database `billing`, with results under `s3://results/`.
    pub fn start(&self, text: &str) -> StartQueryExecutionFluentBuilder {
        self.athena
            .start_query_execution()
            .query_string(text)
            .query_execution_context(QueryExecutionContext::builder().database("billing").build())
            .result_configuration(ResultConfiguration::builder().output_location("s3://results/").build())
    }

    /// Starts it and waits for its end.
    pub async fn run(&self, query: StartQueryExecutionFluentBuilder) -> QueryExecution {
        let id = query.send().await.unwrap().query_execution_id.unwrap();
        self.wait(&id).await
    }

    pub async fn wait(&self, id: &str) -> QueryExecution {
        loop {
            let execution = self.get(id).await;
            let state = execution.status().unwrap().state().unwrap();
            if !matches!(state, QueryExecutionState::Queued | QueryExecutionState::Running) {
                return execution;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn get(&self, id: &str) -> QueryExecution {
        let answer = self.athena.get_query_execution().query_execution_id(id).send().await.unwrap();
        answer.query_execution.unwrap()
    }

    /// The rows of a text's answer, without the header.
    pub async fn rows(&self, text: &str, parameters: &[&str]) -> Vec<Vec<Option<String>>> {
        let execution = self.run(with_parameters(self.start(text), parameters)).await;
        assert_eq!(reason(&execution), "", "{text}");
        let answer = self.athena.get_query_results().query_execution_id(id(&execution)).send().await.unwrap();
        let rows = answer.result_set.unwrap().rows.unwrap();
        rows.iter().skip(1).map(texts).collect()
    }

    /// Why a text's query failed.
    pub async fn failure(&self, text: &str, parameters: &[&str]) -> String {
        let execution = self.run(with_parameters(self.start(text), parameters)).await;
        assert_eq!(state(&execution), QueryExecutionState::Failed, "{text}");
        reason(&execution).to_owned()
    }

    pub async fn object(&self, bucket: &str, key: &str) -> Vec<u8> {
        let object = self.s3.get_object().bucket(bucket).key(key).send().await.unwrap();
        object.body.collect().await.unwrap().to_vec()
    }
}

fn with_parameters(query: StartQueryExecutionFluentBuilder, parameters: &[&str]) -> StartQueryExecutionFluentBuilder {
    parameters.iter().fold(query, |query, &parameter| query.execution_parameters(parameter))
}

/// A client's configuration that does not try again by itself, so that a test sees each answer.
pub fn config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("anybody", "anything", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}

pub fn id(execution: &QueryExecution) -> &str {
    execution.query_execution_id().unwrap()
}

pub fn state(execution: &QueryExecution) -> QueryExecutionState {
    execution.status().unwrap().state().unwrap().clone()
}

/// Why a query did not succeed; nothing when it did.
pub fn reason(execution: &QueryExecution) -> &str {
    execution.status().unwrap().state_change_reason().unwrap_or_default()
}

pub fn texts(row: &Row) -> Vec<Option<String>> {
    row.data().iter().map(|value| value.var_char_value().map(str::to_owned)).collect()
}
