use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use bill::Amount;
use bill::principal::RECORDED_SINCE;
use engine::catalogue::{BILL_TOTAL, DAILY_COST};
use engine::{ExportColumns, Manifest, Parameter};
use futures::TryStreamExt;
use store::loads::{Begin, ControlTotal, LoadWriter, NewLoad, Published};
use store::refreshes::CurrencyTotal;

use super::columns::{Amounts, Counts, Texts};
use super::progress::{Listener, News};
use super::read::FactReader;
use super::rows::currency;
use super::{RefreshError, Refresher};

/// How the refresh of a period ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// What the export holds is served already.
    Unchanged {
        /// As this version.
        version: i32,
    },
    /// A new version is served.
    Published(Published),
}

/// The steps of a refresh, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looking at the files' columns.
    Probe,
    /// Asking for the control totals.
    Control,
    /// Asking for daily cost, and keeping the rows as they come.
    DailyCost,
    /// Building the summaries of what was kept, applying ownership ahead, and adding up what the control totals say.
    Summarise,
    /// Looking whether what was kept agrees with the control totals, and whether the delivery is still the latest.
    TieOut,
    /// Applying the ownership that is in force by then, and making the version current.
    Publish,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 6] =
        [Self::Probe, Self::Control, Self::DailyCost, Self::Summarise, Self::TieOut, Self::Publish];

    /// What is being done, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probe => "looking at the columns",
            Self::Control => "counting the whole bill",
            Self::DailyCost => "reading daily cost",
            Self::Summarise => "summarising",
            Self::TieOut => "checking against the control totals",
            Self::Publish => "giving cost to teams and publishing",
        }
    }
}

impl Refresher {
    /// Reads one period of one export, unless it is served already.
    ///
    /// # Errors
    /// For whatever reason it failed; the reason is kept with the load, and what was served is served still.
    pub(super) async fn refresh_period(
        &self,
        manifest: &Manifest,
        force: bool,
        listener: &Listener,
    ) -> Result<Ended, RefreshError> {
        let new = NewLoad {
            export: &manifest.export,
            period: manifest.period,
            manifest_identity: &manifest.identity,
            manifest_written_at: manifest.written_at,
            force,
            now: self.clock.now(),
        };
        let mut load = match self.store.begin_load(&new).await? {
            Begin::Unchanged(version) => return Ok(Ended::Unchanged { version }),
            Begin::Load(load) => load,
        };
        match self.fill_and_publish(manifest, &mut load, listener).await {
            Ok(published) => {
                // Until now they were there for the next try, which would not have had to pay for them again.
                self.engine.settle(manifest).await;
                Ok(Ended::Published(published))
            }
            Err(error) => {
                let failed = load.fail(&super::error::sentence(&error), error.differences(), self.clock.now()).await;
                if let Err(failure) = failed {
                    tracing::warn!(%failure, "the failure of a load could not be recorded; the next refresh clears it");
                }
                Err(error)
            }
        }
    }

    async fn fill_and_publish(
        &self,
        manifest: &Manifest,
        load: &mut LoadWriter,
        listener: &Listener,
    ) -> Result<Published, RefreshError> {
        let (export, period) = (&manifest.export, manifest.period);
        let step = |step| {
            (self.on_step)(export, period, step);
            listener.tell(News::Step { export: export.clone(), period, step });
        };
        step(Step::Probe);
        let columns = self.engine.probe(manifest).await?;
        require_principals(manifest, columns)?;
        step(Step::Control);
        let totals = self.control_totals(manifest).await?;
        listener.tell(News::Totals { export: export.clone(), period, totals: by_currency(&totals) });
        load.write_control_totals(&totals).await?;
        step(Step::DailyCost);
        self.daily_cost(manifest, load, listener).await?;
        step(Step::Summarise);
        let differences = load.finish_facts(columns.net_unblended).await?;
        step(Step::TieOut);
        if !differences.is_empty() {
            return Err(RefreshError::DoesNotTieOut { period: manifest.period, differences });
        }
        // Both questions were asked of what the manifest named; what has changed under their eyes is asked again later.
        if !manifest.is_current().await? {
            return Err(RefreshError::ChangedMeanwhile { period: manifest.period });
        }
        step(Step::Publish);
        let configured: Vec<String> = self.exports.iter().map(|export| export.name.clone()).collect();
        Ok(load.publish(&configured, self.clock.now()).await?)
    }

