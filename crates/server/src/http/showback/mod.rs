//! Showbacks: one slice of the bill in one period, from every side. What those of teams, tags and principals share.

mod change;
mod divide;
mod rules;

pub(crate) use change::{Change, change};
pub(crate) use divide::{by_day, divide, divide_by_tags, lines_with, whole_bill};
pub(crate) use rules::RuleFigures;
