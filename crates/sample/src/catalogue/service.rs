use super::region::Region;
use super::{Price, table, whole};
use crate::labels::Pair;
use crate::organisation::Account;
use crate::random::Random;

/// Resources of one kind in one account.
const RESOURCES: usize = 24;

/// A usage of another service than Amazon Bedrock.
pub(crate) struct Service {
    pub(crate) weight: u64,
    pub(crate) product_code: &'static str,
    pub(crate) family: &'static str,
    pub(crate) usage_type: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) price: Price,
    pub(crate) rate: String,
    pub(crate) description: String,
    pub(crate) sku: String,
    pub(crate) region: Region,
    pub(crate) product: Vec<Pair<'static>>,
    /// By account; empty for what has no resource.
    pub(crate) resource_ids: Vec<Vec<String>>,
}

impl Service {
    /// Third-party software, billed through AWS Marketplace.
    pub(crate) fn is_marketplace(&self) -> bool {
        self.unit == "Units"
    }
}

pub(super) fn services(accounts: &[Account]) -> Vec<Service> {
    table(include_str!("../../data/services.csv")).map(|row| service(&row, accounts)).collect()
}

fn service(row: &[&'static str], accounts: &[Account]) -> Service {
    let [weight, product_code, product_name, family, usage_type, operation, unit, price, typical, resource] = row[..]
    else {
        unreachable!("a line of the table has ten fields")
    };
    let region = Region::of(usage_type);
    let price = Price::new(price, typical, unit, "");
    Service {
        weight: whole(weight),
        product_code,
        family,
        usage_type,
        operation,
        unit,
        price,
        rate: price.per_unit.to_string(),
        description: format!("${} per {unit} in {}", price.per_unit, region.location),
        sku: Random::of(usage_type).base32(16).to_uppercase(),
        region,
        product: vec![("product_name".into(), product_name.into()), ("region".into(), region.code.into())],
        resource_ids: accounts.iter().map(|account| resource_ids(resource, usage_type, account)).collect(),
    }
}

fn resource_ids(pattern: &str, usage_type: &str, account: &Account) -> Vec<String> {
    let count = if pattern.is_empty() { 0 } else { RESOURCES };
    let mut random = Random::of((usage_type, &account.id));
    (0..count).map(|_| pattern.replace("{account}", &account.id).replace("{id}", &random.hex(17))).collect()
}
