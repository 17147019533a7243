//! Reading exports and writing files keep processors busy for seconds. They have threads of their own: whoever asks the API
//! waits neither behind a batch of a million rows nor for its turn on a processor.

use tokio::runtime::{Builder, Handle, Runtime};

/// How far background work stands back: of a processor that both want it gets about a tenth.
#[cfg(target_os = "linux")]
const STANDS_BACK: i32 = 10;

/// Threads for work that nobody waits for at the moment. Dropping it ends the work that is still running there.
#[derive(Debug)]
pub struct Background {
    /// There until it is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Background {
    /// Starts the threads, as many as there are processors.
    ///
    /// # Errors
    /// Where the operating system has none to give.
    pub fn start() -> std::io::Result<Self> {
        let runtime =
            Builder::new_multi_thread().enable_all().thread_name("background").on_thread_start(stand_back).build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Where to spawn.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Gives the calling thread a lower priority.
#[cfg(target_os = "linux")]
fn stand_back() {
    if let Err(error) = rustix::process::nice(STANDS_BACK) {
        tracing::debug!(%error, "background work has the same priority as answers");
    }
}

/// Elsewhere than on Linux the whole process would be slower.
#[cfg(not(target_os = "linux"))]
fn stand_back() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_in_the_background_stands_back_and_nothing_else_does() {
        let niceness = || rustix::process::getpriority_process(None).expect("a thread has a priority");
        let before = niceness();
        let background = Background::start().expect("threads");
        let there = background.handle().spawn(async move { niceness() }).await.expect("the work");
        let blocking = background.handle().spawn_blocking(niceness).await.expect("the work");
        assert_eq!((there, blocking), (before + STANDS_BACK, before + STANDS_BACK));
        assert_eq!(niceness(), before);
    }
}
