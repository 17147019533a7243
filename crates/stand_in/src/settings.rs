use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Failure;

/// How the stand-in behaves. Everything can be changed while it runs, by [`crate::StandIn::change`] or by a
/// `POST /_control` with the fields to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long a query stays QUEUED, in milliseconds.
    pub queue_ms: u64,
    /// How long a query stays RUNNING before it does its work, in milliseconds.
    pub run_ms: u64,
    /// How many of 100 Athena requests are throttled, by chance.
    pub throttle_percent: u8,
    /// Where that chance starts from; set anew, it starts again.
    pub throttle_seed: u64,
    /// The next queries fail with these, one each, in order.
    pub fail_next: Vec<Failure>,
    /// So many of the next GetQueryExecution requests lose their connection before an answer comes.
    pub lose_polls: u32,
    /// From this moment on, every request is refused because its credentials have expired.
    pub credentials_expire_at: Option<DateTime<Utc>>,
    /// Access keys for which that is not so: what a client is given when it asks for new credentials.
    pub access_keys_renewed: Vec<String>,
    /// A listing leaves out objects until they are this old, in milliseconds.
    pub listing_delay_ms: u64,
    /// UNLOAD fails for want of a permission.
    pub refuse_unload: bool,
    /// What `map['key']` does for a key that is not there. The public record does not settle which Athena does.
    pub missing_map_key: MissingMapKey,
    /// The account that owns buckets and catalog; a request that expects another owner is refused.
    pub account_id: String,
    /// The region that buckets say they are in.
    pub region: String,
    /// Every bucket refuses a request that does not take on its cost.
    pub requester_pays: bool,
    /// Athena's workgroups by name.
    pub workgroups: BTreeMap<String, Workgroup>,
}

impl Default for Settings {
    /// At once, without faults; one workgroup, `primary`, that leaves everything to the client.
    fn default() -> Self {
        Self {
            queue_ms: 0,
            run_ms: 0,
            throttle_percent: 0,
            throttle_seed: 1,
            fail_next: Vec::new(),
            lose_polls: 0,
            credentials_expire_at: None,
            access_keys_renewed: Vec::new(),
            listing_delay_ms: 0,
            refuse_unload: false,
            missing_map_key: MissingMapKey::Fails,
            account_id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            requester_pays: false,
            workgroups: BTreeMap::from([("primary".to_owned(), Workgroup::default())]),
        }
    }
}

/// What `map['key']` does for a key that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingMapKey {
    /// The query fails, as in upstream Trino.
    Fails,
    /// The value is NULL.
    Null,
}

/// A workgroup's configuration (<https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workgroup {
    /// Whether what the client asks for is ignored in favour of what is said here.
    pub enforced: bool,
    /// Where results go, as `s3://bucket/prefix/`.
    pub output_location: Option<String>,
    /// How results are encrypted.
    pub encryption: Option<Encryption>,
    /// Whether Athena keeps the results itself: there is no object, only GetQueryResults.
    pub managed_results: bool,
    /// How many bytes a query may scan before it is cancelled.
    pub bytes_scanned_cutoff: Option<u64>,
}

/// How results are encrypted. It is checked and told again; nothing is encrypted here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encryption {
    /// `SSE_S3`, `SSE_KMS` or `CSE_KMS`.
    pub encryption_option: String,
    /// The key, for the two that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}
