//! Which table answers a question: the one with the fewest rows that knows all that the question looks at.

use crate::snapshot::scope::Visible;
use crate::snapshot::{CostQuestion, Dimension, Granularity, Scope};

/// The tables that hold the money, the smallest first.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "these are the names of the tables")]
pub(in crate::snapshot) enum Table {
    /// By team and day: no subjects, no charges.
    TeamDayCost,
    /// By team and charge: no subjects, no days.
    TeamPeriodCost,
    /// By team, day and charge: no subjects.
    TeamCost,
    /// By subject: no charges, no days.
    SubjectCost,
    /// By subject and charge: no days.
    PeriodCost,
    /// Everything.
    DailyCost,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TeamDayCost => "team_day_cost",
            Self::TeamPeriodCost => "team_period_cost",
            Self::TeamCost => "team_cost",
            Self::SubjectCost => "subject_cost",
            Self::PeriodCost => "period_cost",
            Self::DailyCost => "daily_cost",
        }
    }

    /// Whether it knows teams and no subjects.
    pub(super) fn is_by_team(self) -> bool {
        matches!(self, Self::TeamDayCost | Self::TeamPeriodCost | Self::TeamCost)
    }

    /// Whether it says what was charged for; otherwise it has tokens by class.
    pub(super) fn has_charge(self) -> bool {
        !matches!(self, Self::TeamDayCost | Self::SubjectCost)
    }
}

/// What a question looks at, beside the money.
pub(in crate::snapshot) struct Needs {
    /// What a subject is like.
    pub(super) subject: bool,
    /// Which subject a line is about, to know its owner or to know more of it.
    pub(super) subject_id: bool,
    pub(super) principal: bool,
    pub(super) tags: bool,
    /// Who owns a line.
    pub(super) owner: bool,
    /// How teams are called.
    pub(super) team: bool,
    /// What was charged for.
    pub(super) charge: bool,
    pub(super) day: bool,
    pub(super) period: bool,
}

impl Needs {
    pub(in crate::snapshot) fn of(question: &CostQuestion, visible: Option<Visible<'_>>) -> Self {
        let looked_at = || question.group_by.iter().chain(question.filters.iter().map(|filter| &filter.dimension));
        let any = |test: fn(&Dimension) -> bool| looked_at().any(test);
        let subject = any(|dimension| {
            matches!(dimension, Dimension::Payer | Dimension::Account | Dimension::Tag(_)) || is_of_principal(dimension)
        });
        Self {
            subject,
            subject_id: subject || visible.is_some_and(|visible| !visible.is_by_team()),
            principal: any(is_of_principal),
            tags: any(|dimension| matches!(dimension, Dimension::Tag(_))),
            owner: any(|dimension| *dimension == Dimension::Team),
            team: question.group_by.contains(&Dimension::Team),
            charge: any(is_of_charge),
            day: question.granularity == Granularity::Daily || matches!(question.scope, Scope::UsageDates { .. }),
            period: question.granularity == Granularity::Monthly,
        }
    }

    /// The smallest table that has it all.
    pub(in crate::snapshot) fn table(&self) -> Table {
        match (self.subject_id, self.day, self.charge) {
            // At most a month of days for a team, of charges any number.
            (false, _, false) => Table::TeamDayCost,
            (false, false, true) => Table::TeamPeriodCost,
            (false, true, true) => Table::TeamCost,
            (true, false, false) => Table::SubjectCost,
            (true, false, true) => Table::PeriodCost,
            (true, true, _) => Table::DailyCost,
        }
    }
}

/// Whether it says what was charged for, and not who spent it.
pub(in crate::snapshot) fn is_of_charge(dimension: &Dimension) -> bool {
    let is_of_subject = matches!(dimension, Dimension::Payer | Dimension::Account | Dimension::Tag(_));
    !is_of_subject && !is_of_principal(dimension) && *dimension != Dimension::Team
}

pub(in crate::snapshot) fn is_of_principal(dimension: &Dimension) -> bool {
    matches!(
        dimension,
        Dimension::Principal | Dimension::Identity | Dimension::Role | Dimension::Session | Dimension::Person
    )
}
