//! The closed vocabularies of the query parameters, each in one place: parsing, echo and documentation read them here.

use store::snapshot::{CostBasis, Dimension, Granularity};

use super::fault::Fault;

/// The words of `granularity=`.
pub(crate) const GRANULARITIES: [(&str, Granularity); 3] =
    [("total", Granularity::Total), ("monthly", Granularity::Monthly), ("daily", Granularity::Daily)];

/// The words of `cost=`.
pub(crate) const COST_BASES: [(&str, CostBasis); 3] =
    [("unblended", CostBasis::Unblended), ("net_unblended", CostBasis::NetUnblended), ("list", CostBasis::List)];

/// The words of `reveal=`.
pub(crate) const REVEAL: [(&str, bool); 2] = [("false", false), ("true", true)];

/// The value that a word stands for, or a fault which lists the words.
pub(crate) fn value_of<T: Copy>(parameter: &str, words: &[(&'static str, T)], given: &str) -> Result<T, Fault> {
    let known = words.iter().map(|(word, _)| *word);
    match words.iter().find(|(word, _)| *word == given) {
        Some((_, value)) => Ok(*value),
        None => Err(Fault::unknown_word(parameter, given, known)),
    }
}

/// The word of a granularity.
pub(crate) fn granularity(value: Granularity) -> &'static str {
    match value {
        Granularity::Total => "total",
        Granularity::Monthly => "monthly",
        Granularity::Daily => "daily",
    }
}

/// The word of a cost basis.
pub(crate) fn cost_basis(value: CostBasis) -> &'static str {
    match value {
        CostBasis::Unblended => "unblended",
        CostBasis::NetUnblended => "net_unblended",
        CostBasis::List => "list",
    }
}

/// How dimensions are written, tags last as `tag:<key>`.
pub(crate) fn dimension_names() -> Vec<String> {
    let named = Dimension::NAMED.iter().map(Dimension::to_string);
    named.chain(["tag:<key>".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_written_as_it_is_read() {
        for (word, value) in GRANULARITIES {
            assert_eq!(granularity(value), word);
        }
        for (word, value) in COST_BASES {
            assert_eq!(cost_basis(value), word);
        }
    }
}
