//! The texts of rows, which many rows of an answer have in common.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What a row is about: the values of its grouped dimensions in the order asked, and what is told beside them.
///
/// The rows of a long answer say few things in many ways, so that they may share a table of texts instead of having texts of
/// their own. Clones of either kind say the same.
#[derive(Clone)]
pub struct Values(Kept);

#[derive(Clone)]
enum Kept {
    Own(Box<OwnValues>),
    Shared { table: Arc<ValueTable>, places: [u32; 2] },
}

#[derive(Clone, Default)]
struct OwnValues {
    dimensions: Vec<Option<String>>,
    principal_arn: Option<String>,
    account_name: Option<String>,
}

impl Values {
    /// Values of one row alone.
    pub fn new(dimensions: Vec<Option<String>>) -> Self {
        Self::told_beside(dimensions, None, None)
    }

    /// The same, with the principal as billed and the name of the account.
    pub fn told_beside(
        dimensions: Vec<Option<String>>,
        principal_arn: Option<String>,
        account_name: Option<String>,
    ) -> Self {
        Self(Kept::Own(Box::new(OwnValues { dimensions, principal_arn, account_name })))
    }

    /// What is said by these two rows of a table, one of each side.
    pub(crate) fn shared(table: &Arc<ValueTable>, places: [u32; 2]) -> Self {
        Self(Kept::Shared { table: Arc::clone(table), places })
    }

    /// How many dimensions there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Own(values) => values.dimensions.len(),
            Kept::Shared { table, .. } => table.layout.dimensions.len(),
        }
    }

    /// Whether there is no dimension.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of the grouped dimension at this place; `None` where it is not set.
    pub fn dimension(&self, place: usize) -> Option<&str> {
        match &self.0 {
            Kept::Own(values) => values.dimensions.get(place)?.as_deref(),
            Kept::Shared { table, places } => table.get(*table.layout.dimensions.get(place)?, *places),
        }
    }

    /// All of them in the order asked.
    pub fn dimensions(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(|place| self.dimension(place))
    }

    /// The order of those that tie in all else: by dimensions, text by its bytes, and what is not set last.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let pairs = self.dimensions().zip(other.dimensions());
        let compared = pairs.map(|(one, other)| one.is_none().cmp(&other.is_none()).then_with(|| one.cmp(&other)));
        compared.fold(Ordering::Equal, Ordering::then)
    }

    /// The principal as billed, where rows are grouped by principals.
    pub fn principal_arn(&self) -> Option<&str> {
        match &self.0 {
            Kept::Own(values) => values.principal_arn.as_deref(),
            Kept::Shared { table, places } => table.get(table.layout.principal_arn?, *places),
        }
    }

    /// The name of the account, where rows are grouped by accounts and the bill gives one.
    pub fn account_name(&self) -> Option<&str> {
        match &self.0 {
            Kept::Own(values) => values.account_name.as_deref(),
            Kept::Shared { table, places } => table.get(table.layout.account_name?, *places),
        }
    }
}

impl Default for Values {
    /// No dimension.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.dimensions().eq(other.dimensions())
            && self.principal_arn() == other.principal_arn()
            && self.account_name() == other.account_name()
    }
}

impl Eq for Values {}

impl fmt::Debug for Values {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Values")
            .field("dimensions", &self.dimensions().collect::<Vec<_>>())
            .field("principal_arn", &self.principal_arn())
            .field("account_name", &self.account_name())
            .finish()
    }
}

/// Texts in rows of two sides, such as callers and charges: what a row of an answer says is a row of each.
#[derive(Debug)]
pub(crate) struct ValueTable {
    layout: Layout,
    sides: [Side; 2],
}

/// Where a text stands: on which side, and in which of its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) side: usize,
    pub(crate) column: usize,
}

/// Where the texts of a row stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) dimensions: Vec<Place>,
    pub(crate) principal_arn: Option<Place>,
    pub(crate) account_name: Option<Place>,
}

/// Rows of one side, one after another, with their texts in one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct Side {
    columns: usize,
    text: String,
    parts: Vec<Option<Range<usize>>>,
}

impl Side {
    /// Rows of so many texts.
    pub(crate) fn new(columns: usize) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Adds a row, which must have as many texts as there are columns.
    pub(crate) fn push<'t>(&mut self, texts: impl IntoIterator<Item = Option<&'t str>>) {
        for text in texts {
            let start = self.text.len();
            self.text.push_str(text.unwrap_or_default());
            self.parts.push(text.map(|_| start..self.text.len()));
        }
    }

    fn get(&self, row: usize, column: usize) -> Option<&str> {
        self.parts[row * self.columns + column].clone().map(|part| &self.text[part])
    }
}

impl ValueTable {
    pub(crate) fn new(layout: Layout, sides: [Side; 2]) -> Arc<Self> {
        Arc::new(Self { layout, sides })
    }

    fn get(&self, Place { side, column }: Place, places: [u32; 2]) -> Option<&str> {
        self.sides[side].get(places[side] as usize, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_share_a_table_say_what_rows_of_their_own_say() {
        let (mut callers, mut charges) = (Side::new(2), Side::new(1));
        callers.push([Some("prn_1"), Some("arn:aws:iam::111122223333:user/alice")]);
        callers.push([Some("prn_2"), None]);
        charges.push([Some("claude")]);
        charges.push([None]);
        let at = |side, column| Place { side, column };
        let layout = Layout { dimensions: vec![at(1, 0), at(0, 0)], principal_arn: Some(at(0, 1)), account_name: None };
        let table = ValueTable::new(layout, [callers, charges]);
        let own = |model: Option<&str>, principal: &str, arn: Option<&str>| {
            let dimensions = vec![model.map(str::to_owned), Some(principal.to_owned())];
            Values::told_beside(dimensions, arn.map(str::to_owned), None)
        };
        assert_eq!(
            Values::shared(&table, [0, 0]),
            own(Some("claude"), "prn_1", Some("arn:aws:iam::111122223333:user/alice"))
        );
        assert_eq!(Values::shared(&table, [1, 1]), own(None, "prn_2", None));
        assert_ne!(Values::shared(&table, [1, 0]), Values::shared(&table, [1, 1]));
        assert_eq!(Values::shared(&table, [1, 0]).dimension(2), None, "there is no such dimension");
    }
}
