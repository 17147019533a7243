//! Showbacks: one slice of the bill in one period, from every side. What those of teams, tags and principals share.

mod change;
mod divide;
mod rules;
mod table;

pub(crate) use change::{Change, totals_and_change};
pub(crate) use divide::{
    ByCaller, WHAT, WHO, by_day, divide, divide_by_caller, divide_in_ways, lines_with, whole_bill,
};
pub(crate) use rules::RuleFigures;
pub(crate) use table::{Line, Lines, table_of_lines};
