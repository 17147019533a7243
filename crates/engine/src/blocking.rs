//! Work on files, off the threads that serve requests.

/// Runs `work` on a thread that may wait for a disk.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and whoever waits goes with it.
            Err(_) => std::future::pending().await,
        },
    }
}
