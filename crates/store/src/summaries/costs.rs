//! Answers [`CostQuestion`]s from summaries: one pass over the rows of the teams that are asked for.
//!
//! Values are looked at once for each charge or caller of a load, never for each row; rows are added up by numbers, in a table
//! for each time and team, so that nothing is hashed for a row.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bill::usage::TokenClass;
use bill::{Amount, BillingPeriod};
use chrono::NaiveDate;

use super::load::{LoadSummary, RowKey, Rows, place_of};
use super::order::sorted;
use crate::snapshot::{
    CostQuestion, CostRow, Dimension, Filter, Granularity, Layout, Place, Scope, Side, Tokens, UNATTRIBUTED,
    ValueTable, Values,
};

/// The most filters that are told apart.
const MOST_FILTERS: usize = 64;

/// Which summary has the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// By team and day.
    Days,
    /// By team and charge.
    Charges,
    /// By team and caller.
    Callers,
}

/// A question to summaries.
pub(crate) struct Asked<'q> {
    pub(crate) question: &'q CostQuestion,
    pub(crate) source: Source,
    /// The teams whose lines may be seen; everybody's where not set.
    pub(crate) visible: Option<&'q BTreeSet<String>>,
}

impl Asked<'_> {
    /// The rows that answer it, in the order asked; `None` where it has more filters than are told apart.
    pub(crate) fn answer(&self, summaries: &[Arc<LoadSummary>]) -> Option<Vec<CostRow>> {
        let conditions = Conditions::of(&self.question.filters)?;
        let mut groups = Groups::new(self.question, self.source);
        for summary in summaries {
            self.add(summary, &conditions, &mut groups);
        }
        Some(sorted(groups.into_rows(self.question), self.question))
    }

    fn add<'s>(&self, summary: &'s LoadSummary, conditions: &Conditions<'_>, groups: &mut Groups<'s, '_>) {
        let (rows, basis) = (self.rows(summary), place_of(self.question.cost));
        let currencies: Vec<u32> = summary.currencies.iter().map(|currency| groups.currency(currency)).collect();
        let mut seen: Vec<Option<Looked>> = vec![None; self.subjects(summary)];
        for (place, team) in summary.teams.iter().enumerate() {
            let team = team.as_deref();
            let of_team = rows.of_team(place);
            let met = conditions.met(|dimension| match dimension {
                Dimension::Team => Some(Some(team.unwrap_or(UNATTRIBUTED))),
                _ => None,
            });
            if of_team.is_empty() || !self.sees(team) || !conditions.may_hold_for_team(met) {
                continue;
            }
            let group = groups.team(team);
            let mut block = Block { time: None, team: group, place: groups.block(None, group) };
            for row in of_team {
                let RowKey { about, currency } = rows.key(row);
                let about = about as usize;
                let looked = seen
                    .get_mut(about)
                    .map(|looked| *looked.get_or_insert_with(|| self.look_at(summary, about, conditions, groups)));
                let Some(looked) = looked.filter(|looked| looked.in_scope && conditions.hold(met | looked.met)) else {
                    continue;
                };
                let time = self.time(summary, about);
                if time != block.time {
                    block = Block { time, team: group, place: groups.block(time, group) };
                }
                let group = groups.at(block, looked.group, currencies[currency as usize]);
                group.cost += rows.cost(row, basis);
                rows.add_tokens(row, looked.class, &mut group.tokens);
                group.line_items += rows.line_items(row);
            }
        }
    }

    fn rows<'s>(&self, summary: &'s LoadSummary) -> &'s Rows {
        match self.source {
            Source::Days => &summary.by_day,
            Source::Charges => &summary.by_charge,
            Source::Callers => &summary.by_caller,
        }
    }

    fn subjects(&self, summary: &LoadSummary) -> usize {
        match self.source {
            Source::Days => summary.days.len(),
            Source::Charges => summary.charges.len(),
            Source::Callers => summary.callers.len(),
        }
    }

    fn sees(&self, team: Option<&str>) -> bool {
        self.visible.is_none_or(|visible| visible.contains(team.unwrap_or(UNATTRIBUTED)))
    }

    /// What the charge, day or caller of a row is to this question.
    fn look_at<'s>(
        &self,
        summary: &'s LoadSummary,
        place: usize,
        conditions: &Conditions<'_>,
        groups: &mut Groups<'s, '_>,
    ) -> Looked {
        let in_scope = match (self.source, &self.question.scope) {
            (Source::Days, Scope::UsageDates { start, end }) => (*start..*end).contains(&summary.days[place]),
            _ => true,
        };
        let value = |dimension: &Dimension| -> Option<Option<&'s str>> {
            match (self.source, dimension) {
                (_, Dimension::Team) | (Source::Days, _) => None,
                (Source::Charges, dimension) => Some(summary.charges.value(dimension, place)),
                (Source::Callers, dimension) => Some(summary.callers[place].value(dimension)),
            }
        };
        let arn = match self.source {
            Source::Callers => summary.callers[place].principal.as_ref().map(|principal| principal.arn.as_str()),
            Source::Days | Source::Charges => None,
        };
        let class = match self.source {
            Source::Charges => summary.charges.class(place),
            Source::Days | Source::Callers => None,
        };
        Looked { in_scope, met: conditions.met(value), group: groups.subject(value, arn), class }
    }

    fn time(&self, summary: &LoadSummary, about: usize) -> Option<NaiveDate> {
        match (self.question.granularity, self.source) {
            (Granularity::Monthly, _) => Some(summary.period.first_day()),
            (Granularity::Daily, Source::Days) => Some(summary.days[about]),
            _ => None,
        }
    }
}

