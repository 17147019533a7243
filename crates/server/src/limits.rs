//! What one caller, and all of them together, may ask for.
//!
//! Everything is kept in memory, for each instance by itself, and in bounded memory: whoever has not asked for a while is
//! forgotten, and with them what they had used up, which a minute gives back in any case.

mod streams;

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use moka::sync::Cache;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use self::streams::Streams;
pub use self::streams::{NoStream, StreamPlace};
use crate::config::LimitsConfig;

/// The time over which answers and refusals are counted.
pub const WINDOW: Duration = Duration::from_secs(60);
/// Shorter than supervisors wait between two probes.
const BELIEVED_READY: Duration = Duration::from_secs(1);
/// As many askers as an organisation has, and not more memory than some megabytes.
const MOST_ASKERS: u64 = 50_000;
/// Each holds a connection to the database for as long as its client reads: most connections stay for everybody else.
const MOST_EXPORTS: usize = 4;

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// The limits of one instance. Clones share what has been used up.
#[derive(Clone, Debug)]
pub struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    answers: Meter<Asker>,
    refusals: Meter<IpAddr>,
    /// Addresses that have used up their refusals, and until when.
    refused: Cache<IpAddr, Instant>,
    at_once: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    streams: Streams,
    /// Until when the service is believed to be ready.
    ready: Mutex<Option<Instant>>,
}

/// Whose answers are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// Somebody who is known, by their id.
    Caller(String),
    /// Somebody who is not, by where they ask from.
    Address(IpAddr),
}

/// What is left of a limit after one more was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many a minute has.
    pub quota: u32,
    /// How many could be asked for at this moment.
    pub remaining: u32,
    /// After which time all of the quota is there again.
    pub full_after: Duration,
}

/// A limit has been reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// How many a minute has.
    pub quota: u32,
    /// After which time one more will be answered.
    pub wait: Duration,
}

impl Limits {
    /// Limits of which nothing has been used up.
    pub fn new(config: &LimitsConfig) -> Self {
        Self(Arc::new(Inner {
            answers: Meter::new(config.answers_per_minute),
            refusals: Meter::new(config.refusals_per_minute),
            refused: Cache::builder().max_capacity(MOST_ASKERS).time_to_live(WINDOW).build(),
            at_once: Arc::new(Semaphore::new(config.concurrent_requests.get().min(Semaphore::MAX_PERMITS))),
            exports: Arc::new(Semaphore::new(MOST_EXPORTS)),
            streams: Streams::new(config.event_streams.get(), config.event_streams_per_caller.get()),
            ready: Mutex::default(),
        }))
    }

    /// A place among the requests that are worked on, until it is dropped; `None` where there is none.
    pub fn begin(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.at_once).try_acquire_owned().ok()
    }

    /// A place among the exports that are sent, until it is dropped; `None` where there is none.
    pub fn begin_export(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.exports).try_acquire_owned().ok()
    }

    /// A stream of events for somebody, which counts until it is dropped.
    ///
    /// # Errors
    /// Where they, or all together, have as many as they may.
    pub fn begin_stream(&self, asker: Asker) -> Result<StreamPlace, NoStream> {
        self.0.streams.begin(asker)
    }

    /// Whether the service is ready: `ask` is asked once at a time, and believed for a second where it is. Nobody needs to be
    /// known to want to hear it, and however many do, that takes one connection to the database.
    ///
    /// # Errors
    /// Where `ask` finds that it is not.
    pub async fn ready<E>(&self, ask: impl Future<Output = Result<(), E>>) -> Result<(), E> {
        let mut believed_until = self.0.ready.lock().await;
        if believed_until.is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        ask.await?;
        *believed_until = Some(Instant::now() + BELIEVED_READY);
        Ok(())
    }

    /// Counts an answer that is worked out for somebody.
    ///
    /// # Errors
    /// Where they have had as many as a minute has.
    pub fn count_answer(&self, asker: Asker) -> Result<Left, Exceeded> {
        self.0.answers.count(asker)
    }

    /// Counts credentials from an address that were not accepted.
    ///
    /// # Errors
    /// Where there have been as many as a minute has.
    pub fn count_refusal(&self, address: IpAddr) -> Result<(), Exceeded> {
        let network = network_of(address);
        self.0.refusals.count(network).map(drop).inspect_err(|exceeded| {
            self.0.refused.insert(network, Instant::now() + exceeded.wait);
        })
    }

    /// Whether credentials from this address are not looked at for the moment, because too many were not accepted.
    pub fn refused_too_often(&self, address: IpAddr) -> Option<Exceeded> {
        let until = self.0.refused.get(&network_of(address))?;
        let wait = until.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero())?;
        Some(Exceeded { quota: self.0.refusals.quota.get(), wait })
    }
}

