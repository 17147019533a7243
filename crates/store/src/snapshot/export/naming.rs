//! What the numbers of facts stand for.

use std::collections::HashMap;
use std::sync::Arc;

use bill::usage::TokenClass;
use foldhash::fast::RandomState;
use futures::TryStreamExt;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::error::{Doing, StoreError, token_class};
use crate::snapshot::costs::{Stretch, is_of_charge};
use crate::snapshot::{CostQuestion, Dimension, Layout, Place, Side, Snapshot, ValueTable};

/// The sides of a table of values.
const SUBJECTS: usize = 0;
const CHARGES: usize = 1;

/// The values of the subjects and charges of some loads, for one question. What says the same has one number.
pub(super) struct Naming {
    pub(super) values: Arc<ValueTable>,
    subjects: HashMap<(i64, i32), u32, RandomState>,
    charges: HashMap<i32, (u32, Option<TokenClass>), RandomState>,
}

impl Naming {
    /// Reads them.
    ///
    /// # Errors
    /// Where the database fails.
    pub(super) async fn read(
        snapshot: &mut Snapshot,
        stretch: &Stretch,
        question: &CostQuestion,
    ) -> Result<Self, StoreError> {
        let layout = layout(question);
        let columns = |side| layout.dimensions.iter().filter(|place| place.side == side).count();
        let beside = [layout.principal_arn, layout.account_name].into_iter().flatten().count();
        let (mut of_subjects, mut of_charges) = (Said::new(columns(SUBJECTS) + beside), Said::new(columns(CHARGES)));

        let mut subjects = HashMap::default();
        let mut query = snapshot.compose_subjects(stretch, question);
        let mut rows = query.build().fetch(snapshot.reading.connection().await?);
        while let Some(row) = rows.try_next().await.doing("the subjects of facts")? {
            let number = of_subjects.number(&row)?;
            subjects.insert((column(&row, 0)?, column(&row, 1)?), number);
        }
        drop(rows);

        let mut charges = HashMap::default();
        let mut query = snapshot.compose_charges(stretch, question);
        let mut rows = query.build().fetch(snapshot.reading.connection().await?);
        while let Some(row) = rows.try_next().await.doing("the charges of facts")? {
            let number = of_charges.number(&row)?;
            let class = column::<Option<&str>>(&row, 1)?.map(token_class).transpose()?;
            charges.insert(column(&row, 0)?, (number, class));
        }
        drop(rows);
        Ok(Self { values: ValueTable::new(layout, [of_subjects.side, of_charges.side]), subjects, charges })
    }

    /// The number of what is said of a subject of a load.
    pub(super) fn subject(&self, load_id: i64, subject_id: i32) -> Option<u32> {
        self.subjects.get(&(load_id, subject_id)).copied()
    }

    /// The number of what is said of a charge, and the tokens that it counts.
    pub(super) fn charge(&self, charge_id: i32) -> Option<(u32, Option<TokenClass>)> {
        self.charges.get(&charge_id).copied()
    }
}

/// Where the values of a row stand: first, on either side, its dimensions in the order asked.
fn layout(question: &CostQuestion) -> Layout {
    let mut next = [0, 0];
    let mut place = |side: usize| {
        next[side] += 1;
        Place { side, column: next[side] - 1 }
    };
    let side = |dimension: &Dimension| if is_of_charge(dimension) { CHARGES } else { SUBJECTS };
    let dimensions = question.group_by.iter().map(|dimension| place(side(dimension))).collect();
    let mut beside = |dimension| question.group_by.contains(&dimension).then(|| place(SUBJECTS));
    Layout { dimensions, principal_arn: beside(Dimension::Principal), account_name: beside(Dimension::Account) }
}

/// What is said on one side, each once.
struct Said {
    columns: usize,
    side: Side,
    numbers: HashMap<Vec<Option<String>>, u32, RandomState>,
}

impl Said {
    fn new(columns: usize) -> Self {
        Self { columns, side: Side::new(columns), numbers: HashMap::default() }
    }

    /// The number of the texts of a row, which come after its two numbers.
    fn number(&mut self, row: &PgRow) -> Result<u32, StoreError> {
        let texts: Vec<Option<String>> =
            (2..self.columns + 2).map(|place| column(row, place)).collect::<Result<_, _>>()?;
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let side = &mut self.side;
        Ok(*self.numbers.entry(texts).or_insert_with_key(|texts| {
            side.push(texts.iter().map(Option::as_deref));
            next
        }))
    }
}

fn column<'r, T>(row: &'r PgRow, place: usize) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    row.try_get(place).doing("the reading of what facts are about")
}
