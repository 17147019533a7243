use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::RefreshError;
use super::rows::Views;

/// Distinct values of the bill, numbered as they are met.
///
/// A value is known by its whole text (see [`Key`]), not by a digest: no two values can ever be taken for one.
pub(super) struct Slots<V> {
    by_key: HashMap<Box<[u8]>, usize, RandomState>,
    values: Vec<V>,
    /// Rows of the present batch on which a new value was met, in the order of their slots.
    pending: Vec<usize>,
}

impl<V> Default for Slots<V> {
    fn default() -> Self {
        Self { by_key: HashMap::default(), values: Vec::new(), pending: Vec::new() }
    }
}

impl<V> Slots<V> {
    /// The slot of a value. A new one is to be filled by [`Slots::fill`] before it is read.
    pub(super) fn slot(&mut self, key: &Key, row: usize) -> usize {
        if let Some(slot) = self.by_key.get(key.bytes.as_slice()) {
            return *slot;
        }
        let slot = self.values.len() + self.pending.len();
        self.by_key.insert(key.bytes.as_slice().into(), slot);
        self.pending.push(row);
        slot
    }

    /// The rows on which new values were met, each once.
    pub(super) fn pending(&self) -> &[usize] {
        &self.pending
    }

    /// Fills the slots of the pending rows, in their order.
    pub(super) fn fill(&mut self, values: impl IntoIterator<Item = V>) {
        self.values.extend(values);
        self.pending.clear();
    }

    pub(super) fn get(&self, slot: usize) -> &V {
        &self.values[slot]
    }
}

/// What was found for texts of the present batch, by where they lie.
pub(super) struct Seen<const N: usize, T>(HashMap<Views<N>, T, RandomState>);

impl<const N: usize, T> Default for Seen<N, T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<const N: usize, T: Copy> Seen<N, T> {
    /// What was found before for these texts, or else is found now.
    pub(super) fn or_find(
        &mut self,
        views: Views<N>,
        find: impl FnOnce() -> Result<T, RefreshError>,
    ) -> Result<T, RefreshError> {
        if let Some(found) = self.0.get(&views) {
            return Ok(*found);
        }
        let found = find()?;
        self.0.insert(views, found);
        Ok(found)
    }
}

/// Parts of a value, one after another, each with its length.
#[derive(Default)]
pub(super) struct Key {
    bytes: Vec<u8>,
}

impl Key {
    pub(super) fn clear(&mut self) -> &mut Self {
        self.bytes.clear();
        self
    }

    pub(super) fn text(&mut self, part: Option<&str>) -> &mut Self {
        match part {
            None => self.bytes.push(0),
            Some(text) => {
                self.bytes.push(1);
                self.bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
                self.bytes.extend_from_slice(text.as_bytes());
            }
        }
        self
    }

    pub(super) fn texts(&mut self, parts: &[Option<&str>]) -> &mut Self {
        for part in parts {
            self.text(*part);
        }
        self
    }

    pub(super) fn number(&mut self, part: usize) -> &mut Self {
        self.bytes.extend_from_slice(&(part as u64).to_le_bytes());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_one_another() {
        let mut slots = Slots::<&str>::default();
        let mut key = Key::default();
        let first = slots.slot(key.clear().text(Some("ab")).text(Some("c")), 0);
        let second = slots.slot(key.clear().text(Some("a")).text(Some("bc")), 1);
        let absent = slots.slot(key.clear().text(None).text(Some("abc")), 2);
        let again = slots.slot(key.clear().text(Some("ab")).text(Some("c")), 3);
        assert_eq!((first, second, absent, again), (0, 1, 2, 0));
        assert_eq!(slots.pending(), [0, 1, 2]);
        slots.fill(["ab, c", "a, bc", "nothing, abc"]);
        assert_eq!(*slots.get(second), "a, bc");
    }
}
