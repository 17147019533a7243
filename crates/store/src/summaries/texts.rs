use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Texts that say what was charged for, each once for all loads: month after month has the same models and usage types, and
/// whoever adds up a year finds that out by where they lie.
#[derive(Debug, Default)]
pub(super) struct Texts(Mutex<HashSet<Arc<str>>>);

impl Texts {
    /// The same text, as it is kept.
    pub(super) fn kept(&self, text: String) -> Arc<str> {
        let mut texts = self.texts();
        if let Some(kept) = texts.get(text.as_str()) {
            return Arc::clone(kept);
        }
        let text: Arc<str> = text.into();
        texts.insert(Arc::clone(&text));
        text
    }

    /// Forgets what no load says any more.
    pub(super) fn forget_unused(&self) {
        self.texts().retain(|text| Arc::strong_count(text) > 1);
    }

    fn texts(&self) -> MutexGuard<'_, HashSet<Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_for_as_long_as_it_is_used() {
        let texts = Texts::default();
        let (one, other) = (texts.kept("claude-sonnet-5".to_owned()), texts.kept("claude-sonnet-5".to_owned()));
        assert!(Arc::ptr_eq(&one, &other));
        texts.kept("an invoice of a month that is gone".to_owned());
        texts.forget_unused();
        assert_eq!(texts.texts().len(), 1);
    }
}