/// What was found about a charge, day or caller.
#[derive(Clone, Copy)]
struct Looked {
    in_scope: bool,
    /// The conditions that hold, one bit each.
    met: u64,
    /// The number of its group.
    group: u32,
    /// Which tokens a charge counts.
    class: Option<TokenClass>,
}

/// The filters of a question, one bit each.
struct Conditions<'q> {
    filters: &'q [Filter],
    /// All of these must hold, and of them, these about teams.
    all: u64,
    all_of_team: u64,
    /// Of each of these one must hold, unless there is none.
    any: [u64; 2],
}

impl<'q> Conditions<'q> {
    fn of(filters: &'q [Filter]) -> Option<Self> {
        if filters.len() > MOST_FILTERS {
            return None;
        }
        let bits = |wanted: &dyn Fn(&Filter) -> bool| -> u64 {
            filters.iter().enumerate().filter(|(_, filter)| wanted(filter)).map(|(place, _)| 1 << place).sum()
        };
        Some(Self {
            filters,
            all: bits(&|filter| !filter.alternative),
            all_of_team: bits(&|filter| !filter.alternative && filter.dimension == Dimension::Team),
            any: [
                bits(&|filter| filter.alternative && !filter.exclude),
                bits(&|filter| filter.alternative && filter.exclude),
            ],
        })
    }

    /// Those that hold, of the ones whose dimension has a value here.
    fn met<'s>(&self, value: impl Fn(&Dimension) -> Option<Option<&'s str>>) -> u64 {
        let mut met = 0;
        for (place, filter) in self.filters.iter().enumerate() {
            if let Some(value) = value(&filter.dimension)
                && matches(filter, value) != filter.exclude
            {
                met |= 1 << place;
            }
        }
        met
    }

    fn may_hold_for_team(&self, met: u64) -> bool {
        met & self.all_of_team == self.all_of_team
    }

    fn hold(&self, met: u64) -> bool {
        met & self.all == self.all && self.any.iter().all(|any| *any == 0 || met & any != 0)
    }
}

/// Whether a value is one of those of a filter. The team of what nobody owns is called `unattributed`, and is not set.
fn matches(filter: &Filter, value: Option<&str>) -> bool {
    let is_unattributed = filter.dimension == Dimension::Team && value == Some(UNATTRIBUTED);
    filter.values.iter().any(|wanted| wanted.as_deref() == value || (is_unattributed && wanted.is_none()))
}

/// A row of the answer, by numbers.
struct Group {
    time: Option<NaiveDate>,
    team: u32,
    subject: u32,
    currency: u32,
    cost: Amount,
    tokens: Tokens,
    line_items: i64,
}

/// Where the groups of a time and a team are found.
#[derive(Clone, Copy)]
struct Block {
    time: Option<NaiveDate>,
    team: u32,
    place: usize,
}

/// The place of no group.
const NONE: u32 = u32::MAX;

/// The rows of an answer while they are added up.
struct Groups<'s, 'q> {
    groups: Vec<Group>,
    block_places: HashMap<(Option<NaiveDate>, u32), usize>,
    /// The places of groups by currency and subject.
    blocks: Vec<Vec<Vec<u32>>>,
    by_team: bool,
    teams: Vec<&'s str>,
    team_numbers: HashMap<&'s str, u32>,
    currencies: Vec<&'s str>,
    /// What rows are grouped by beside teams.
    dimensions: Vec<&'q Dimension>,
    subjects: Vec<Subject<'s>>,
    subject_numbers: HashMap<Vec<Option<&'s str>>, u32, foldhash::fast::RandomState>,
    /// Whether a text lies in one place for all loads.
    texts_are_shared: bool,
    /// The numbers again, by where the values lie: of the charges of a load most say what those of others have said.
    seen: HashMap<Vec<usize>, u32, foldhash::fast::RandomState>,
    places: Vec<usize>,
}

/// The values of a group, and the principal as billed, where there is one.
struct Subject<'s> {
    values: Vec<Option<&'s str>>,
    arn: Option<&'s str>,
}

impl<'s, 'q> Groups<'s, 'q> {
    fn new(question: &'q CostQuestion, source: Source) -> Self {
        Self {
            groups: Vec::new(),
            block_places: HashMap::new(),
            blocks: Vec::new(),
            by_team: question.group_by.contains(&Dimension::Team),
            teams: Vec::new(),
            team_numbers: HashMap::new(),
            currencies: Vec::new(),
            dimensions: question.group_by.iter().filter(|dimension| **dimension != Dimension::Team).collect(),
            subjects: Vec::new(),
            subject_numbers: HashMap::default(),
            texts_are_shared: source == Source::Charges,
            seen: HashMap::default(),
            places: Vec::new(),
        }
    }

