use std::fmt::Display;
use std::str::FromStr;

use access::{Grant, GrantError, GrantText, Grants};
use serde_json::Value;

use crate::http::body::{Fields, fault};
use crate::http::grammar::Faults;

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
        texts.into_iter().enumerate().map(|(index, text)| grant(index, text, faults)).collect();
    grants.iter().map(Option::as_ref).collect::<Option<Vec<&Grant>>>().map(Grants::from_iter)
}

/// Nothing is granted by leaving something out, and null says neither that something is there nor that it is not.
fn grant(index: usize, value: Value, faults: &mut Faults) -> Option<Grant> {
    const FIELDS: [&str; 6] = ["role", "permissions", "everything", "teams", "accounts", "tags"];
    let mut own = Faults::default();
    let read = Fields::at(format!("grants[{index}]"), value, &FIELDS, &mut own).and_then(|mut fields| {
        let role = fields.take::<String>("role", &mut own);
        let text = GrantText {
            role: role.and_then(|role| word(&fields.place_of("role"), &role, &mut own)),
            permissions: words(&mut fields, "permissions", &mut own),
            everything: fields.take("everything", &mut own).unwrap_or_default(),
            teams: fields.take("teams", &mut own).unwrap_or_default(),
            accounts: fields.take("accounts", &mut own).unwrap_or_default(),
            tags: words(&mut fields, "tags", &mut own),
        };
        // What is missing may be what could not be read.
        let text = std::mem::take(&mut own).none_or(text).map_err(|faults| own = faults).ok()?;
        let place = format!("grants[{index}]");
        Grant::try_from(text).map_err(|error| own.push(fault(&place_of(&place, &error), error.to_string()))).ok()
    });
    faults.append(own);
    read
}

/// The field that an error is about; the grant, where it is about several.
fn place_of(grant: &str, error: &GrantError) -> String {
    match error {
        GrantError::NotATeam(_) => format!("{grant}.teams"),
        GrantError::NotAnAccount(_) => format!("{grant}.accounts"),
        GrantError::ForEverythingOnly(_) => format!("{grant}.permissions"),
        GrantError::NothingAllowed | GrantError::OfNothing | GrantError::OfEverythingAndSome => grant.to_owned(),
    }
}

/// A list of words.
fn words<T: FromStr<Err: Display>>(fields: &mut Fields, name: &str, faults: &mut Faults) -> Vec<T> {
    let place = fields.place_of(name);
    let texts = fields.take::<Vec<String>>(name, faults).unwrap_or_default().into_iter().enumerate();
    texts.filter_map(|(index, text)| word(&format!("{place}[{index}]"), &text, faults)).collect()
}

fn word<T: FromStr<Err: Display>>(place: &str, text: &str, faults: &mut Faults) -> Option<T> {
    faults.keep(text.parse().map_err(|error: T::Err| fault(place, error.to_string())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_is_neither_there_nor_left_out() {
        let mut faults = Faults::default();
        assert!(grant(0, json!({"permissions": ["costs:read"], "teams": ["ds"]}), &mut faults).is_some());
        let refused = grant(3, json!({"role": null, "permissions": ["costs:read"], "teams": ["ds"]}), &mut faults);
        assert!(refused.is_none());
        let found: Vec<_> = faults.into_vec().into_iter().map(|fault| (fault.parameter, fault.detail)).collect();
        let expected = ("grants[3].role".to_owned(), "`grants[3].role` is null; write a text".to_owned());
        assert_eq!(found, [expected]);
    }
}
