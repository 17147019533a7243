//! What can be used, and what it costs: read from `data/meters.csv` and `data/services.csv`.

mod bedrock;
mod region;
mod service;

use bill::Amount;

pub(crate) use self::bedrock::{Filing, Meter, Offer};
pub(crate) use self::service::Service;
use crate::organisation::Account;
use crate::random::Random;

/// All offers of Amazon Bedrock and all services around it.
pub(crate) struct Catalogue {
    pub(crate) offers: Vec<Offer>,
    pub(crate) services: Vec<Service>,
}

impl Catalogue {
    pub(crate) fn new(accounts: &[Account]) -> Self {
        Self { offers: bedrock::offers(accounts), services: service::services(accounts) }
    }

    /// An offer by its weight, among those called by a principal or those of an account.
    pub(crate) fn pick_offer(&self, random: &mut Random, with_caller: bool) -> &Offer {
        pick(random, &self.offers, |offer| if offer.with_caller == with_caller { offer.weight } else { 0 })
    }

    pub(crate) fn pick_service(&self, random: &mut Random) -> &Service {
        pick(random, &self.services, |service| service.weight)
    }
}

fn pick<'c, T>(random: &mut Random, choices: &'c [T], weight: impl Fn(&T) -> u64) -> &'c T {
    let mut left = random.below(choices.iter().map(&weight).sum());
    for choice in choices {
        match left.checked_sub(weight(choice)) {
            Some(rest) => left = rest,
            None => return choice,
        }
    }
    &choices[0]
}

/// A unit price, and how much of the unit is usual in an hour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    pub(crate) per_unit: Amount,
    /// In millionths of the unit.
    typical: u64,
    /// Millionths of the unit that come as one: a token, an image, a request.
    step: u64,
}

impl Price {
    fn new(per_unit: &str, typical: &str, unit: &str, dimension: &str) -> Self {
        let typical = amount(typical).raw() / 1_000_000;
        Self { per_unit: amount(per_unit), typical: typical as u64, step: step(unit, dimension) }
    }

    /// Quantity and cost of an hour, at so many percent of the usual. The cost is cut off at twelve decimals.
    pub(crate) fn draw(&self, random: &mut Random, percent: u64) -> (Amount, Amount) {
        let usual = (self.typical * percent / 100).max(self.step);
        let millionths = random.between(usual / 5, usual * 9 / 5).max(self.step) / self.step * self.step;
        let millionths = i128::from(millionths);
        (Amount::from_raw(millionths * 1_000_000), Amount::from_raw(self.per_unit.raw() * millionths / 1_000_000))
    }
}

fn step(unit: &str, dimension: &str) -> u64 {
    match unit {
        "1K tokens" => 1_000,
        "1M tokens" | "GB-Hours" | "vCPU-Hours" | "Hrs" | "GB" | "GB-Mo" | "Metrics" | "LCU-Hrs" => 1,
        "Units" if dimension.starts_with("Million") || dimension.is_empty() => 1,
        _ => 1_000_000,
    }
}

/// The lines of a table without its comments and its header.
fn table(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split(',').collect())
}

fn amount(text: &str) -> Amount {
    // The tables are part of the source, and a test reads each of their lines.
    #[expect(clippy::unwrap_used, reason = "the tables are part of the source")]
    text.parse().unwrap()
}

fn whole(text: &str) -> u64 {
    amount(text).round_to_integer() as u64
}