    fn currency(&mut self, currency: &'s str) -> u32 {
        let place = self.currencies.iter().position(|known| *known == currency).unwrap_or_else(|| {
            self.currencies.push(currency);
            self.currencies.len() - 1
        });
        number(place)
    }

    /// The number of a team; the same for all where rows are not grouped by teams.
    fn team(&mut self, team: Option<&'s str>) -> u32 {
        if !self.by_team {
            return 0;
        }
        let slug = team.unwrap_or(UNATTRIBUTED);
        let new = number(self.teams.len());
        let teams = &mut self.teams;
        *self.team_numbers.entry(slug).or_insert_with(|| {
            teams.push(slug);
            new
        })
    }

    /// The number of what has the same values in all dimensions.
    fn subject(&mut self, value: impl Fn(&Dimension) -> Option<Option<&'s str>>, arn: Option<&'s str>) -> u32 {
        if !self.texts_are_shared {
            return self.subject_with(self.values(value), arn);
        }
        self.places.clear();
        for dimension in &self.dimensions {
            // Equal places and lengths hold equal texts; where nothing is set, there is neither.
            let text = value(dimension).flatten();
            self.places.push(text.map_or(0, |text| text.as_ptr().addr()));
            self.places.push(text.map_or(usize::MAX, str::len));
        }
        if let Some(seen) = self.seen.get(&self.places) {
            return *seen;
        }
        let number = self.subject_with(self.values(value), arn);
        self.seen.insert(self.places.clone(), number);
        number
    }

    fn values(&self, value: impl Fn(&Dimension) -> Option<Option<&'s str>>) -> Vec<Option<&'s str>> {
        self.dimensions.iter().map(|dimension| value(dimension).flatten()).collect()
    }

    fn subject_with(&mut self, values: Vec<Option<&'s str>>, arn: Option<&'s str>) -> u32 {
        let subjects = &mut self.subjects;
        *self.subject_numbers.entry(values).or_insert_with_key(|values| {
            subjects.push(Subject { values: values.clone(), arn });
            number(subjects.len() - 1)
        })
    }

    fn block(&mut self, time: Option<NaiveDate>, team: u32) -> usize {
        let blocks = &mut self.blocks;
        *self.block_places.entry((time, team)).or_insert_with(|| {
            blocks.push(Vec::new());
            blocks.len() - 1
        })
    }

    /// The group of a row.
    fn at(&mut self, block: Block, subject: u32, currency: u32) -> &mut Group {
        let places = &mut self.blocks[block.place];
        if places.len() <= currency as usize {
            places.resize(currency as usize + 1, Vec::new());
        }
        let places = &mut places[currency as usize];
        if places.len() <= subject as usize {
            places.resize(subject as usize + 1, NONE);
        }
        let place = &mut places[subject as usize];
        if *place == NONE {
            *place = number(self.groups.len());
            let Block { time, team, .. } = block;
            let (cost, tokens, line_items) = (Amount::ZERO, Tokens::default(), 0);
            self.groups.push(Group { time, team, subject, currency, cost, tokens, line_items });
        }
        &mut self.groups[*place as usize]
    }

    fn into_rows(self, question: &CostQuestion) -> Vec<CostRow> {
        let table = self.value_table(question);
        let currencies: Vec<Arc<str>> = self.currencies.iter().map(|currency| Arc::from(*currency)).collect();
        let row = |group: &Group| {
            let time = group.time;
            CostRow {
                period: time.filter(|_| question.granularity == Granularity::Monthly).map(BillingPeriod::containing),
                date: time.filter(|_| question.granularity == Granularity::Daily),
                values: Values::shared(&table, [group.team, group.subject]),
                cost: group.cost,
                currency: Arc::clone(&currencies[group.currency as usize]),
                tokens: group.tokens,
                line_items: group.line_items,
            }
        };
        self.groups.iter().map(row).collect()
    }

    /// What groups are about: teams on one side, subjects on the other.
    fn value_table(&self, question: &CostQuestion) -> Arc<ValueTable> {
        let (mut teams, mut subjects) = (Side::new(1), Side::new(self.dimensions.len() + 1));
        for team in &self.teams {
            teams.push([Some(*team)]);
        }
        for subject in &self.subjects {
            subjects.push(subject.values.iter().copied().chain([subject.arn]));
        }
        let mut columns = 0..;
        let dimensions = question.group_by.iter().map(|dimension| match dimension {
            Dimension::Team => Place { side: 0, column: 0 },
            _ => Place { side: 1, column: columns.next().unwrap_or_default() },
        });
        let layout = Layout {
            dimensions: dimensions.collect(),
            principal_arn: question
                .group_by
                .contains(&Dimension::Principal)
                .then_some(Place { side: 1, column: self.dimensions.len() }),
            account_name: None,
        };
        ValueTable::new(layout, [teams, subjects])
    }
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
