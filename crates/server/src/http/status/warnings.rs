//! What someone should look at.

use access::Sight;
use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::StoreError;
use store::snapshot::{Control, Snapshot};
use utoipa::ToSchema;

use crate::refresh::board::RefreshOutcome;

/// Something that someone should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Warning {
    /// Stable, made to branch on: `unauthenticated`, `ownership_failed`, `refresh_failed`, `load_failed`, `unclassified_cost`,
    /// `unattributed_cost`, `does_not_tie_out`, `nothing_loaded` or `store_unreachable`.
    #[schema(value_type = String, example = "unclassified_cost")]
    code: &'static str,
    /// The same as a sentence.
    detail: String,
    /// The billing period, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-10")]
    period: Option<BillingPeriod>,
    /// How much money it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "1.25")]
    cost: Option<Amount>,
    /// The currency of the cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "USD")]
    currency: Option<String>,
}

impl Warning {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), period: None, cost: None, currency: None }
    }

    fn about(code: &'static str, detail: &str, control: &Control, cost: Amount) -> Self {
        Self {
            code,
            detail: format!("{}: {cost} {} {detail}", control.period, control.currency),
            period: Some(control.period),
            cost: Some(cost),
            currency: Some(control.currency.clone()),
        }
    }

    /// The database does not answer.
    pub(super) fn store_unreachable() -> Self {
        Self::new("store_unreachable", "the database does not answer; the log says why")
    }

    /// The ownership file was to be read again and could not be.
    pub(super) fn ownership_failed(reason: String) -> Self {
        Self::new("ownership_failed", format!("the ownership rules before stay in force: {reason}"))
    }

    /// No period has been published.
    pub(super) fn nothing_loaded() -> Self {
        Self::new("nothing_loaded", "no billing period has been published yet")
    }
}

/// What the service itself knows: that anyone may ask, and which refreshes failed. Why they failed may quote any line of the
/// bill, so that only those who see all of it are told.
pub(super) fn of_service(unauthenticated: bool, outcomes: &[RefreshOutcome], sight: &Sight) -> Vec<Warning> {
    let open = unauthenticated.then(|| {
        Warning::new(
            "unauthenticated",
            "anyone who reaches this service can read it: callers are not known, because [access] is not configured",
        )
    });
    let detail = |outcome: &RefreshOutcome| match sight.is_whole() {
        true => format!("export `{}`: {}", outcome.export, outcome.message),
        false => format!("the last refresh of export `{}` failed; ask whoever runs the service", outcome.export),
    };
    let failed = outcomes.iter().filter(|outcome| outcome.result == "failed").map(|outcome| Warning {
        period: outcome.period.parse().ok(),
        ..Warning::new("refresh_failed", detail(outcome))
    });
    open.into_iter().chain(failed).collect()
}

/// Periods whose newest version failed, so that an older one is served.
pub(super) async fn of_loads(snapshot: &mut Snapshot, periods: &[BillingPeriod]) -> Result<Vec<Warning>, StoreError> {
    let mut warnings = Vec::new();
    for period in periods {
        let versions = snapshot.load_versions(*period).await?;
        let served = |export: &str| {
            let of_export = versions.iter().filter(|version| version.export == export);
            of_export.filter(|version| version.state == "current").map(|version| version.version).max()
        };
        for failed in versions.iter().filter(|version| version.state == "failed") {
            let Some(current) = served(&failed.export).filter(|current| *current < failed.version) else { continue };
            let reason = failed.failure.as_deref().unwrap_or("no reason was kept");
            let detail = format!(
                "export `{}`, {period}: version {} failed and version {current} is still served: {reason}",
                failed.export, failed.version
            );
            warnings.push(Warning { period: Some(*period), ..Warning::new("load_failed", detail) });
        }
    }
    Ok(warnings)
}

/// Money that no grammar knows, money without an owner, and money that does not add up.
pub(super) fn of_control(control: &Control) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !control.delta().is_zero() {
        let detail = "is between the bill and the sum of its teams";
        warnings.push(Warning::about("does_not_tie_out", detail, control, control.delta()));
    }
    if !control.unclassified.is_zero() {
        let detail = "is on usage types that no rule of the grammar knows; it is counted all the same";
        warnings.push(Warning::about("unclassified_cost", detail, control, control.unclassified));
    }
    if !control.unattributed.is_zero() {
        let detail = "has no owner; /v1/teams/unattributed/showback says why";
        warnings.push(Warning::about("unattributed_cost", detail, control, control.unattributed));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_without_an_owner_is_named_with_its_amount() {
        let amount = |text: &str| text.parse().expect("an amount");
        let control = Control {
            period: "2026-10".parse().expect("a period"),
            currency: "USD".to_owned(),
            bill_total: Some(amount("10")),
            bedrock_total: amount("4"),
            attributed: amount("2.5"),
            unattributed: amount("1.5"),
            unclassified: Amount::ZERO,
        };
        let warnings = of_control(&control);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(warnings[0].detail, "2026-10: 1.5 USD has no owner; /v1/teams/unattributed/showback says why");
        let swallowed = Control { unattributed: amount("1"), ..control };
        assert_eq!(of_control(&swallowed)[0].code, "does_not_tie_out");
    }
}
