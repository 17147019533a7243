//! Workgroups (<https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroup.html>).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::settings::Workgroup;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    work_group: String,
}

pub(super) fn get(world: &World, request: &Request) -> Result<Value, Fault> {
    let name = &request.work_group;
    match world.settings().workgroups.get(name) {
        Some(workgroup) => Ok(json!({"WorkGroup": view(name, workgroup)})),
        None => Err(Fault::invalid("WORKGROUP_NOT_FOUND", format!("WorkGroup {name} is not found."))),
    }
}

pub(super) fn list(world: &World) -> Value {
    let settings = world.settings();
    let summaries = settings
        .workgroups
        .keys()
        .map(|name| json!({"Name": name, "State": "ENABLED", "Description": "", "EngineVersion": engine_version()}));
    json!({"WorkGroups": summaries.collect::<Vec<_>>()})
}

fn view(name: &str, workgroup: &Workgroup) -> Value {
    let mut results = json!({});
    if let Some(location) = &workgroup.output_location {
        results["OutputLocation"] = json!(location);
    }
    if let Some(encryption) = &workgroup.encryption {
        results["EncryptionConfiguration"] = json!(encryption);
    }
    let mut configuration = json!({
        "ResultConfiguration": results,
        "EnforceWorkGroupConfiguration": workgroup.enforced,
        "PublishCloudWatchMetricsEnabled": false,
        "RequesterPaysEnabled": false,
        "EngineVersion": engine_version(),
        "ManagedQueryResultsConfiguration": {"Enabled": workgroup.managed_results},
    });
    if let Some(cutoff) = workgroup.bytes_scanned_cutoff {
        configuration["BytesScannedCutoffPerQuery"] = json!(cutoff);
    }
    json!({"Name": name, "State": "ENABLED", "Description": "", "Configuration": configuration})
}

fn engine_version() -> Value {
    json!({"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"})
}
