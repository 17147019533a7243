use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use super::error::{AthenaError, FailedRequest};

/// How often a request is tried again: with 30 % of requests refused, one in ten million fails for good. All waits together
/// take no longer than a minute.
const AGAIN: usize = 14;

/// The waits between attempts: random, and longer each time.
pub(super) fn waits() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(4))
        .with_max_times(AGAIN)
}

/// Asks until there is an answer, or a failure that would not pass, or the attempts are used up.
pub(super) async fn retrying<T, F, Asking>(ask: F) -> Result<T, FailedRequest>
where
    F: FnMut() -> Asking,
    Asking: Future<Output = Result<T, FailedRequest>>,
{
    let told = |failed: &FailedRequest, wait: Duration| tracing::debug!(?wait, error = %failed.error, "asking again");
    let answer = ask.retry(waits()).when(|failed: &FailedRequest| failed.passing).notify(told).await;
    answer.map_err(|mut failed| {
        if let AthenaError::Throttled { attempts, .. } | AthenaError::Unreachable { attempts, .. } = &mut failed.error {
            *attempts = AGAIN + 1;
        }
        failed
    })
}
