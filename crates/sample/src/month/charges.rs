use bill::Amount;
use chrono::TimeDelta;

use super::{Month, Sink};
use crate::organisation::Account;
use crate::random::Random;
use crate::{Labels, LineItem, SampleError};

/// A charge that is no usage: its type, whose it is, and how large it is for a million lines of the month.
struct Charge {
    charge_type: &'static str,
    bill_type: &'static str,
    product_code: &'static str,
    product_name: &'static str,
    usage_type: &'static str,
    description: &'static str,
    /// In US cents; below 0 what the customer gets.
    cents_per_million_lines: i64,
}

const fn charge(
    charge_type: &'static str,
    product: (&'static str, &'static str),
    usage_type: &'static str,
    description: &'static str,
    cents_per_million_lines: i64,
) -> Charge {
    let (product_code, product_name) = product;
    let bill_type = "Anniversary";
    Charge { charge_type, bill_type, product_code, product_name, usage_type, description, cents_per_million_lines }
}

const BEDROCK: (&str, &str) = ("AmazonBedrock", "Amazon Bedrock");
const BEDROCK_SERVICE: (&str, &str) = ("AmazonBedrockService", "Amazon Bedrock Service");
const EC2: (&str, &str) = ("AmazonEC2", "Amazon Elastic Compute Cloud");
const RDS: (&str, &str) = ("AmazonRDS", "Amazon Relational Database Service");
const SUPPORT: (&str, &str) = ("AWSSupportEnterprise", "AWS Support (Enterprise)");
const SAVINGS_PLANS: (&str, &str) = ("ComputeSavingsPlans", "Savings Plans for AWS Compute usage");
const CLOUDFRONT: (&str, &str) = ("AmazonCloudFront", "Amazon CloudFront");
const MARKETPLACE: &str = "Claude Opus 4.6 (Amazon Bedrock Edition)";

/// One each in the payer's account. Charge types: <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-line-item.html>,
/// and two of the names that discounts really have (CUDOS).
#[rustfmt::skip] // A table: one charge, one line.
const CHARGES: [Charge; 17] = [
    charge("Credit", BEDROCK, "USE1-NovaLite-input-tokens", "AWS Generative AI promotional credit", -900_000),
    charge("Credit", BEDROCK_SERVICE, "", "AWS Migration Acceleration Program credit", -400_000),
    charge("Credit", EC2, "BoxUsage:m7g.large", "AWS Migration Acceleration Program credit", -1_100_000),
    Charge { bill_type: "Refund", ..charge("Refund", BEDROCK_SERVICE, "USE1-Claude4.6Sonnet-output-tokens", "Refund for usage of the previous month", -310_000) },
    Charge { bill_type: "Refund", ..charge("Refund", RDS, "InstanceUsage:db.r7g.large", "Refund for usage of the previous month", -42_000) },
    charge("EdpDiscount", BEDROCK, "", "Enterprise program discount", -520_000),
    charge("EdpDiscount", EC2, "", "Enterprise program discount", -230_000),
    charge("BundledDiscount", BEDROCK, "USE1-Guardrail-ContentPolicyUnitsConsumed", "Bundled discount", -8_000),
    charge("PrivateRateDiscount", BEDROCK_SERVICE, "USE1-Claude4.6Opus-input-tokens", "Private rate discount", -260_000),
    charge("Fee", SUPPORT, "Dollar", "AWS Support (Enterprise), monthly", 1_500_000),
    charge("Fee", BEDROCK, "USE1-NovaPro-ProvisionedThroughput-6MonthCommit-ModelUnits", "Provisioned throughput, upfront", 350_000),
    charge("SavingsPlanRecurringFee", SAVINGS_PLANS, "ComputeSP:1yrNoUpfront", "1 year No Upfront Compute Savings Plan", 720_000),
    charge("SavingsPlanCoveredUsage", EC2, "BoxUsage:c7g.4xlarge", "c7g.4xlarge instance covered by Compute Savings Plans", 960_000),
    charge("SavingsPlanNegation", EC2, "BoxUsage:c7g.4xlarge", "SavingsPlanNegation used by AccountId : 123456789012", -960_000),
    charge("RIFee", RDS, "HeavyUsage:db.r7g.large", "USD 0.155 hourly fee per reserved db.r7g.large", 115_000),
    charge("DiscountedUsage", RDS, "InstanceUsage:db.r7g.large", "db.r7g.large, reserved instance applied", 0),
    charge("FlatRateSubscription", CLOUDFRONT, "Global-FlatRate-Business", "CloudFront flat-rate plan", 20_000),
];