    async fn control_totals(&self, manifest: &Manifest) -> Result<Vec<ControlTotal>, RefreshError> {
        let period = Parameter::Text(manifest.period.to_string());
        let mut answer = self.engine.ask(&BILL_TOTAL, &[period], manifest, &self.query_log).await?;
        let mut totals = Vec::new();
        while let Some(batch) = answer.batches.try_next().await? {
            totals.extend(read_totals(&batch)?);
        }
        if totals.iter().map(|total| total.line_items).sum::<i64>() == 0 {
            return Err(RefreshError::EmptyPeriod { period: manifest.period });
        }
        Ok(totals)
    }

    async fn daily_cost(
        &self,
        manifest: &Manifest,
        load: &mut LoadWriter,
        listener: &Listener,
    ) -> Result<(), RefreshError> {
        let parameters = [self.fold.pattern(), self.fold.replacement(), &manifest.period.to_string()]
            .map(|text| Parameter::Text(text.to_owned()));
        let mut answer = self.engine.ask(&DAILY_COST, &parameters, manifest, &self.query_log).await?;
        let mut reader = FactReader::default();
        let mut rows = 0;
        while let Some(batch) = answer.batches.try_next().await? {
            reader.read(&batch, load).await?;
            rows += i64::try_from(batch.num_rows()).unwrap_or_default();
            listener.tell(News::Rows { export: manifest.export.clone(), period: manifest.period, rows });
        }
        Ok(())
    }
}

/// The whole bill and Bedrock's share of it, unblended, by currency.
fn by_currency(totals: &[ControlTotal]) -> Vec<CurrencyTotal> {
    let mut sums: BTreeMap<&str, (Amount, Amount)> = BTreeMap::new();
    for total in totals {
        let (bill, bedrock) = sums.entry(&total.currency).or_default();
        *bill += total.bill[0];
        *bedrock += total.bedrock[0];
    }
    sums.into_iter()
        .map(|(currency, (bill_total, bedrock_total))| CurrencyTotal {
            currency: currency.to_owned(),
            bill_total,
            bedrock_total,
        })
        .collect()
}

/// Before AWS recorded principals no export could have the column; since then an export without it answers nothing that
/// this service is for.
fn require_principals(manifest: &Manifest, columns: ExportColumns) -> Result<(), RefreshError> {
    if columns.principal || manifest.period.end() <= RECORDED_SINCE {
        Ok(())
    } else {
        Err(RefreshError::NoPrincipalColumn { period: manifest.period })
    }
}

fn read_totals(batch: &RecordBatch) -> Result<Vec<ControlTotal>, RefreshError> {
    let texts = |name| Texts::of(batch, name);
    let (invoice, entity, charge_type) = (texts("invoice_id")?, texts("billing_entity")?, texts("charge_type")?);
    let currencies = texts("currency")?;
    let costs = |names: [&'static str; 3]| {
        names.into_iter().map(|name| Amounts::of(batch, name)).collect::<Result<Vec<_>, _>>()
    };
    let bill = costs(["unblended_cost", "net_unblended_cost", "list_cost"])?;
    let bedrock = costs(["bedrock_unblended_cost", "bedrock_net_unblended_cost", "bedrock_list_cost"])?;
    let (lines, bedrock_lines) = (Counts::of(batch, "line_items")?, Counts::of(batch, "bedrock_line_items")?);
    let three = |columns: &[Amounts<'_>], row: usize| -> [Amount; 3] { [0, 1, 2].map(|index| columns[index].get(row)) };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    (0..batch.num_rows())
        .map(|row| {
            Ok(ControlTotal {
                invoice: owned(invoice.get(row)?),
                billing_entity: owned(entity.get(row)?),
                charge_type: owned(charge_type.get(row)?),
                currency: currency(currencies.get(row)?)?.map(char::from).iter().collect(),
                bill: three(&bill, row),
                line_items: lines.get(row),
                bedrock: three(&bedrock, row),
                bedrock_line_items: bedrock_lines.get(row),
            })
        })
        .collect()
}
