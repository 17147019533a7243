//! The columns of a table of costs: the time, the grouped dimensions in the order asked, and the figures.

use bill::Amount;
use bill::usage::TokenClass;
use store::snapshot::{ArrangedRow, Arrangement, CostQuestion, CostRow, Dimension, Granularity};

use crate::http::answer::Comparison;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The billing period.
    Period,
    /// The usage date.
    Date,
    /// The value of the grouped dimension at this place.
    Dimension(usize, Dimension),
    /// The principal as billed.
    PrincipalArn,
    /// The name of the account.
    AccountName,
    /// Whether the row is what other groups come to.
    Others,
    /// How many groups those are.
    OthersCount,
    /// The cost asked for.
    Cost,
    /// Its currency.
    Currency,
    /// Tokens of one class.
    Tokens(TokenClass),
    /// How many lines of the bill are in the row.
    LineItems,
    /// What the group cost in the period that is compared with.
    Compared(ComparedFigure),
}

/// How a cost moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComparedFigure {
    Cost,
    Change,
    ChangePercent,
}

impl ComparedFigure {
    const ALL: [Self; 3] = [Self::Cost, Self::Change, Self::ChangePercent];

    /// The figure of a row, where it has one.
    pub(super) fn of(self, row: &ArrangedRow) -> Option<Amount> {
        let comparison = Comparison::between(row.row.cost, row.compared?);
        match self {
            Self::Cost => Some(comparison.cost),
            Self::Change => Some(comparison.change),
            Self::ChangePercent => comparison.change_percent,
        }
    }
}

/// How many tokens of a class a row has, as a whole number.
pub(super) fn tokens(class: TokenClass, row: &CostRow) -> i128 {
    row.tokens.of_class(class).round_to_integer()
}

impl Column {
    /// The columns of the answer to a question. Their order depends on the question alone.
    pub(super) fn of(question: &CostQuestion, arrangement: &Arrangement) -> Vec<Self> {
        let mut columns = match question.granularity {
            Granularity::Total => vec![],
            Granularity::Monthly => vec![Self::Period],
            Granularity::Daily => vec![Self::Date],
        };
        for (place, dimension) in question.group_by.iter().enumerate() {
            columns.push(Self::Dimension(place, dimension.clone()));
            match dimension {
                Dimension::Principal => columns.push(Self::PrincipalArn),
                Dimension::Account => columns.push(Self::AccountName),
                _ => {}
            }
        }
        if arrangement.top.is_some() {
            columns.extend([Self::Others, Self::OthersCount]);
        }
        columns.extend([Self::Cost, Self::Currency]);
        columns.extend(TokenClass::ALL.map(Self::Tokens));
        columns.push(Self::LineItems);
        if arrangement.compare.is_some() {
            columns.extend(ComparedFigure::ALL.map(Self::Compared));
        }
        columns
    }

    /// The name: what JSON calls it, with `tokens_` before what JSON has in `tokens`, and likewise `compare_`.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Period => "period".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Dimension(_, dimension) => dimension.to_string(),
            Self::PrincipalArn => "principal_arn".to_owned(),
            Self::AccountName => "account_name".to_owned(),
            Self::Cost => "cost".to_owned(),
            Self::Currency => "currency".to_owned(),
            Self::Tokens(class) => format!("tokens_{}", class.as_str()),
            Self::LineItems => "line_items".to_owned(),
            Self::Others => "others".to_owned(),
            Self::OthersCount => "others_count".to_owned(),
            Self::Compared(ComparedFigure::Cost) => "compare_cost".to_owned(),
            Self::Compared(ComparedFigure::Change) => "compare_change".to_owned(),
            Self::Compared(ComparedFigure::ChangePercent) => "compare_change_percent".to_owned(),
        }
    }

    /// The text that it holds in a row, where it holds text.
    pub(super) fn text<'r>(&self, row: &'r CostRow) -> Option<&'r str> {
        match self {
            Self::Dimension(place, _) => row.values.dimension(*place),
            Self::PrincipalArn => row.values.principal_arn(),
            Self::AccountName => row.values.account_name(),
            Self::Currency => Some(&row.currency),
            _ => None,
        }
    }
}