impl<'a> Month<'a> {
    /// Everything on the bill that is no usage: it has no principal.
    pub(super) fn write_charges(&'a self, random: &mut Random, sink: &mut Sink<'_, 'a>) -> Result<(), SampleError> {
        for charge in &CHARGES {
            sink.push(self.charge(charge))?;
        }
        sink.push(self.marketplace_discount())?;
        for account in &self.organisation.accounts {
            let (product_code, product_name) = *random.pick(&[EC2, RDS, CLOUDFRONT]);
            sink.push(self.tax(random, account, product_code, product_name))?;
            sink.push(self.tax(random, account, BEDROCK_SERVICE.0, BEDROCK_SERVICE.1))?;
        }
        Ok(())
    }

    /// What a restated month has more of, beside late usage.
    pub(super) fn write_late_credit(&'a self, sink: &mut Sink<'_, 'a>) -> Result<(), SampleError> {
        const LATE: Charge = charge("Credit", BEDROCK_SERVICE, "", "Service level agreement credit", -75_000);
        sink.push(self.charge(&LATE)).map(|_| ())
    }

    fn charge(&'a self, charge: &Charge) -> LineItem<'a> {
        let cost = self.scaled(charge.cents_per_million_lines);
        let hours = 24 * self.days as i64;
        let mut line = LineItem {
            bill_type: charge.bill_type.into(),
            charge_type: charge.charge_type.into(),
            description: Some(charge.description.into()),
            product_code: charge.product_code.into(),
            product: [("product_name", charge.product_name)].into(),
            usage_type: charge.usage_type.into(),
            unblended_cost: cost,
            usage_quantity: Amount::from_integer(1),
            resource_tags: Labels::NULL,
            cost_category: Labels::NULL,
            tags: Labels::NULL,
            ..self.line(&self.organisation.accounts[0], self.start_of(0, 0), hours)
        };
        if charge.charge_type.ends_with("Discount") {
            // Net cost has the discount in the lines of usage already.
            line.net_unblended_cost = Some(Amount::ZERO);
        }
        match charge.charge_type {
            "Refund" => {
                line.usage_start = line.usage_start.map(|start| start - TimeDelta::days(9));
                line.usage_end = line.usage_start.map(|start| start + TimeDelta::hours(1));
            }
            // AWS gives one-time fees no time of usage.
            "Fee" => (line.usage_start, line.usage_end) = (None, None),
            "SavingsPlanCoveredUsage" => {
                line.savings_plan_arn = Some("arn:aws:savingsplans::123456789012:savingsplan/0f1e2d3c-example".into());
                line.savings_plan_effective_cost = Some(self.scaled(charge.cents_per_million_lines * 3 / 4));
            }
            _ => {}
        }
        line
    }

    /// Of a product whose code says nothing: only its name tells that it is Amazon Bedrock's.
    fn marketplace_discount(&'a self) -> LineItem<'a> {
        LineItem {
            billing_entity: "AWS Marketplace".into(),
            invoice_id: Some(self.invoice.marketplace.as_str().into()),
            charge_type: "Discount".into(),
            description: Some("Private offer discount".into()),
            product_code: Random::of(MARKETPLACE).base32(25).into(),
            product: [("product_name", MARKETPLACE)].into(),
            unblended_cost: self.scaled(-180_000),
            net_unblended_cost: Some(Amount::ZERO),
            tags: Labels::NULL,
            ..self.line(&self.organisation.accounts[0], self.start_of(0, 0), 24)
        }
    }

    fn tax(
        &'a self,
        random: &mut Random,
        account: &'a Account,
        product_code: &'static str,
        product_name: &'static str,
    ) -> LineItem<'a> {
        LineItem {
            // Tax is invoiced last: no id at all before.
            invoice_id: Some(self.invoice.aws.as_str()).filter(|id| !id.is_empty()).map(Into::into),
            charge_type: "Tax".into(),
            tax_type: Some("USSalesTax".into()),
            description: Some("Tax for product code".into()),
            product_code: product_code.into(),
            product: [("product_name", product_name)].into(),
            unblended_cost: self.scaled(random.between(20_000, 160_000) as i64),
            tags: Labels::NULL,
            resource_tags: Labels::NULL,
            ..self.line(account, self.start_of(0, 0), 24 * self.days as i64)
        }
    }

    /// In proportion to the lines of the month, to the cent, and at most 1,900 dollars: a double keeps all decimals of
    /// that.
    fn scaled(&self, cents_per_million_lines: i64) -> Amount {
        let cents = i128::from(cents_per_million_lines) * i128::from(self.lines) / 1_000_000;
        let cents = cents.clamp(-190_000, 190_000);
        Amount::from_raw(cents * 10_000_000_000)
    }
}
