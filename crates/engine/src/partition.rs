//! The names of partition folders.

use bill::BillingPeriod;

/// The period of a partition folder: `BILLING_PERIOD=2026-10` in CUR 2.0, lower case in other tables.
pub(crate) fn partition_period(folder_name: &str) -> Option<BillingPeriod> {
    partition_value(folder_name)?.parse().ok()
}

/// What stands behind `BILLING_PERIOD=`, period or not.
pub(crate) fn partition_value(folder_name: &str) -> Option<&str> {
    let (key, value) = folder_name.split_once('=')?;
    key.eq_ignore_ascii_case("billing_period").then_some(value)
}
