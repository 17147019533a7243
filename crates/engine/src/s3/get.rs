use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::RequestPayer;
use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use futures::FutureExt;

use super::{S3Error, S3Location};
use crate::place::Stamp;

impl S3Location {
    /// Some bytes of an object, or all, provided that it is still the one that was listed.
    ///
    /// The SDK tries again until an answer begins; an answer that breaks off is asked for again here.
    pub(crate) async fn get(&self, key: &str, listed: &Stamp, range: Option<Range<u64>>) -> Result<Bytes, S3Error> {
        let again =
            ExponentialBuilder::default().with_jitter().with_min_delay(Duration::from_millis(100)).with_max_times(4);
        let ask = || self.get_once(key, listed, range.clone());
        let failed =
            |error: &Failed, wait: Duration| tracing::debug!(key, ?wait, error = %error.error, "reading again");
        ask.retry(again).when(|failed: &Failed| failed.broke_off).notify(failed).await.map_err(|failed| failed.error)
    }

    async fn get_once(&self, key: &str, listed: &Stamp, range: Option<Range<u64>>) -> Result<Bytes, Failed> {
        // It is never closed.
        let _turn = self.shared.reads.acquire().await.ok();
        let options = self.options();
        let client = &self.connection().await?.client;
        let request = client
            .get_object()
            .bucket(self.bucket())
            .key(key)
            .set_range(range.as_ref().map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1))))
            .set_if_match(listed.e_tag.clone())
            .set_request_payer(options.requester_pays.then_some(RequestPayer::Requester))
            .set_expected_bucket_owner(options.expected_bucket_owner.clone());
        let asked = self.asked("s3:GetObject", key);
        let answer = request.send().boxed().await.map_err(|error| asked.failed(&error))?;
        if !is_still(listed, &answer) {
            return Err(S3Error::Overwritten { address: asked.address() }.into());
        }
        let wanted = range.map_or(listed.size, |range| range.end - range.start);
        let broke_off =
            |said: String| Failed { error: S3Error::Unreachable { address: asked.address(), said }, broke_off: true };
        let bytes = answer.body.collect().await.map_err(|error| broke_off(format!("the answer broke off: {error}")))?;
        let bytes = bytes.into_bytes();
        if bytes.len() as u64 != wanted {
            return Err(broke_off(format!("{wanted} bytes were asked for, {} came", bytes.len())));
        }
        Ok(bytes)
    }
}

/// Not every S3 honours `If-Match`, or lists entity tags.
fn is_still(listed: &Stamp, answer: &GetObjectOutput) -> bool {
    match (&listed.e_tag, answer.e_tag()) {
        (Some(listed), Some(answered)) => listed == answered,
        _ => {
            let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let modified = answer.last_modified().and_then(|time| SystemTime::try_from(*time).ok());
            modified.is_none_or(|modified| seconds(modified) == seconds(listed.modified))
        }
    }
}

/// A failed attempt.
struct Failed {
    error: S3Error,
    /// Whether it began well.
    broke_off: bool,
}

impl From<S3Error> for Failed {
    fn from(error: S3Error) -> Self {
        Self { error, broke_off: false }
    }
}
