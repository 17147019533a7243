//! What is added up of the lines of a group, for the text of a query.

use bill::usage::TokenClass;

/// The column of its tokens in tables that have no charges.
pub(super) fn column_of(class: TokenClass) -> &'static str {
    match class {
        TokenClass::Input => "input_tokens",
        TokenClass::Output => "output_tokens",
        TokenClass::CacheRead => "cache_read_tokens",
        TokenClass::CacheWrite => "cache_write_tokens",
    }
}

/// What is added up of the lines of a group.
#[derive(Clone, Copy)]
pub(super) enum Figure {
    Cost,
    /// The cost in the period that is compared with.
    Compared,
    Tokens(TokenClass),
    LineItems,
}

impl Figure {
    /// The name of its column where rows are folded.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Compared => "compared",
            Self::Tokens(class) => column_of(class),
            Self::LineItems => "line_items",
        }
    }

    /// How a sum of it is read: a sum of whole numbers is a decimal unless it is said otherwise.
    pub(super) fn cast(self) -> &'static str {
        if matches!(self, Self::LineItems) { "::bigint" } else { "" }
    }
}
