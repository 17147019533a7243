use engine::{LineChoice, Parameter};
use store::StoreError;
use store::snapshot::{Dimension, Filter, LineQuestion, Snapshot};

/// What the export is asked with for a question that names persons as billed.
///
/// # Errors
/// Where the database fails.
pub(crate) async fn parameters(named: &LineQuestion, snapshot: &mut Snapshot) -> Result<Vec<String>, StoreError> {
    let mut choice = LineChoice { day: named.day, ..LineChoice::default() };
    for Filter { dimension, values, .. } in &named.filters {
        let value = values.iter().next().cloned().flatten();
        match dimension {
            Dimension::Principal => {
                choice.principal = match value {
                    None => Some(None),
                    Some(id) => snapshot.principal_arn(&id).await?.map(Some),
                }
            }
            Dimension::Account => choice.account = Some(value),
            Dimension::UsageType => choice.usage_type = Some(value),
            Dimension::ChargeType => choice.charge_type = Some(value),
            Dimension::Tag(key) => choice.tag = Some((key.clone(), value)),
            // No other dimension is asked for; and what is not asked of the export is still asked of what it gives.
            _ => {}
        }
    }
    Ok(choice.parameters().iter().map(Parameter::as_str).map(str::to_owned).collect())
}
