use access::{Grant, GrantText, Grants};
use serde_json::Value;

use crate::http::body::{Fields, fault};
use crate::http::grammar::{Faults, shown};

/// The most grants of one key.
pub(super) const MOST_GRANTS: usize = 100;

/// The field `grants`; what is wrong goes to the faults under the place where it stands.
pub(super) fn read(fields: &mut Fields, faults: &mut Faults) -> Option<Grants> {
    let texts: Vec<Value> = fields.require("grants", faults)?;
    if texts.is_empty() || texts.len() > MOST_GRANTS {
        faults.push(fault("grants", format!("a key has one grant, or up to {MOST_GRANTS}")));
        return None;
    }
    let grants: Vec<Option<Grant>> =
        texts.into_iter().enumerate().map(|(index, text)| faults.keep(grant(index, text))).collect();
    grants.iter().map(Option::as_ref).collect::<Option<Vec<&Grant>>>().map(Grants::from_iter)
}

fn grant(index: usize, value: Value) -> Result<Grant, crate::http::grammar::Fault> {
    let place = format!("grants[{index}]");
    // Nothing is granted by leaving something out, and null says neither that something is there nor that it is not.
    let null = value.as_object().and_then(|fields| fields.iter().find(|(_, value)| value.is_null()));
    if let Some((name, _)) = null {
        return Err(fault(&place, format!("`{}` is null; say what is meant, or leave it out", shown(name))));
    }
    let text: GrantText = serde_json::from_value(value).map_err(|error| fault(&place, error.to_string()))?;
    Grant::try_from(text).map_err(|error| fault(&place, error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_is_neither_there_nor_left_out() {
        assert!(grant(0, json!({"permissions": ["costs:read"], "teams": ["ds"]})).is_ok());
        let refused = grant(3, json!({"role": null, "permissions": ["costs:read"], "teams": ["ds"]}));
        let fault = refused.expect_err("a role that is null");
        assert_eq!((fault.parameter.as_str(), fault.detail.starts_with("`role` is null")), ("grants[3]", true));
    }
}
