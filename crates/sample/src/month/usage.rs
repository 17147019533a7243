use bill::Amount;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Month, Sink, date, discounted};
use crate::catalogue::{Filing, Meter, Offer, Service};
use crate::organisation::{Account, Principal};
use crate::random::{Random, digest};
use crate::{Labels, LineItem, SampleError};

/// Of 100 bursts, those for what carries no principal: guardrails, knowledge bases, AgentCore.
const WITHOUT_CALLER_PERCENT: u64 = 9;

/// So many models everybody keeps to, and so many where uses are scattered.
const HABITS: u64 = 3;
const SCATTERED_HABITS: u64 = 300;

/// Somebody using something, or an account doing so.
#[derive(Clone, Copy)]
struct Use<'a> {
    offer: &'a Offer,
    principal: Option<&'a Principal>,
    account: usize,
}

impl<'a> Month<'a> {
    /// Every meter of the table once, and with them every rare principal: what a reader must be able to take.
    pub(super) fn write_one_of_each(&'a self, random: &mut Random, sink: &mut Sink<'_, 'a>) -> Result<(), SampleError> {
        let mut callers = self.organisation.rarities.iter().chain(&self.organisation.principals).cycle();
        for (number, offer) in self.catalogue.offers.iter().enumerate() {
            for meter in &offer.meters {
                let principal = if offer.with_caller { callers.next() } else { None };
                let account = principal.map_or(number % self.organisation.accounts.len(), |caller| caller.account);
                let used = Use { offer, principal, account };
                let start = self.start_of(random.below(self.days), random.between(8, 18));
                sink.push(self.bedrock_line(random, used, meter, start))?;
            }
        }
        Ok(())
    }

