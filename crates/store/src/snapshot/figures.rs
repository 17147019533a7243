//! What is added up of the lines of a group, for the text of a query.

/// A class of tokens: its name, and the column of tables that have no charges.
#[derive(Clone, Copy)]
pub(super) struct TokenClass {
    pub(super) name: &'static str,
    pub(super) column: &'static str,
}

/// All of them.
pub(super) const TOKEN_CLASSES: [TokenClass; 4] = [
    TokenClass { name: "input", column: "input_tokens" },
    TokenClass { name: "output", column: "output_tokens" },
    TokenClass { name: "cache_read", column: "cache_read_tokens" },
    TokenClass { name: "cache_write", column: "cache_write_tokens" },
];

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
            Self::Tokens(class) => class.column,
            Self::LineItems => "line_items",
        }
    }

    /// How a sum of it is read: decimals as text, to the last digit.
    pub(super) fn cast(self) -> &'static str {
        if matches!(self, Self::LineItems) { "::bigint" } else { "::text" }
    }
}
