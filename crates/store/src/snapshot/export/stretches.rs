use std::iter::successors;

use bill::BillingPeriod;
use chrono::NaiveDate;

use crate::snapshot::costs::Stretch;
use crate::snapshot::open::ServedLoad;
use crate::snapshot::{Arrangement, CostQuestion, Granularity, Snapshot};

/// So many queries at most make one table: five years of months.
const MOST_STRETCHES: usize = 60;

impl Snapshot {
    /// Parts what is asked into such as have their rows one after another: one query for each, so that the first rows need not
    /// wait until a year is sorted.
    pub(super) fn stretches(&self, question: &CostQuestion, whole: Stretch) -> Vec<Stretch> {
        let chosen: Vec<&ServedLoad> =
            self.loads.iter().filter(|load| whole.load_ids.contains(&load.load_id)).collect();
        let load_ids = |wanted: &dyn Fn(&ServedLoad) -> bool| -> Vec<i64> {
            chosen.iter().filter(|load| wanted(load)).map(|load| load.load_id).collect()
        };
        let stretches: Vec<Stretch> = if question.granularity == Granularity::Monthly {
            let of_period = |period| load_ids(&|load| load.version.period == period);
            let periods = self.periods_of(&whole.load_ids).into_iter();
            periods.map(|period| Stretch { load_ids: of_period(period), days: None }).collect()
        } else {
            // A bill has lines that were used in the months before it: a month of days may be part of several bills.
            let days = chosen.iter().filter_map(|load| load.usage_dates);
            let Some((first, last)) = days.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))) else {
                return vec![whole];
            };
            let months = successors(Some(BillingPeriod::containing(first)), |month| Some(month.next()));
            let months = months.take_while(|month| month.first_day() <= last);
            let used_in = |month: BillingPeriod| {
                load_ids(&|load| {
                    load.usage_dates.is_some_and(|(first, last)| first < month.end() && last >= month.first_day())
                })
            };
            let of_month = |month: BillingPeriod| Stretch {
                load_ids: used_in(month),
                days: Some((month.first_day(), month.end())),
            };
            months.map(of_month).filter(|stretch| !stretch.load_ids.is_empty()).collect()
        };
        // A line with a day long ago makes a bill part of every month since: nobody asks so many times.
        if stretches.is_empty() || stretches.len() > MOST_STRETCHES { vec![whole] } else { stretches }
    }

    /// What of a stretch is of this day or billing period, or later.
    pub(super) fn rest_of(&self, stretch: Stretch, granularity: Granularity, time: NaiveDate) -> Stretch {
        if granularity == Granularity::Daily {
            let end = stretch.days.map_or(NaiveDate::MAX, |(_, end)| end);
            return Stretch { days: Some((time, end)), ..stretch };
        }
        let later = self.load_ids(|load| load.period.first_day() >= time);
        Stretch {
            load_ids: stretch.load_ids.into_iter().filter(|load_id| later.contains(load_id)).collect(),
            ..stretch
        }
    }
}

/// Whether all rows are wanted, ordered by time before all else, and none is made of rows of other times.
pub(super) fn is_in_order_of_time(question: &CostQuestion, arrangement: &Arrangement) -> bool {
    *arrangement == Arrangement::default() && question.order_by.is_none() && question.granularity != Granularity::Total
}