    /// Some hours of one day in which somebody uses something: a line for each hour and meter.
    pub(super) fn write_bedrock_usage(
        &'a self,
        random: &mut Random,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<(), SampleError> {
        let used = self.draw_use(random);
        let is_person = used.principal.is_some_and(|principal| principal.is_person);
        let day = self.draw_day(random, is_person);
        if self.scattered {
            let (hour, meter) = (random.between(7, 19), random.pick(&used.offer.meters));
            return sink.push(self.bedrock_line(random, used, meter, self.start_of(day, hour))).map(drop);
        }
        let (first_hour, hours) = if is_person {
            (random.between(7, 11), random.between(3, 9))
        } else {
            (random.between(0, 8), random.between(6, 15))
        };
        for hour in first_hour..first_hour + hours {
            for meter in used.offer.meters.iter().take(4) {
                if !sink.push(self.bedrock_line(random, used, meter, self.start_of(day, hour)))? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn draw_use(&'a self, random: &mut Random) -> Use<'a> {
        if random.chance(WITHOUT_CALLER_PERCENT) {
            let offer = self.catalogue.pick_offer(random, false);
            return Use { offer, principal: None, account: random.index(self.organisation.accounts.len()) };
        }
        let principal = self.organisation.pick_principal(random);
        // Everybody keeps to a few models: the same draws for the same principal, month after month.
        let many = if self.scattered { SCATTERED_HABITS } else { HABITS };
        let mut habits = Random::of((self.seed, principal.number, random.below(many)));
        let offer = self.catalogue.pick_offer(&mut habits, true);
        Use { offer, principal: Some(principal), account: principal.account }
    }

    fn bedrock_line(
        &'a self,
        random: &mut Random,
        used: Use<'a>,
        meter: &'a Meter,
        start: DateTime<Utc>,
    ) -> LineItem<'a> {
        let account = &self.organisation.accounts[used.account];
        let activity = self.activity_percent(used.principal.map_or(account.name, |principal| principal.team));
        let (quantity, cost) = meter.price.draw(random, activity);
        let mut line = LineItem {
            description: Some(meter.description.as_str().into()),
            operation: used.principal.map(|principal| self.operation(principal, start).into()),
            product_code: meter.product_code.as_str().into(),
            usage_type: meter.usage_type.as_str().into(),
            resource_id: used.offer.resource_ids[used.account].as_deref().map(Into::into),
            usage_quantity: quantity,
            unblended_cost: cost,
            unblended_rate: Some(meter.rate.as_str().into()),
            pricing_unit: Some(meter.unit.into()),
            pricing_term: Some("OnDemand".into()),
            product: self.product(meter),
            location: Some(meter.region.location.into()),
            product_family: Some("Amazon Bedrock".into()),
            region_code: Some(meter.region.code.into()),
            sku: Some(meter.sku.as_str().into()),
            cost_category: Labels::borrowed(&account.cost_category),
            ..self.line(account, start, 1)
        };
        self.file(&mut line, meter, cost);
        self.label(&mut line, used, account, start, meter.is_mantle());
        line
    }

    /// As AWS bills it itself, or as its Marketplace does: without list cost, service code and discount.
    fn file(&'a self, line: &mut LineItem<'a>, meter: &'a Meter, cost: Amount) {
        if meter.filing == Filing::Marketplace {
            line.billing_entity = "AWS Marketplace".into();
            line.invoice_id = Some(self.invoice.marketplace.as_str().into());
            line.legal_entity = Some(meter.provider.into());
            line.service_code = Some("".into());
            line.list_cost = Some(Amount::ZERO);
        } else {
            let (net, discount) = discounted(cost);
            line.service_code = Some(meter.product_code.as_str().into());
            line.list_cost = Some(cost);
            line.net_unblended_cost = Some(net);
            line.total_discount = Some(discount);
        }
    }

    /// Calls carry who called and that principal's tags; anything else carries the tags of its resource.
    fn label(
        &'a self,
        line: &mut LineItem<'a>,
        used: Use<'a>,
        account: &'a Account,
        start: DateTime<Utc>,
        is_mantle: bool,
    ) {
        match used.principal {
            Some(principal) if self.has_principal(start, is_mantle) => {
                let run = start.timestamp().unsigned_abs() / 7_200;
                line.iam_principal = principal.billed(run);
                line.tags = Labels::borrowed(&principal.tags);
            }
            Some(_) => line.tags = Labels::borrowed(&account.tags[..2]),
            None => {
                line.tags = Labels::borrowed(&account.tags);
                line.resource_tags = Labels::borrowed(&account.resource_tags);
            }
        }
    }

    /// The only two operations seen since 15 January 2026; `Usage` before.
    fn operation(&self, principal: &Principal, start: DateTime<Utc>) -> &'static str {
        if start.date_naive() < date(2026, 1, 15) {
            "Usage"
        } else if digest(principal.number).is_multiple_of(3) {
            "InvokeModelInference"
        } else {
            "InvokeModelStreamingInference"
        }
    }

    fn product(&'a self, meter: &'a Meter) -> Labels<'a> {
        Labels::borrowed(if self.has_models_in_product() { &meter.product } else { &meter.product_until_june })
    }

    /// Some hours of a resource of another service.
    pub(super) fn write_other_usage(&'a self, random: &mut Random, sink: &mut Sink<'_, 'a>) -> Result<(), SampleError> {
        let service = self.catalogue.pick_service(random);
        let account = random.index(self.organisation.accounts.len());
        let resources = &service.resource_ids[account];
        let resource = if resources.is_empty() { None } else { Some(random.pick(resources).as_str()) };
        let first = self.start_of(random.below(self.days), random.below(12));
        for hour in 0..random.between(4, 12) {
            let start = first + TimeDelta::hours(hour as i64);
            if !sink.push(self.other_line(random, service, account, resource, start))? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn other_line(
        &'a self,
        random: &mut Random,
        service: &'a Service,
        account: usize,
        resource: Option<&'a str>,
        start: DateTime<Utc>,
    ) -> LineItem<'a> {
        let account = &self.organisation.accounts[account];
        let (quantity, cost) = service.price.draw(random, 100);
        let marketplace = service.is_marketplace();
        let (net, discount) = discounted(cost);
        let base = self.line(account, start, 1);
        LineItem {
            billing_entity: if marketplace { "AWS Marketplace".into() } else { base.billing_entity },
            invoice_id: if marketplace { Some(self.invoice.marketplace.as_str().into()) } else { base.invoice_id },
            description: Some(service.description.as_str().into()),
            operation: Some(service.operation.into()),
            product_code: service.product_code.into(),
            service_code: Some(if marketplace { "" } else { service.product_code }.into()),
            usage_type: service.usage_type.into(),
            resource_id: resource.map(Into::into),
            usage_quantity: quantity,
            unblended_cost: cost,
            unblended_rate: Some(service.rate.as_str().into()),
            list_cost: Some(if marketplace { Amount::ZERO } else { cost }),
            net_unblended_cost: (!marketplace).then_some(net),
            total_discount: (!marketplace).then_some(discount),
            pricing_unit: Some(service.unit.into()),
            pricing_term: Some("OnDemand".into()),
            product: Labels::borrowed(&service.product),
            location: Some(service.region.location.into()),
            product_family: Some(service.family.into()),
            region_code: Some(service.region.code.into()),
            sku: Some(service.sku.as_str().into()),
            cost_category: Labels::borrowed(&account.cost_category),
            resource_tags: Labels::borrowed(&account.resource_tags),
            tags: Labels::borrowed(&account.tags),
            ..base
        }
    }
}