/// Who has a network of IPv6 has as many addresses as they like: a network is one asker.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

impl Asker {
    /// Somebody who is known by nothing but their address.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(network_of(address))
    }
}

/// One limiter for each key.
#[derive(Debug)]
struct Meter<K: Hash + Eq + Send + Sync + 'static> {
    quota: NonZeroU32,
    limiters: Cache<K, Arc<Limiter>>,
}

impl<K: Hash + Eq + Send + Sync + 'static> Meter<K> {
    fn new(quota: NonZeroU32) -> Self {
        // Whoever has not asked for a whole window has the whole quota again.
        let limiters = Cache::builder().max_capacity(MOST_ASKERS).time_to_idle(WINDOW).build();
        Self { quota, limiters }
    }

    fn count(&self, key: K) -> Result<Left, Exceeded> {
        let quota = Quota::per_minute(self.quota);
        let limiter = self
            .limiters
            .get_with(key, || Arc::new(RateLimiter::direct(quota).with_middleware::<StateInformationMiddleware>()));
        match limiter.check() {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = self.quota.get().saturating_sub(remaining);
                Ok(Left { quota: self.quota.get(), remaining, full_after: quota.replenish_interval() * used })
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(Exceeded { quota: self.quota.get(), wait })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn limits(answers: u32, refusals: u32, at_once: usize) -> Limits {
        Limits::new(&LimitsConfig {
            answers_per_minute: answers.try_into().expect("not zero"),
            refusals_per_minute: refusals.try_into().expect("not zero"),
            concurrent_requests: at_once.try_into().expect("not zero"),
            ..LimitsConfig::default()
        })
    }

    #[test]
    fn each_asker_has_as_many_answers_as_a_minute_has() {
        let limits = limits(3, 1, 1);
        let (alice, bob) = (|| Asker::Caller("alice".to_owned()), || Asker::Caller("bob".to_owned()));
        let remaining: Vec<u32> = (0..3).map(|_| limits.count_answer(alice()).expect("an answer").remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let exceeded = limits.count_answer(alice()).expect_err("no fourth");
        assert!(exceeded.quota == 3 && (19..=20).contains(&exceeded.wait.as_secs()), "{exceeded:?}");
        let left = limits.count_answer(bob()).expect("somebody else");
        assert_eq!((left.remaining, left.full_after), (2, Duration::from_secs(20)));
    }

    #[tokio::test]
    async fn an_address_that_is_refused_too_often_is_not_listened_to_for_a_while() {
        let limits = limits(1, 600, 1);
        let address: IpAddr = "2001:db8::1".parse().expect("an address");
        let neighbour: IpAddr = "2001:db8::2".parse().expect("an address");
        for _ in 0..600 {
            assert_eq!(limits.count_refusal(address), Ok(()));
        }
        assert_eq!(limits.refused_too_often(address), None, "so many are allowed");
        let exceeded = limits.count_refusal(neighbour).expect_err("one more, from the same network");
        assert!(limits.refused_too_often(address).is_some());
        assert_eq!(limits.refused_too_often("192.0.2.1".parse().expect("an address")), None);
        tokio::time::sleep(exceeded.wait + Duration::from_millis(1)).await;
        assert_eq!(limits.refused_too_often(address), None);
    }

    #[tokio::test]
    async fn however_many_want_to_know_whether_it_is_ready_one_asks_at_a_time_and_a_good_answer_holds_for_a_second() {
        let (limits, asked) = (limits(1, 1, 1), AtomicUsize::new(0));
        let ask = async |answer: Result<(), &'static str>| {
            let count = async {
                tokio::task::yield_now().await;
                asked.fetch_add(1, Ordering::Relaxed);
                answer
            };
            limits.ready(count).await
        };
        assert_eq!(ask(Err("the database is away")).await, Err("the database is away"));
        let together = futures::future::join_all((0..20).map(|_| ask(Ok(())))).await;
        assert!(together.iter().all(Result::is_ok));
        assert_eq!(asked.load(Ordering::Relaxed), 2, "what is wrong is looked at again, what is well is not");
        tokio::time::sleep(BELIEVED_READY).await;
        assert_eq!(ask(Err("away again")).await, Err("away again"));
    }

    #[test]
    fn there_are_as_many_places_as_requests_at_once() {
        let limits = limits(1, 1, 2);
        let (first, second) = (limits.begin(), limits.begin());
        assert!(first.is_some() && second.is_some() && limits.begin().is_none());
        drop(first);
        assert!(limits.begin().is_some());
    }
}
