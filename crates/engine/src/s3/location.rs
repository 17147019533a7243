use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use futures::FutureExt;
use tokio::sync::{OnceCell, Semaphore};

use super::address::{S3AddressError, S3Options, parse};
use super::connection::{Connection, sdk_config};
use super::error::{Asked, S3Error};
use crate::FileAddress;
use crate::place::Stamp;

/// How many objects are read at a time.
const READS_AT_A_TIME: usize = 16;

/// An export's folder in a bucket, and the way to it.
///
/// Cheap to clone; clones share one client. Nothing is asked of AWS until the first discovery, so that a service starts
/// and serves what it has when AWS cannot be reached.
#[derive(Clone)]
pub struct S3Location {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) bucket: String,
    pub(super) prefix: String,
    pub(super) options: S3Options,
    sdk: Option<SdkConfig>,
    connection: OnceCell<Connection>,
    pub(super) reads: Semaphore,
    /// The manifests that were read last, by name: one that is listed as the same is not read again.
    manifests: Mutex<BTreeMap<String, (Stamp, Vec<u8>)>>,
}

impl S3Location {
    /// The export at `s3://bucket/prefix/export-name`, with the credentials of the SDK's default chain.
    ///
    /// # Errors
    /// When the address or an option has not its form.
    pub fn new(address: &str, options: S3Options) -> Result<Self, S3AddressError> {
        Self::make(address, options, None)
    }

    /// As [`S3Location::new`], with credentials, retries and time limits of the caller's.
    ///
    /// # Errors
    /// When the address or an option has not its form.
    pub fn with_sdk_config(address: &str, options: S3Options, sdk: SdkConfig) -> Result<Self, S3AddressError> {
        Self::make(address, options, Some(sdk))
    }

    fn make(address: &str, options: S3Options, sdk: Option<SdkConfig>) -> Result<Self, S3AddressError> {
        options.check()?;
        let (bucket, prefix) = parse(address)?;
        let shared = Shared {
            bucket,
            prefix,
            options,
            sdk,
            connection: OnceCell::new(),
            reads: Semaphore::new(READS_AT_A_TIME),
            manifests: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.shared.bucket
    }

    /// What the keys of the export begin with, before a slash.
    pub fn prefix(&self) -> &str {
        &self.shared.prefix
    }

    /// How the bucket is asked.
    pub fn options(&self) -> &S3Options {
        &self.shared.options
    }

    /// Where something of the export is.
    pub(crate) fn address(&self, within: &str) -> FileAddress {
        FileAddress::S3 { bucket: self.bucket().to_owned(), key: self.key(within) }
    }

    pub(crate) fn key(&self, within: &str) -> String {
        format!("{}/{within}", self.prefix())
    }

    /// The client, made when it is first needed. Where that fails, the next who needs it tries again.
    pub(super) async fn connection(&self) -> Result<&Connection, S3Error> {
        let shared = &self.shared;
        let connect = || async {
            let found;
            let sdk = match &shared.sdk {
                Some(given) => given,
                None => {
                    found = sdk_config(shared.options.region.as_deref()).boxed().await;
                    &found
                }
            };
            let connection = Connection::open(&shared.bucket, &shared.options, sdk).boxed().await?;
            tracing::debug!(bucket = shared.bucket, region = connection.region, "connected to S3");
            Ok(connection)
        };
        shared.connection.get_or_try_init(connect).await
    }

    /// What is about to be asked, for the errors.
    pub(super) fn asked<'a>(&'a self, action: &'static str, key: &'a str) -> Asked<'a> {
        let options = &self.shared.options;
        Asked {
            action,
            bucket: &self.shared.bucket,
            key,
            region: self.shared.connection.get().map(|connection| connection.region.as_str()),
            requester_pays: options.requester_pays,
            names_owner: options.expected_bucket_owner.is_some(),
        }
    }

    /// The bytes of a manifest that was listed like this.
    pub(crate) async fn manifest(&self, within: &str, listed: &Stamp) -> Result<Vec<u8>, S3Error> {
        if let Some((_, bytes)) = self.manifests().get(within).filter(|(stamp, _)| stamp == listed) {
            return Ok(bytes.clone());
        }
        let bytes = self.get(&self.key(within), listed, None).await?.to_vec();
        self.manifests().insert(within.to_owned(), (listed.clone(), bytes.clone()));
        Ok(bytes)
    }

    fn manifests(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Stamp, Vec<u8>)>> {
        // Whoever panicked left whole entries.
        self.shared.manifests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two are the same when they name the same export and ask in the same way.
impl PartialEq for S3Location {
    fn eq(&self, other: &Self) -> bool {
        let of = |location: &Self| {
            let shared = &location.shared;
            (shared.bucket.clone(), shared.prefix.clone(), shared.options.clone())
        };
        Arc::ptr_eq(&self.shared, &other.shared) || of(self) == of(other)
    }
}

impl Eq for S3Location {}

impl std::fmt::Display for S3Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "s3://{}/{}", self.bucket(), self.prefix())
    }
}

impl std::fmt::Debug for S3Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("S3Location").field("address", &self.to_string()).finish_non_exhaustive()
    }
}
