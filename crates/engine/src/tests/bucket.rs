//! A bucket on this machine: folders served by somebody else's S3, with what may go wrong on the way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::extract::Request;
use futures::{StreamExt, stream};
use s3s::auth::SimpleAuth;
use s3s::dto::{
    ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, ListObjectsV2Input,
    ListObjectsV2Output, StreamingBlob,
};
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3ErrorCode, S3Request, S3Response, S3Result};
use s3s_fs::FileSystem;

use crate::{ExportLocation, ExportSource, S3Location, S3Options};

/// One request that has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) operation: &'static str,
    /// The key, or what keys are to begin with.
    pub(crate) key: String,
    pub(crate) payer: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) conditional: bool,
    /// Bytes of the object that were sent.
    pub(crate) bytes: u64,
}

/// What happens before an object is sent.
type Meanwhile = Box<dyn FnMut(&str) + Send>;

/// How the bucket behaves, and what it has seen.
#[derive(Default)]
pub(crate) struct Behaviour {
    /// Keys on a page of a listing; 1,000 where 0.
    pub(crate) page: i32,
    /// Requests of this operation that fail next, how and how many.
    pub(crate) failing: Option<(&'static str, S3ErrorCode, usize)>,
    /// Headers of the failures.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// Keys that listings leave out.
    pub(crate) hidden: BTreeSet<String>,
    /// Whether `If-Match` is not understood, as by some that are not Amazon's.
    pub(crate) unconditional: bool,
    /// Answers that break off in the middle.
    pub(crate) breaking_off: usize,
    pub(crate) meanwhile: Option<Meanwhile>,
    pub(crate) arrived: Vec<Arrived>,
}

/// A bucket that is served until it is dropped.
pub(crate) struct Bucket {
    behaviour: Arc<Mutex<Behaviour>>,
    pub(crate) url: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Bucket {
    /// Serves every folder in `root` as a bucket.
    pub(crate) async fn serve(root: &Path) -> Self {
        let behaviour = Arc::<Mutex<Behaviour>>::default();
        let files = FileSystem::new(root).expect("a folder");
        let faulty = Faulty { files, root: root.to_owned(), behaviour: Arc::clone(&behaviour) };
        let mut builder = S3ServiceBuilder::new(faulty);
        builder.set_auth(SimpleAuth::from_single("AKIDEXAMPLE", "secret"));
        let service = builder.build();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(move |request: Request| {
            let service = service.clone();
            async move {
                let answer = service.call(request.map(s3s::Body::http_body_unsync)).await;
                answer.map(|answer| answer.map(axum::body::Body::new)).map_err(|error| format!("{error:?}"))
            }
        });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { behaviour, url, server }
    }

    pub(crate) fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().expect("nobody panicked")
    }

    /// What has arrived since this was last asked.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.behaviour().arrived)
    }

    /// The next requests of this operation fail.
    pub(crate) fn fail(&self, operation: &'static str, code: S3ErrorCode, times: usize) {
        self.behaviour().failing = Some((operation, code, times));
    }

    pub(crate) fn options(&self) -> S3Options {
        S3Options { endpoint_url: Some(self.url.clone()), ..S3Options::default() }
    }

    /// The export of [`super::support::Export`] in the bucket.
    pub(crate) fn source(&self) -> ExportSource {
        self.source_with(self.options())
    }

    pub(crate) fn source_with(&self, options: S3Options) -> ExportSource {
        let location = S3Location::with_sdk_config("s3://bucket/prefix/bill", options, sdk()).expect("an address");
        ExportSource { name: "bill".to_owned(), location: ExportLocation::S3(location) }
    }
}

/// Known credentials, and little patience.
pub(crate) fn sdk() -> SdkConfig {
    sdk_with(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
}

pub(crate) fn sdk_with(credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(5)))
        .build()
}

struct Faulty {
    files: FileSystem,
    root: PathBuf,
    behaviour: Arc<Mutex<Behaviour>>,
}

