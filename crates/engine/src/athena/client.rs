//! The requests that are made of Athena, each tried again while what stands in its way may pass.

use aws_sdk_athena::Client;
use aws_sdk_athena::config::retry::RetryConfig;
use aws_sdk_athena::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_athena::types::{
    EncryptionConfiguration, EncryptionOption, QueryExecution, QueryExecutionContext, ResultConfiguration,
    TableMetadata, WorkGroupConfiguration,
};
use futures::FutureExt;

use super::AthenaEngine;
use super::error::{AthenaError, FailedRequest};
use super::options::ResultEncryption;
use super::retry::retrying;
use crate::s3::sdk_config;

/// A query to be started.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) parameters: Vec<String>,
    pub(super) token: String,
    pub(super) database: String,
    /// Where the result file, or the list of what UNLOAD wrote, is to be put; the workgroup says it where we do not.
    pub(super) output: Option<String>,
}

impl AthenaEngine {
    /// The client, made when it is first needed. Where that fails, the next who needs it tries again.
    ///
    /// Boxed, as all that wraps a future of the SDK's: their types are too deep for the compiler to see through.
    pub(super) async fn client(&self) -> Result<&Client, AthenaError> {
        let connect = || async {
            let options = &self.shared.options;
            let found;
            let sdk = match &self.shared.sdk {
                Some(given) => given,
                None => {
                    found = sdk_config(options.region.as_deref()).boxed().await;
                    &found
                }
            };
            let mut builder = aws_sdk_athena::config::Builder::from(sdk)
                // Which failures pass is decided here, in one place.
                .retry_config(RetryConfig::disabled());
            if let Some(endpoint) = &options.endpoint_url {
                builder = builder.endpoint_url(endpoint);
            }
            if sdk.region().is_none() {
                let said = "no region is configured; give `[athena] region`, or AWS_REGION".to_owned();
                return Err(AthenaError::Refused { action: "athena:StartQueryExecution", said, hint: "" });
            }
            Ok(Client::from_conf(builder.build()))
        };
        self.shared.client.get_or_try_init(connect).await
    }

    /// Starts a query, or finds the one that was started with the same token. Its id.
    pub(super) async fn start(&self, statement: &Statement) -> Result<String, FailedRequest> {
        const ACTION: &str = "athena:StartQueryExecution";
        let (client, options) = (self.client().await?, &self.shared.options);
        let context = QueryExecutionContext::builder().catalog(&options.catalog).database(&statement.database).build();
        let output = statement.output.as_ref().map(|location| self.result_configuration(location)).transpose()?;
        let ask = || {
            let request = client
                .start_query_execution()
                .query_string(&statement.text)
                .set_execution_parameters((!statement.parameters.is_empty()).then(|| statement.parameters.clone()))
                .client_request_token(&statement.token)
                .work_group(&options.workgroup)
                .query_execution_context(context.clone())
                .set_result_configuration(output.clone());
            async move { request.send().boxed().await.map_err(|error| FailedRequest::new(ACTION, &error)) }
        };
        let answer = retrying(ask).await?;
        answer.query_execution_id.ok_or_else(|| refused(ACTION, "the answer has no QueryExecutionId").into())
    }

    fn result_configuration(&self, location: &str) -> Result<ResultConfiguration, AthenaError> {
        let options = &self.shared.options;
        let encryption = match &options.encryption {
            None => None,
            Some(ResultEncryption::SseS3) => Some((EncryptionOption::SseS3, None)),
            Some(ResultEncryption::SseKms(key)) => Some((EncryptionOption::SseKms, Some(key.clone()))),
        };
        let encryption = encryption
            .map(|(option, key)| EncryptionConfiguration::builder().encryption_option(option).set_kms_key(key).build())
            .transpose()
            .map_err(|error| refused("athena:StartQueryExecution", &error.to_string()))?;
        Ok(ResultConfiguration::builder()
            .output_location(location)
            .set_encryption_configuration(encryption)
            .set_expected_bucket_owner(options.expected_bucket_owner.clone())
            .build())
    }

