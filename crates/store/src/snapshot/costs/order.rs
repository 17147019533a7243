//! What rows are grouped by, their order, and how many of them there are.

use super::MOST_ROWS;
use super::composer::Composer;
use crate::snapshot::{Granularity, OrderKey};

impl Composer<'_> {
    pub(super) fn group(&mut self) {
        let positions: Vec<String> = (1..=self.keys().len()).map(|position| position.to_string()).collect();
        self.text.push(" group by ").push(positions.join(", "));
    }

    pub(super) fn order(&mut self) {
        let question = self.question;
        let time_columns = usize::from(question.granularity != Granularity::Total);
        let keys = self.keys().len();
        // What is folded is not one of those that it comes after.
        let others = || self.folds().then(|| "others".to_owned());
        let mut order = Vec::new();
        if let Some(order_by) = &question.order_by {
            let direction = if order_by.descending { "desc" } else { "asc" };
            let key = match &order_by.key {
                // Amounts of two currencies are not compared: one currency comes after the other.
                OrderKey::Cost => {
                    order.push(keys.to_string());
                    order.extend(others());
                    Some("ordering".to_owned())
                }
                OrderKey::Dimension(dimension) => {
                    let place = question.group_by.iter().position(|grouped| grouped == dimension);
                    place.map(|place| (place + time_columns + 1).to_string())
                }
            };
            order.extend(key.map(|key| format!("{key} {direction} nulls last")));
        }
        order.extend((1..=time_columns).map(|position| position.to_string()));
        order.push(keys.to_string());
        order.extend(others());
        order.push("ordering desc".to_owned());
        order.extend(((time_columns + 1)..=keys).map(|position| format!("{position} asc nulls last")));
        self.text.push(" order by ").push(order.join(", "));
    }

    pub(super) fn limit(&mut self) {
        match self.arrangement.slice {
            None => {
                self.text.push(" limit ").push_bind(MOST_ROWS as i64 + 1);
            }
            Some(slice) => {
                self.text.push(" limit ").push_bind(slice.limit).push(" offset ").push_bind(slice.offset);
            }
        }
    }
}
