//! What the claims of a token allow.

use access::{Grant, GrantError, Grants};
use serde_json::{Map, Value};

use crate::config::ClaimGrantConfig;

/// `[[access.grant]]`, read.
#[derive(Clone, Debug, Default)]
pub struct ClaimGrants(Vec<ClaimGrant>);

/// Whoever has one of these values in a claim is allowed this.
#[derive(Clone, Debug)]
pub struct ClaimGrant {
    claim: String,
    values: Vec<String>,
    grant: Grant,
}

/// Which `[[access.grant]]` cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`[[access.grant]]` number {number} cannot be used: {because}")]
pub struct ClaimGrantError {
    number: usize,
    because: GrantError,
}

impl ClaimGrants {
    /// Reads what is configured.
    ///
    /// # Errors
    /// With the number of the first grant that cannot be used.
    pub fn read(configured: &[ClaimGrantConfig]) -> Result<Self, ClaimGrantError> {
        let read = |(index, config): (usize, &ClaimGrantConfig)| {
            let grant = Grant::try_from(config.allow.clone());
            let grant = grant.map_err(|because| ClaimGrantError { number: index + 1, because })?;
            Ok(ClaimGrant { claim: config.claim.clone(), values: config.values.clone(), grant })
        };
        configured.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Everything that these claims allow.
    pub fn of(&self, claims: &Map<String, Value>) -> Grants {
        let matching = self.0.iter().filter(|grant| grant.matches(claims));
        matching.map(|grant| &grant.grant).collect()
    }
}

impl ClaimGrant {
    fn matches(&self, claims: &Map<String, Value>) -> bool {
        let is_named = |value: &Value| value.as_str().is_some_and(|text| self.values.iter().any(|own| own == text));
        match claims.get(&self.claim) {
            Some(Value::Array(values)) => values.iter().any(is_named),
            Some(value) => is_named(value),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use access::{Extent, Permission};
    use serde_json::json;

    use super::*;

    fn grants(text: &str) -> ClaimGrants {
        #[derive(serde::Deserialize)]
        struct File {
            grant: Vec<ClaimGrantConfig>,
        }
        use figment::providers::{Format, Toml};
        let file: File = figment::Figment::from(Toml::string(text)).extract().expect("a configuration");
        ClaimGrants::read(&file.grant).expect("grants")
    }

    const FILE: &str = r#"
        [[grant]]
        claim = "groups"
        values = ["finops"]
        allow = { role = "finance", everything = true }
        [[grant]]
        claim = "groups"
        values = ["ds-leads", "ml-leads"]
        allow = { role = "team-lead", teams = ["data-science"] }
        [[grant]]
        claim = "department"
        values = ["research"]
        allow = { role = "viewer", tags = ["cost-center=12345"] }
    "#;

    #[test]
    fn claims_allow_what_is_configured_for_them_and_their_grants_add_up() {
        let of = |claims: Value| grants(FILE).of(claims.as_object().expect("claims"));
        let finance = of(json!({"groups": ["everyone", "finops"]}));
        assert_eq!(finance.extent(Permission::PeriodsClose), Some(&Extent::Everything));
        let both = of(json!({"groups": ["ml-leads"], "department": "research"}));
        let part = both.extent(Permission::CostsRead).and_then(Extent::part).expect("a part");
        assert_eq!((part.teams.len(), part.tags.len()), (1, 1));
    }

    #[test]
    fn claims_of_another_form_allow_nothing() {
        for claims in [json!({}), json!({"groups": 7}), json!({"groups": [["finops"]]}), json!({"group": ["finops"]})] {
            assert!(grants(FILE).of(claims.as_object().expect("claims")).is_empty(), "{claims}");
        }
    }
}
