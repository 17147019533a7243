//! The lines of a generated month.

mod charges;
mod plan;
mod usage;

use bill::{Amount, BillingPeriod};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

pub(crate) use self::plan::{Plan, Slice};
use crate::catalogue::Catalogue;
use crate::export::ChunkWriter;
use crate::organisation::{Account, Organisation, PAYER_ACCOUNT, PAYER_NAME};
use crate::random::{Random, digest};
use crate::{LineItem, SampleError, SampleOptions};

/// Everything that the lines of one version of one month have in common.
pub(crate) struct Month<'a> {
    pub(crate) period: BillingPeriod,
    pub(crate) version: u32,
    organisation: &'a Organisation,
    catalogue: &'a Catalogue,
    seed: u64,
    with_principals: bool,
    scattered: bool,
    /// Days of the month with usage.
    days: u64,
    /// Lines of the whole month, by which its fees and credits are measured.
    lines: u64,
    invoice: Invoice,
}

/// Invoice ids, one for each billing entity; blank while the month is open.
struct Invoice {
    aws: String,
    marketplace: String,
}

impl<'a> Month<'a> {
    pub(crate) fn new(
        options: &SampleOptions,
        period: BillingPeriod,
        version: u32,
        organisation: &'a Organisation,
        catalogue: &'a Catalogue,
    ) -> Self {
        let whole = (period.end() - period.first_day()).num_days();
        let last_day = options.last_day.filter(|_| period == options.last_period);
        let days = last_day.map_or(whole, |day| ((day - period.first_day()).num_days() + 1).clamp(1, whole));
        Self {
            period,
            version,
            organisation,
            catalogue,
            seed: options.seed,
            with_principals: options.principal_column,
            scattered: options.scattered,
            days: days.unsigned_abs(),
            lines: options.lines,
            invoice: Invoice::of(period, period == options.last_period),
        }
    }

    /// Writes the lines of a slice.
    pub(crate) fn write(
        &'a self,
        slice: &Slice,
        chunk: &mut ChunkWriter<'a>,
        report: &mut dyn FnMut(u64),
    ) -> Result<(), SampleError> {
        let mut sink = Sink { chunk, bedrock_left: slice.bedrock_lines, other_left: slice.other_lines };
        let mut random = Random::of((self.seed, self.period, slice.number));
        let mut reported = sink.left();
        if slice.opens_the_month() {
            self.write_charges(&mut random, &mut sink)?;
            self.write_one_of_each(&mut random, &mut sink)?;
        }
        if slice.is_late() {
            self.write_late_credit(&mut sink)?;
        }
        while sink.left() > 0 {
            if random.below(sink.left()) < sink.bedrock_left {
                self.write_bedrock_usage(&mut random, &mut sink)?;
            } else {
                self.write_other_usage(&mut random, &mut sink)?;
            }
            if reported - sink.left() >= 10_000 || sink.left() == 0 {
                report(reported - sink.left());
                reported = sink.left();
            }
        }
        Ok(())
    }

    /// What a line of an account says whatever it is for.
    fn line(&'a self, account: &'a Account, start: DateTime<Utc>, hours: i64) -> LineItem<'a> {
        LineItem {
            bill_type: "Anniversary".into(),
            billing_entity: "AWS".into(),
            invoice_id: Some(self.invoice.aws.as_str().into()),
            invoicing_entity: Some("Amazon Web Services, Inc.".into()),
            payer_account_id: PAYER_ACCOUNT.into(),
            payer_account_name: Some(PAYER_NAME.into()),
            currency: "USD".into(),
            legal_entity: Some("Amazon Web Services, Inc.".into()),
            charge_type: "Usage".into(),
            usage_account_id: account.id.as_str().into(),
            usage_account_name: Some(account.name.into()),
            usage_start: Some(start),
            usage_end: Some(start + TimeDelta::hours(hours)),
            ..LineItem::default()
        }
    }

    fn start_of(&self, day: u64, hour: u64) -> DateTime<Utc> {
        let hours = TimeDelta::hours(hour as i64);
        (self.period.first_day() + Days::new(day)).and_time(NaiveTime::MIN).and_utc() + hours
    }

    /// A day of the month, counted from 0; people work less at the weekend.
    fn draw_day(&self, random: &mut Random, is_person: bool) -> u64 {
        let day = random.below(self.days);
        let weekend = (self.period.first_day() + Days::new(day)).weekday().number_from_monday() > 5;
        if weekend && is_person && random.chance(75) { random.below(self.days) } else { day }
    }

    /// How much a team used in this month, in percent of the usual: what makes months differ.
    fn activity_percent(&self, team: &str) -> u64 {
        65 + digest((self.seed, self.period, team)) % 80
    }

    /// AWS fills in model, provider, inference type and feature since 20 July 2026, and has gone back to the first of
    /// that month, not further.
    fn has_models_in_product(&self) -> bool {
        self.period.first_day() >= date(2026, 7, 1)
    }

    /// Principals are billed from 8 April 2026 on, those of the endpoint `bedrock-mantle` from 11 August 2026 on.
    fn has_principal(&self, start: DateTime<Utc>, is_mantle: bool) -> bool {
        let first = if is_mantle { date(2026, 8, 11) } else { date(2026, 4, 8) };
        self.with_principals && start.date_naive() >= first
    }
}

impl Invoice {
    fn of(period: BillingPeriod, is_open: bool) -> Self {
        let id = |entity: &str| {
            if is_open { String::new() } else { format!("{}{entity}", period.first_day().format("%Y%m")) }
        };
        Self { aws: id("0017"), marketplace: id("0052") }
    }
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// An account's discount: 9 percent of the cost, cut off at twelve decimals.
fn discounted(cost: Amount) -> (Amount, Amount) {
    let discount = Amount::from_raw(cost.raw() * 9 / 100);
    (cost - discount, -discount)
}

/// Takes lines until a slice is full.
struct Sink<'s, 'a> {
    chunk: &'s mut ChunkWriter<'a>,
    bedrock_left: u64,
    other_left: u64,
}

impl<'a> Sink<'_, 'a> {
    fn left(&self) -> u64 {
        self.bedrock_left + self.other_left
    }

    /// Whether the line was still wanted.
    fn push(&mut self, line: LineItem<'a>) -> Result<bool, SampleError> {
        let left = if line.is_bedrock() { &mut self.bedrock_left } else { &mut self.other_left };
        if *left == 0 {
            return Ok(false);
        }
        *left -= 1;
        self.chunk.push(line)?;
        Ok(true)
    }
}
