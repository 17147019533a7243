//! `s3s-fs` with the manners that it lacks: an ETag that is the same wherever it is told and costs no reading, and listings
//! that may be late.

use std::fs::Metadata;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::place::Place;
use crate::world::World;

pub(super) struct Manners {
    world: Arc<World>,
    files: FileSystem,
}

impl Manners {
    pub(super) fn new(world: Arc<World>) -> io::Result<Self> {
        let files = FileSystem::new(world.root()).map_err(|error| io::Error::other(format!("{error:?}")))?;
        Ok(Self { world, files })
    }

    fn path(&self, bucket: &str, key: &str) -> S3Result<PathBuf> {
        if !self.world.has_bucket(bucket) {
            return Err(s3_error!(NoSuchBucket));
        }
        let place = Place::parse(&format!("s3://{bucket}/{key}")).ok_or_else(|| s3_error!(NoSuchKey))?;
        Ok(place.path(self.world.root()))
    }

    fn object(&self, bucket: &str, key: &str) -> S3Result<(PathBuf, Metadata)> {
        let path = self.path(bucket, key)?;
        let metadata = std::fs::metadata(&path).ok().filter(|metadata| metadata.is_file() && !key.ends_with('/'));
        Ok((path, metadata.ok_or_else(|| s3_error!(NoSuchKey))?))
    }

    fn etag(&self, bucket: &str, key: &str) -> Option<ETag> {
        let (_, metadata) = self.object(bucket, key).ok()?;
        Some(etag(&metadata))
    }
}

/// A new content has a new one. The real thing is a digest of the content, or not: AWS says not to rely on it.
fn etag(metadata: &Metadata) -> ETag {
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let nanos = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    ETag::Strong(format!("{:016x}{:016x}", nanos & u128::from(u64::MAX), metadata.len()))
}

fn check_if_match(condition: Option<&ETagCondition>, found: &ETag) -> S3Result<()> {
    match condition {
        Some(ETagCondition::ETag(wanted)) if !wanted.strong_cmp(found) => Err(s3_error!(PreconditionFailed)),
        _ => Ok(()),
    }
}

#[async_trait::async_trait]
impl S3 for Manners {
    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let (path, metadata) = self.object(&input.bucket, &input.key)?;
        let tag = etag(&metadata);
        check_if_match(input.if_match.as_ref(), &tag)?;
        let size = metadata.len();
        let range = match &input.range {
            Some(range) => range.check(size)?,
            None => 0..size,
        };
        let mut file = tokio::fs::File::open(&path).await.map_err(|error| s3_error!(error, NoSuchKey))?;
        file.seek(io::SeekFrom::Start(range.start)).await.map_err(|error| s3_error!(error, InternalError))?;
        let length = range.end - range.start;
        let stream = ReaderStream::with_capacity(file.take(length), 1 << 16);
        let content_range =
            input.range.is_some().then(|| format!("bytes {}-{}/{size}", range.start, range.end.max(1) - 1));
        let partial = content_range.is_some();
        let output = GetObjectOutput {
            body: Some(StreamingBlob::wrap(stream)),
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(length).ok(),
            content_range,
            e_tag: Some(tag),
            last_modified: metadata.modified().ok().map(Timestamp::from),
            ..GetObjectOutput::default()
        };
        let mut response = S3Response::new(output);
        if partial {
            response.status = Some(axum::http::StatusCode::PARTIAL_CONTENT);
        }
        Ok(response)
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let (_, metadata) = self.object(&input.bucket, &input.key)?;
        let tag = etag(&metadata);
        check_if_match(input.if_match.as_ref(), &tag)?;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(metadata.len()).ok(),
            e_tag: Some(tag),
            last_modified: metadata.modified().ok().map(Timestamp::from),
            ..HeadObjectOutput::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let bucket = request.input.bucket.clone();
        let mut response = self.files.list_objects_v2(request).await?;
        let delay = std::time::Duration::from_millis(self.world.settings().listing_delay_ms);
        let oldest_hidden = SystemTime::now() - delay;
        if let Some(objects) = &mut response.output.contents {
            objects.retain(|object| {
                let key = object.key.as_deref().unwrap_or_default();
                let Ok((_, metadata)) = self.object(&bucket, key) else { return false };
                delay.is_zero() || metadata.modified().is_ok_and(|modified| modified <= oldest_hidden)
            });
            for object in objects.iter_mut() {
                object.e_tag = self.etag(&bucket, object.key.as_deref().unwrap_or_default());
                object.storage_class = Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD));
            }
            let prefixes = response.output.common_prefixes.as_ref().map_or(0, Vec::len);
            response.output.key_count = i32::try_from(objects.len() + prefixes).ok();
        }
        Ok(response)
    }

    async fn list_objects(&self, request: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        self.files.list_objects(request).await
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let mut response = self.files.put_object(request).await?;
        response.output.e_tag = self.etag(&bucket, &key);
        Ok(response)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let mut response = self.files.complete_multipart_upload(request).await?;
        response.output.e_tag = self.etag(&bucket, &key);
        Ok(response)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let path = self.path(&request.input.bucket, &request.input.key)?;
        // To delete what is not there is no error in S3.
        if !path.is_file() {
            return Ok(S3Response::new(DeleteObjectOutput::default()));
        }
        self.files.delete_object(request).await
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.files.delete_objects(request).await
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        self.files.copy_object(request).await
    }

    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        self.files.create_bucket(request).await
    }

    async fn delete_bucket(&self, request: S3Request<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
        self.files.delete_bucket(request).await
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        let mut response = self.files.head_bucket(request).await?;
        response.output.bucket_region = Some(self.world.settings().region);
        Ok(response)
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        let mut response = self.files.get_bucket_location(request).await?;
        let region = self.world.settings().region;
        // The first region has no name here.
        response.output.location_constraint = (region != "us-east-1").then(|| BucketLocationConstraint::from(region));
        Ok(response)
    }

    async fn list_buckets(&self, request: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        self.files.list_buckets(request).await
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.files.create_multipart_upload(request).await
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        self.files.upload_part(request).await
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.files.abort_multipart_upload(request).await
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        self.files.list_parts(request).await
    }
}
