//! StartQueryExecution (<https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html>).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::execution::{Added, Execution, Order, run};
use crate::fault::Fault;
use crate::place::Place;
use crate::settings::{Encryption, Workgroup};
use crate::sql::Statement;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    query_string: String,
    #[serde(default)]
    execution_parameters: Option<Vec<String>>,
    client_request_token: Option<String>,
    #[serde(default)]
    query_execution_context: Context,
    #[serde(default)]
    result_configuration: ResultConfiguration,
    work_group: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Context {
    database: Option<String>,
    catalog: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultConfiguration {
    output_location: Option<String>,
    encryption_configuration: Option<Encryption>,
    expected_bucket_owner: Option<String>,
}

/// The longest text of a query, in bytes.
const MAX_QUERY_BYTES: usize = 262_144;

pub(super) fn start(world: &Arc<World>, request: Request) -> Result<Value, Fault> {
    request.check()?;
    let statement =
        Statement::parse(&request.query_string).map_err(|error| Fault::invalid("MALFORMED_QUERY", error))?;
    let order = request.order(world)?;
    match world.executions.add(Execution::new(order, statement)) {
        Ok(Added::New(id)) => {
            tokio::spawn(run::run(Arc::clone(world), id.clone()));
            Ok(json!({"QueryExecutionId": id}))
        }
        Ok(Added::Known(id)) => Ok(json!({"QueryExecutionId": id})),
        Err(()) => Err(Fault::invalid("INVALID_INPUT", "Idempotent parameters do not match")),
    }
}

impl Request {
    fn check(&self) -> Result<(), Fault> {
        let invalid = |sentence: &str| Err(Fault::invalid("INVALID_INPUT", sentence));
        if self.query_string.is_empty() || self.query_string.len() > MAX_QUERY_BYTES {
            return invalid("Query string must have between 1 and 262144 bytes");
        }
        let token = self.client_request_token.as_deref();
        if token.is_some_and(|token| !(32..=128).contains(&token.chars().count())) {
            return invalid("ClientRequestToken must have length between 32 and 128");
        }
        match &self.execution_parameters {
            Some(parameters) if parameters.is_empty() => invalid("ExecutionParameters must not be empty"),
            Some(parameters) if parameters.iter().any(|text| !(1..=1024).contains(&text.chars().count())) => {
                invalid("each of ExecutionParameters must have length between 1 and 1024")
            }
            _ => Ok(()),
        }
    }

    /// What is asked for, after the workgroup had its say.
    fn order(self, world: &World) -> Result<Order, Fault> {
        let settings = world.settings();
        let workgroup_name = self.work_group.unwrap_or_else(|| "primary".to_owned());
        let Some(workgroup) = settings.workgroups.get(&workgroup_name).cloned() else {
            return Err(Fault::invalid("WORKGROUP_NOT_FOUND", format!("WorkGroup {workgroup_name} is not found.")));
        };
        let asked = self.result_configuration;
        if asked.expected_bucket_owner.as_ref().is_some_and(|owner| *owner != settings.account_id) {
            return Err(Fault::invalid("INVALID_INPUT", "Output bucket is not owned by the expected bucket owner"));
        }
        let (output_location, encryption) =
            results(&workgroup, asked.output_location, asked.encryption_configuration, world)?;
        Ok(Order {
            query: self.query_string,
            parameters: self.execution_parameters.unwrap_or_default(),
            token: self.client_request_token,
            catalog: self.query_execution_context.catalog,
            database: self.query_execution_context.database,
            workgroup_name,
            workgroup,
            output_location,
            encryption,
        })
    }
}

/// Where results go and how they are encrypted: the workgroup's word counts where it is enforced, else the client's first.
fn results(
    workgroup: &Workgroup,
    location: Option<String>,
    encryption: Option<Encryption>,
    world: &World,
) -> Result<(Option<String>, Option<Encryption>), Fault> {
    if workgroup.managed_results {
        if location.is_some() && !workgroup.enforced {
            let sentence = "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together";
            return Err(Fault::invalid("INVALID_INPUT", sentence));
        }
        return Ok((None, None));
    }
    let (location, encryption) = if workgroup.enforced {
        (workgroup.output_location.clone(), workgroup.encryption.clone())
    } else {
        (location.or_else(|| workgroup.output_location.clone()), encryption.or_else(|| workgroup.encryption.clone()))
    };
    let Some(location) = location else {
        let sentence = "No output location provided. An output location is required either through the Workgroup result \
            configuration setting or as an API input.";
        return Err(Fault::invalid("INVALID_INPUT", sentence));
    };
    let Some(place) = Place::parse(&location) else {
        return Err(Fault::invalid("INVALID_INPUT", format!("outputLocation is not a valid S3 path: {location}")));
    };
    if !world.has_bucket(&place.bucket) {
        return Err(Fault::invalid("INVALID_INPUT", format!("Unable to verify/create output bucket {}", place.bucket)));
    }
    if let Some(encryption) = &encryption {
        check_encryption(encryption)?;
    }
    Ok((Some(location), encryption))
}

fn check_encryption(encryption: &Encryption) -> Result<(), Fault> {
    match (encryption.encryption_option.as_str(), &encryption.kms_key) {
        ("SSE_S3", _) | ("SSE_KMS" | "CSE_KMS", Some(_)) => Ok(()),
        ("SSE_KMS" | "CSE_KMS", None) => {
            Err(Fault::invalid("INVALID_INPUT", "KmsKey is required for SSE_KMS and CSE_KMS"))
        }
        (other, _) => Err(Fault::invalid("INVALID_INPUT", format!("{other} is not an encryption option"))),
    }
}
