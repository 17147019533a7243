use std::sync::Arc;

use bill::usage::TokenClass;

use crate::snapshot::Dimension;

/// The dimensions that charges have.
pub(super) const DIMENSIONS: [Dimension; 13] = [
    Dimension::Region,
    Dimension::Provider,
    Dimension::Model,
    Dimension::TokenKind,
    Dimension::Cache,
    Dimension::Tier,
    Dimension::Routing,
    Dimension::ChargeType,
    Dimension::BillingEntity,
    Dimension::Product,
    Dimension::UsageType,
    Dimension::Operation,
    Dimension::Invoice,
];

/// What was charged for, as far as it can be asked for: dimension by dimension, since a question looks at few of them.
#[derive(Debug, Default)]
pub(super) struct Charges {
    values: [Vec<Option<Arc<str>>>; DIMENSIONS.len()],
    classes: Vec<Option<TokenClass>>,
}

impl Charges {
    /// What one of them takes in memory.
    pub(super) const BYTES: usize = DIMENSIONS.len() * size_of::<Option<Arc<str>>>() + size_of::<Option<TokenClass>>();

    /// Adds one, with its values in the order of the dimensions.
    pub(super) fn push(&mut self, values: [Option<Arc<str>>; DIMENSIONS.len()], class: Option<TokenClass>) {
        for (column, value) in self.values.iter_mut().zip(values) {
            column.push(value);
        }
        self.classes.push(class);
    }

    pub(super) fn len(&self) -> usize {
        self.classes.len()
    }

    /// Which tokens a charge counts.
    pub(super) fn class(&self, place: usize) -> Option<TokenClass> {
        self.classes[place]
    }

    /// The value of a charge, where charges have this dimension and it is set.
    pub(super) fn value(&self, dimension: &Dimension, place: usize) -> Option<&str> {
        let column = match dimension {
            Dimension::Region => 0,
            Dimension::Provider => 1,
            Dimension::Model => 2,
            Dimension::TokenKind => 3,
            Dimension::Cache => 4,
            Dimension::Tier => 5,
            Dimension::Routing => 6,
            Dimension::ChargeType => 7,
            Dimension::BillingEntity => 8,
            Dimension::Product => 9,
            Dimension::UsageType => 10,
            Dimension::Operation => 11,
            Dimension::Invoice => 12,
            _ => return None,
        };
        self.values[column][place].as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dimension_has_its_own_values() {
        let mut charges = Charges::default();
        charges.push(DIMENSIONS.map(|dimension| Some(dimension.to_string().into())), Some(TokenClass::Output));
        charges.push(DIMENSIONS.map(|_| None), None);
        for dimension in Dimension::NAMED {
            let expected = DIMENSIONS.contains(&dimension).then(|| dimension.to_string());
            assert_eq!(charges.value(&dimension, 0), expected.as_deref());
            assert_eq!(charges.value(&dimension, 1), None);
        }
        assert_eq!((charges.class(0), charges.class(1), charges.len()), (Some(TokenClass::Output), None, 2));
    }
}
