use super::region::Region;
use super::{Price, table, whole};
use crate::labels::Pair;
use crate::organisation::Account;
use crate::random::Random;

/// Meters that are used together: a model by one route in one region, or a feature.
pub(crate) struct Offer {
    /// Of 100 or so; 0 for what appears once a month.
    pub(crate) weight: u64,
    /// Whether calls carry a principal. Guardrails, knowledge bases, AgentCore and commitments do not.
    pub(crate) with_caller: bool,
    pub(crate) meters: Vec<Meter>,
    /// `line_item_resource_id`, by account.
    pub(crate) resource_ids: Vec<Option<String>>,
}

/// One usage type of Amazon Bedrock, in one product.
#[derive(Clone)]
pub(crate) struct Meter {
    pub(crate) filing: Filing,
    pub(crate) product_code: String,
    pub(crate) provider: &'static str,
    pub(crate) usage_type: String,
    pub(crate) unit: &'static str,
    pub(crate) price: Price,
    pub(crate) rate: String,
    pub(crate) description: String,
    pub(crate) sku: String,
    pub(crate) region: Region,
    /// The map `product` as it was until June 2026.
    pub(crate) product_until_june: Vec<Pair<'static>>,
    /// The map `product` since AWS fills in model, provider, inference type and feature.
    pub(crate) product: Vec<Pair<'static>>,
    model_id: &'static str,
    offer: &'static str,
}

/// Under which product AWS files a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filing {
    Bedrock,
    Service,
    FoundationModels,
    AgentCore,
    Marketplace,
}

impl Filing {
    fn of(name: &str) -> Self {
        match name {
            "service" => Self::Service,
            "foundation" => Self::FoundationModels,
            "agentcore" => Self::AgentCore,
            "marketplace" => Self::Marketplace,
            _ => Self::Bedrock,
        }
    }

    fn product_code(self, product_name: &str) -> String {
        match self {
            Self::Bedrock => "AmazonBedrock".to_owned(),
            Self::Service => "AmazonBedrockService".to_owned(),
            Self::FoundationModels => "AmazonBedrockFoundationModels".to_owned(),
            Self::AgentCore => "AmazonBedrockAgentCore".to_owned(),
            Self::Marketplace => Random::of(product_name).base32(25),
        }
    }
}

pub(super) fn offers(accounts: &[Account]) -> Vec<Offer> {
    let mut offers = offers_of_the_table();
    let elsewhere: Vec<Offer> = offers.iter().flat_map(Offer::in_other_regions).collect();
    offers.extend(elsewhere);
    for offer in &mut offers {
        offer.resource_ids = accounts.iter().map(|account| offer.meters[0].resource_id(account)).collect();
    }
    offers
}

fn offers_of_the_table() -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for row in table(include_str!("../../data/meters.csv")) {
        let (weight, with_caller) = (whole(row[1]), row[2] == "principal");
        let meter = Meter::read(&row);
        match offers.last_mut().filter(|offer| offer.meters[0].offer == meter.offer) {
            Some(offer) => offer.meters.push(meter),
            None => offers.push(Offer { weight, with_caller, meters: vec![meter], resource_ids: Vec::new() }),
        }
    }
    offers
}

impl Offer {
    /// What is much used in us-east-1 is used less in Oregon and in Frankfurt.
    fn in_other_regions(&self) -> Vec<Self> {
        let moved = |(prefix, weight): (&str, u64)| Self {
            weight,
            with_caller: self.with_caller,
            meters: self.meters.iter().map(|meter| meter.moved_to(prefix)).collect(),
            resource_ids: Vec::new(),
        };
        let at_home = self.meters.iter().all(|meter| meter.region.prefix == "USE1");
        let elsewhere = [("USW2", self.weight / 3), ("EUC1", self.weight / 4)];
        elsewhere.into_iter().filter(|(_, weight)| at_home && *weight > 0).map(moved).collect()
    }
}