    /// How a query stands.
    pub(super) async fn look(&self, execution_id: &str) -> Result<QueryExecution, AthenaError> {
        const ACTION: &str = "athena:GetQueryExecution";
        let client = self.client().await?;
        let ask = || {
            let request = client.get_query_execution().query_execution_id(execution_id);
            async move { request.send().boxed().await.map_err(|error| FailedRequest::new(ACTION, &error)) }
        };
        let answer = retrying(ask).await.map_err(|failed| failed.error)?;
        answer.query_execution.ok_or_else(|| refused(ACTION, "the answer has no QueryExecution"))
    }

    /// Stops a query. One that has ended already is left as it is.
    pub(super) async fn stop(&self, execution_id: &str) -> Result<(), AthenaError> {
        const ACTION: &str = "athena:StopQueryExecution";
        let client = self.client().await?;
        let ask = || {
            let request = client.stop_query_execution().query_execution_id(execution_id);
            async move { request.send().boxed().await.map_err(|error| FailedRequest::new(ACTION, &error)) }
        };
        retrying(ask).await.map(drop).map_err(|failed| failed.error)
    }

    /// A page of results.
    pub(super) async fn page(
        &self,
        execution_id: &str,
        after: Option<String>,
    ) -> Result<GetQueryResultsOutput, AthenaError> {
        const ACTION: &str = "athena:GetQueryResults";
        let client = self.client().await?;
        let ask = || {
            let request = client.get_query_results().query_execution_id(execution_id).max_results(1000);
            let request = request.set_next_token(after.clone());
            async move { request.send().boxed().await.map_err(|error| FailedRequest::new(ACTION, &error)) }
        };
        retrying(ask).await.map_err(|failed| failed.error)
    }

    /// The settings of the workgroup.
    pub(super) async fn get_workgroup(&self) -> Result<Option<WorkGroupConfiguration>, AthenaError> {
        const ACTION: &str = "athena:GetWorkGroup";
        let (client, name) = (self.client().await?, &self.shared.options.workgroup);
        let ask = || {
            let request = client.get_work_group().work_group(name);
            async move { request.send().boxed().await.map_err(|error| FailedRequest::new(ACTION, &error)) }
        };
        let answer = retrying(ask).await.map_err(|failed| failed.error)?;
        Ok(answer.work_group.and_then(|group| group.configuration))
    }

    /// What the catalog says of a table; nothing where it has none of that name.
    pub(super) async fn get_table(&self, database: &str, table: &str) -> Result<Option<TableMetadata>, AthenaError> {
        const ACTION: &str = "athena:GetTableMetadata";
        let (client, options) = (self.client().await?, &self.shared.options);
        let ask = || {
            let request = client
                .get_table_metadata()
                .catalog_name(&options.catalog)
                .database_name(database)
                .table_name(table)
                .work_group(&options.workgroup);
            async move { request.send().boxed().await.map_err(|error| FailedRequest::new(ACTION, &error)) }
        };
        match retrying(ask).await {
            Ok(answer) => Ok(answer.table_metadata),
            // Glue's EntityNotFoundException comes as one of these.
            Err(failed) if failed.code == "MetadataException" && is_absence(&failed.error) => Ok(None),
            Err(failed) => Err(failed.error),
        }
    }
}

fn is_absence(error: &AthenaError) -> bool {
    let said = error.to_string().to_ascii_lowercase();
    ["not found", "notfound", "does not exist"].iter().any(|words| said.contains(words))
}

fn refused(action: &'static str, said: &str) -> AthenaError {
    AthenaError::Refused { action, said: said.to_owned(), hint: "" }
}

impl From<AthenaError> for FailedRequest {
    /// A failure that would not pass.
    fn from(error: AthenaError) -> Self {
        Self { error, passing: false, code: String::new() }
    }
}
