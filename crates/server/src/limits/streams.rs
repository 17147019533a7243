use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Asker;

/// How many streams are open: for each asker, and in all.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    most: usize,
    most_of_caller: usize,
    open: Arc<Mutex<HashMap<Asker, usize>>>,
}

/// A stream that is open, until it is dropped.
#[derive(Debug)]
pub struct StreamPlace {
    streams: Streams,
    asker: Asker,
}

/// Why no stream can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStream {
    /// The caller has as many as one may have.
    OfCaller {
        /// How many that are.
        most: usize,
    },
    /// All together have as many as there may be.
    OfAll,
}

impl Streams {
    pub(super) fn new(most: usize, most_of_caller: usize) -> Self {
        Self { most, most_of_caller, open: Arc::default() }
    }

    pub(super) fn begin(&self, asker: Asker) -> Result<StreamPlace, NoStream> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(&asker).is_some_and(|own| *own >= self.most_of_caller) {
            return Err(NoStream::OfCaller { most: self.most_of_caller });
        }
        if open.values().sum::<usize>() >= self.most {
            return Err(NoStream::OfAll);
        }
        *open.entry(asker.clone()).or_default() += 1;
        Ok(StreamPlace { streams: self.clone(), asker })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.asker) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.asker);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_so_many_streams_and_all_have_so_many_together() {
        let streams = Streams::new(3, 2);
        let (alice, bob) = (|| Asker::Caller("alice".to_owned()), || Asker::Caller("bob".to_owned()));
        let first = streams.begin(alice()).expect("a stream");
        let _second = streams.begin(alice()).expect("another");
        assert_eq!(streams.begin(alice()).err(), Some(NoStream::OfCaller { most: 2 }));
        let _third = streams.begin(bob()).expect("somebody else's");
        assert_eq!(streams.begin(bob()).err(), Some(NoStream::OfAll));
        drop(first);
        let fourth = streams.begin(alice()).expect("the place of the one that ended");
        drop((_second, _third, fourth));
        assert!(streams.open.lock().expect("nobody panicked").is_empty(), "who has no stream is forgotten");
    }
}
