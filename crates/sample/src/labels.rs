use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// The content of a map column: keys and values in the order in which they are written.
///
/// Made from pairs: `[("iamPrincipal/team", "ds")].into()`. An empty one is written as an empty map, [`Labels::NULL`] as
/// NULL; AWS documents neither, so a reader has to take both.
#[derive(Clone, Debug)]
pub struct Labels<'a>(Content<'a>);

/// A key and its value.
pub type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Not a `Cow`, which would tie the lifetime of a line to exactly that of its labels.
#[derive(Clone, Debug)]
enum Content<'a> {
    Null,
    Borrowed(&'a [Pair<'a>]),
    Owned(Vec<Pair<'a>>),
}

impl<'a> Labels<'a> {
    /// No map at all.
    pub const NULL: Labels<'static> = Labels(Content::Null);

    /// Labels kept elsewhere.
    pub fn borrowed(pairs: &'a [Pair<'a>]) -> Self {
        Self(Content::Borrowed(pairs))
    }

    /// The pairs; `None` where there is no map.
    pub fn pairs(&self) -> Option<&[Pair<'a>]> {
        match &self.0 {
            Content::Null => None,
            Content::Borrowed(pairs) => Some(pairs),
            Content::Owned(pairs) => Some(pairs),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs()?.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_ref())
    }
}

impl Default for Labels<'_> {
    fn default() -> Self {
        Self(Content::Borrowed(&[]))
    }
}

impl PartialEq for Labels<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.pairs() == other.pairs()
    }
}

impl Eq for Labels<'_> {}

impl Hash for Labels<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pairs().hash(state);
    }
}

impl<'a, K: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>> FromIterator<(K, V)> for Labels<'a> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(Content::Owned(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect()))
    }
}

impl<'a, K: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>, const N: usize> From<[(K, V); N]> for Labels<'a> {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl<'a, K: Into<Cow<'a, str>>, V: Into<Cow<'a, str>>> From<Vec<(K, V)>> for Labels<'a> {
    fn from(pairs: Vec<(K, V)>) -> Self {
        pairs.into_iter().collect()
    }
}
