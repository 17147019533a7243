use arrow::array::RecordBatch;
use engine::catalogue::LINE_ITEMS;
use engine::{Manifest, Parameter};
use futures::TryStreamExt;
use store::drilldowns::{FetchedLine, SetWriter};

use super::{DrilldownError, DrilldownRunner};
use crate::refresh::columns::{Amounts, Texts};
use crate::refresh::read::FactReader;
use crate::refresh::rows::Rows;

impl DrilldownRunner {
    /// Asks the delivery that was loaded, and keeps the lines as they come.
    pub(super) async fn fetch(&self, set: &mut SetWriter) -> Result<(), DrilldownError> {
        let manifest = self.delivery(set).await?;
        let fold = &self.refresher.fold;
        let mut parameters: Vec<Parameter> =
            [fold.pattern(), fold.replacement(), &set.period.to_string()].map(Parameter::text).into();
        parameters.extend(set.parameters.iter().map(Parameter::text));
        let asked = self.refresher.engine.ask(&LINE_ITEMS, &parameters, &manifest, &self.refresher.query_log).await;
        let mut answer = asked?;
        let mut reader = FactReader::default();
        while let Some(batch) = answer.batches.try_next().await? {
            keep(&batch, &mut reader, set).await?;
            self.check_limits(set)?;
        }
        if !manifest.is_current().await? {
            return Err(DrilldownError::DeliveredAnew { export: set.export.clone(), period: set.period });
        }
        set.finish(self.refresher.clock.now()).await?;
        self.refresher.engine.settle(&manifest).await;
        Ok(())
    }

    /// The very delivery that is served.
    async fn delivery(&self, set: &SetWriter) -> Result<Manifest, DrilldownError> {
        let export = self.refresher.exports.iter().find(|export| export.name == set.export);
        let export = export.ok_or_else(|| DrilldownError::UnknownExport { export: set.export.clone() })?;
        let found = export
            .discover()
            .await?
            .manifests
            .into_iter()
            .find(|manifest| manifest.period == set.period && manifest.identity == set.manifest_identity);
        found.ok_or_else(|| DrilldownError::DeliveredAnew { export: set.export.clone(), period: set.period })
    }

    fn check_limits(&self, set: &SetWriter) -> Result<(), DrilldownError> {
        let limits = &self.desk.limits;
        if set.lines() > i64::from(limits.max_rows.get()) {
            return Err(DrilldownError::TooManyRows { limit: limits.max_rows.get() });
        }
        if u64::try_from(set.bytes()).unwrap_or(u64::MAX) > limits.max_bytes {
            return Err(DrilldownError::TooManyBytes { limit: limits.max_bytes });
        }
        Ok(())
    }
}

async fn keep(batch: &RecordBatch, reader: &mut FactReader, set: &mut SetWriter) -> Result<(), DrilldownError> {
    let rows = Rows::of(batch)?;
    let numbers = reader.numbers(&rows, set).await?;
    let texts = |name| Texts::of(batch, name);
    let (hours, resources) = (texts("usage_hour")?, texts("line_item_resource_id")?);
    let descriptions = texts("line_item_description")?;
    let amounts = |name| Amounts::of(batch, name);
    let (unblended, net) = (amounts("unblended_cost")?, amounts("net_unblended_cost")?);
    let (list, quantity) = (amounts("list_cost")?, amounts("usage_quantity")?);
    let mut lines = Vec::with_capacity(rows.count());
    for (at, numbers) in numbers.into_iter().enumerate() {
        lines.push(FetchedLine {
            usage_date: rows.usage_date(at)?,
            usage_hour: hours.get(at)?.and_then(|hour| hour.parse().ok()),
            subject_id: numbers.subject_id,
            charge_id: numbers.charge_id,
            currency: rows.currency(at)?,
            costs: [unblended.get(at), net.get(at), list.get(at)],
            quantity: quantity.get(at),
            resource: resources.get(at)?,
            description: descriptions.get(at)?,
        });
    }
    Ok(set.write(&lines).await?)
}