impl Meter {
    fn read(row: &[&'static str]) -> Self {
        let [offer, _, _, filing, product_name, provider, model, model_id, usage_type, dimension] = row[..10] else {
            unreachable!("a line of the table has fifteen fields")
        };
        let [inference_type, feature, unit, price, typical] = row[10..] else {
            unreachable!("a line of the table has fifteen fields")
        };
        let filing = Filing::of(filing);
        let region = Region::of(usage_type);
        let product_until_june = pairs(&[("product_name", product_name), ("region", region.code)]);
        let told = [("provider", provider), ("model", model), ("inference_type", inference_type), ("feature", feature)];
        // Whether Marketplace lines carry the new keys is not known: the sample leaves them out, the harder case.
        let told = if filing == Filing::Marketplace { &[][..] } else { &told[..] };
        let mut meter = Self {
            filing,
            product_code: filing.product_code(product_name),
            provider,
            usage_type: usage_type.to_owned(),
            unit,
            price: Price::new(price, typical, unit, dimension),
            rate: String::new(),
            description: String::new(),
            sku: String::new(),
            region,
            product: [product_until_june.clone(), pairs(told)].concat(),
            product_until_june,
            model_id,
            offer,
        };
        meter.describe(dimension, model, inference_type);
        meter
    }

    fn describe(&mut self, dimension: &str, model: &str, inference_type: &str) {
        let (price, unit, region) = (self.price.per_unit, self.unit, self.region);
        self.sku = Random::of(&self.usage_type).base32(16).to_uppercase();
        self.rate = format!("{price}");
        self.description = if unit == "Units" {
            format!("AWS Marketplace software usage|{}|{dimension}", region.code)
        } else if model.is_empty() {
            format!("${price} per {unit} in {}", region.location)
        } else {
            format!("${price} per {unit} for {model} {inference_type} in {}", region.location)
        };
    }

    fn moved_to(&self, prefix: &str) -> Self {
        let usage_type = self.usage_type.replace("USE1", prefix);
        let region = Region::of(&usage_type);
        let text =
            |text: &str| text.replace(self.region.code, region.code).replace(self.region.location, region.location);
        let map = |pairs: &[Pair<'static>]| {
            pairs.iter().map(|(key, value)| (key.clone(), text(value).into())).collect::<Vec<_>>()
        };
        Self {
            sku: Random::of(&usage_type).base32(16).to_uppercase(),
            description: text(&self.description),
            product_until_june: map(&self.product_until_june),
            product: map(&self.product),
            usage_type,
            region,
            ..self.clone()
        }
    }

    /// The endpoint of the Responses, Chat Completions and Messages interfaces.
    pub(crate) fn is_mantle(&self) -> bool {
        self.usage_type.contains("-mantle-")
    }

    fn resource_id(&self, account: &Account) -> Option<String> {
        let (region, account, model) = (self.region.code, &account.id, self.model_id);
        let name = || Random::of((account, self.offer)).base32(12);
        if self.filing == Filing::AgentCore {
            Some(format!("arn:aws:bedrock-agentcore:{region}:{account}:runtime/assistant-{}", name()))
        } else if self.usage_type.contains("Guardrail") {
            Some(format!("arn:aws:bedrock:{region}:{account}:guardrail/{}", name()))
        } else if model.is_empty() {
            None
        } else if self.provider == "Anthropic" {
            let global = self.usage_type.to_lowercase().contains("global");
            let scope = if global { "global" } else { self.region.geography };
            Some(format!("arn:aws:bedrock:{region}:{account}:inference-profile/{scope}.{model}"))
        } else {
            Some(format!("arn:aws:bedrock:{region}::foundation-model/{model}"))
        }
    }
}

fn pairs(pairs: &[(&'static str, &'static str)]) -> Vec<Pair<'static>> {
    let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let offers = offers_of_the_table();
        let meters = offers.iter().map(|offer| offer.meters.len()).sum::<usize>();
        assert_eq!(meters, table(include_str!("../../data/meters.csv")).count());
        let alone = offers.iter().filter(|offer| offer.meters.iter().any(|meter| meter.price.typical == 0));
        assert_eq!(alone.count(), 0, "a usual quantity for each");
    }

    #[test]
    fn meters_of_an_offer_are_of_one_product_and_one_region() {
        for offer in offers_of_the_table().iter().filter(|offer| offer.weight > 0) {
            let first = &offer.meters[0];
            let same = |meter: &Meter| meter.region == first.region && meter.model_id == first.model_id;
            assert!(offer.meters.iter().all(same) || !offer.with_caller, "{}", first.offer);
        }
    }

    #[test]
    fn an_offer_moved_to_another_region_says_so_everywhere() {
        let offers = offers(&[]);
        let usage_type = "USW2-Claude4.6Sonnet-input-tokens";
        let meter = offers.iter().flat_map(|offer| &offer.meters).find(|meter| meter.usage_type == usage_type);
        let meter = meter.expect("a copy in Oregon");
        assert_eq!(meter.region.code, "us-west-2");
        assert_eq!(meter.description, "$0.0033 per 1K tokens for Claude Sonnet 4.6 Input tokens in US West (Oregon)");
        assert!(meter.product.contains(&("region".into(), "us-west-2".into())));
        let usage_type = "EUC1-MP:EUC1_output_tokens_global_standard-Units";
        let meter = offers.iter().flat_map(|offer| &offer.meters).find(|meter| meter.usage_type == usage_type);
        let description = "AWS Marketplace software usage|eu-central-1|Million Output Tokens Global";
        assert_eq!(meter.map(|meter| meter.description.as_str()), Some(description));
    }
}