impl Faulty {
    fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().expect("nobody panicked")
    }

    /// Keeps the request in mind, and fails it where the test wants that.
    fn arrive(&self, arrived: Arrived) -> S3Result<()> {
        let operation = arrived.operation;
        self.behaviour().arrived.push(arrived);
        self.fail(operation)
    }

    fn fail(&self, operation: &str) -> S3Result<()> {
        let mut behaviour = self.behaviour();
        let headers = behaviour.headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers = headers.collect();
        match &mut behaviour.failing {
            Some((failing, code, times)) if *failing == operation && *times > 0 => {
                *times -= 1;
                let mut error = s3s::S3Error::with_message(code.clone(), "as the test wants");
                error.set_headers(headers);
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Another one for each state of a file, as S3 has it.
    fn tag(&self, bucket: &str, key: &str) -> Option<String> {
        let metadata = std::fs::metadata(self.root.join(bucket).join(key)).ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{:x}-{:x}", metadata.len(), modified.as_nanos()))
    }
}

#[async_trait]
impl S3 for Faulty {
    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        let owner = request.input.expected_bucket_owner.clone();
        let key = String::new();
        self.arrive(Arrived { operation: "HeadBucket", key, payer: None, owner, conditional: false, bytes: 0 })?;
        self.files.head_bucket(request).await
    }

    async fn list_objects_v2(
        &self,
        mut request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = &mut request.input;
        let bucket = input.bucket.clone();
        self.arrive(Arrived {
            operation: "ListObjectsV2",
            key: input.prefix.clone().unwrap_or_default(),
            payer: input.request_payer.as_ref().map(|payer| payer.as_str().to_owned()),
            owner: input.expected_bucket_owner.clone(),
            conditional: false,
            bytes: 0,
        })?;
        let page = self.behaviour().page;
        input.max_keys = (page > 0).then_some(page);
        let mut response = self.files.list_objects_v2(request).await?;
        let hidden = self.behaviour().hidden.clone();
        let objects = response.output.contents.iter_mut();
        objects.for_each(|objects| {
            objects.retain(|object| object.key.as_ref().is_some_and(|key| !hidden.contains(key)));
            for object in objects {
                object.e_tag = object.key.as_ref().and_then(|key| self.tag(&bucket, key)).map(ETag::Strong);
            }
        });
        Ok(response)
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = &request.input;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let meanwhile = self.behaviour().meanwhile.take();
        if let Some(mut meanwhile) = meanwhile {
            meanwhile(&key);
            self.behaviour().meanwhile = Some(meanwhile);
        }
        let mut arrived = Arrived {
            operation: "GetObject",
            key: key.clone(),
            payer: input.request_payer.as_ref().map(|payer| payer.as_str().to_owned()),
            owner: input.expected_bucket_owner.clone(),
            conditional: input.if_match.is_some(),
            bytes: 0,
        };
        if let Err(error) = self.fail(arrived.operation) {
            self.behaviour().arrived.push(arrived);
            return Err(error);
        }
        let tag = self.tag(&bucket, &key);
        if let (Some(ETagCondition::ETag(ETag::Strong(wanted))), Some(tag)) = (&input.if_match, &tag)
            && wanted != tag
            && !self.behaviour().unconditional
        {
            return Err(s3s::s3_error!(PreconditionFailed));
        }
        let mut response = self.files.get_object(request).await?;
        let output = &mut response.output;
        output.e_tag = tag.map(ETag::Strong);
        arrived.bytes = output.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
        let mut behaviour = self.behaviour();
        behaviour.arrived.push(arrived);
        if behaviour.breaking_off > 0 {
            behaviour.breaking_off -= 1;
            let body = output.body.take().expect("a body");
            let beginning = body.take(1).map(|chunk| chunk.map_err(std::io::Error::other));
            let end = stream::once(async { Err(std::io::Error::other("the line went dead")) });
            output.body = Some(StreamingBlob::wrap(beginning.chain(end)));
        }
        Ok(response)
    }
}
