//! From what was asked to what is loaded: which billing periods an answer is about.

use bill::BillingPeriod;
use chrono::NaiveDate;
use store::snapshot::{Scope, Snapshot};

use super::grammar::{AskedComparison, AskedScope, with_itself};
use super::problem::{Problem, ProblemKind};

/// The scope of a question, and the billing periods that its lines are in.
///
/// # Errors
/// Where a period, or the whole range of days, has no data: an answer without rows would hide a mistake.
pub(crate) async fn resolve(
    asked: &AskedScope,
    snapshot: &mut Snapshot,
) -> Result<(Scope, Vec<BillingPeriod>), Problem> {
    match asked {
        AskedScope::LatestPeriod => {
            let latest = latest_period(snapshot.periods())?;
            Ok((Scope::Periods(vec![latest]), vec![latest]))
        }
        AskedScope::Periods(periods) => {
            all_loaded("period", periods, snapshot.periods())?;
            Ok((Scope::Periods(periods.clone()), periods.clone()))
        }
        AskedScope::UsageDates { start, end } => {
            let periods = periods_with_usage(snapshot, *start, *end).await?;
            Ok((Scope::UsageDates { start: *start, end: *end }, periods))
        }
    }
}

/// One period that was asked for, or the latest one.
pub(crate) fn resolve_one(asked: Option<BillingPeriod>, snapshot: &Snapshot) -> Result<BillingPeriod, Problem> {
    let Some(period) = asked else { return latest_period(snapshot.periods()) };
    all_loaded("period", &[period], snapshot.periods())?;
    Ok(period)
}

/// The period that one of these, if it is one, is compared with.
///
/// # Errors
/// Where it is not loaded, or is the same.
pub(crate) fn resolve_comparison(
    asked: AskedComparison,
    periods: &[BillingPeriod],
    snapshot: &Snapshot,
) -> Result<BillingPeriod, Problem> {
    let compared = match (asked, periods) {
        (AskedComparison::Previous, [period, ..]) => period.previous(),
        (AskedComparison::Previous, []) => return Err(Problem::nothing_loaded()),
        (AskedComparison::Period(compared), periods) if periods.contains(&compared) => {
            return Err(with_itself(compared).into());
        }
        (AskedComparison::Period(compared), _) => compared,
    };
    all_loaded("compare", &[compared], snapshot.periods())?;
    Ok(compared)
}

fn latest_period(loaded: &[BillingPeriod]) -> Result<BillingPeriod, Problem> {
    loaded.last().copied().ok_or_else(Problem::nothing_loaded)
}

fn all_loaded(parameter: &str, periods: &[BillingPeriod], loaded: &[BillingPeriod]) -> Result<(), Problem> {
    let missing: Vec<String> =
        periods.iter().filter(|period| !loaded.contains(period)).map(ToString::to_string).collect();
    if missing.is_empty() {
        return Ok(());
    }
    latest_period(loaded)?;
    Err(not_loaded(parameter, format!("no data is loaded for {}", missing.join(", ")), loaded))
}

async fn periods_with_usage(
    snapshot: &mut Snapshot,
    start: NaiveDate,
    end: NaiveDate,
) -> Result<Vec<BillingPeriod>, Problem> {
    let periods = snapshot.periods_with_usage(start, end).await?;
    if periods.is_empty() {
        latest_period(snapshot.periods())?;
        let detail = format!("no data is loaded for usage from {start} to before {end}");
        return Err(not_loaded("start", detail, snapshot.periods()));
    }
    Ok(periods)
}

/// The problem with a parameter that asks for time without data, with what has data.
pub(crate) fn not_loaded(parameter: &str, detail: String, loaded: &[BillingPeriod]) -> Problem {
    let detail = match loaded.last() {
        Some(latest) => format!("{detail}; `loaded_periods` are those with data, {latest} the latest of them"),
        None => detail,
    };
    Problem::about(parameter, ProblemKind::PeriodNotLoaded, detail).with_loaded_periods(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(texts: &[&str]) -> Vec<BillingPeriod> {
        texts.iter().map(|text| text.parse().expect("a period")).collect()
    }

    #[test]
    fn the_latest_period_answers_when_none_is_named() {
        assert_eq!(latest_period(&periods(&["2026-09", "2026-10"])).ok(), "2026-10".parse().ok());
    }

    #[test]
    fn a_period_without_data_is_a_problem_that_lists_those_with_data() {
        let problem = all_loaded("period", &periods(&["2026-10", "2027-10"]), &periods(&["2026-09", "2026-10"]))
            .expect_err("one is missing");
        insta::assert_snapshot!(serde_json::to_string_pretty(&problem).expect("a problem is JSON"));
    }

    #[test]
    fn before_the_first_refresh_the_caller_is_asked_to_come_back() {
        let problem = all_loaded("period", &periods(&["2026-10"]), &[]).expect_err("nothing is loaded");
        assert_eq!(problem.kind(), ProblemKind::NothingLoaded);
    }
}
