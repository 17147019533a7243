use std::io::Write;

use axum::BoxError;
use csv::Writer;
use store::snapshot::{ArrangedRow, Arrangement, CostQuestion};

use super::Encoder;
use super::columns::{Column, tokens};
use crate::http::format::csv::{harmless, writer, written};

/// Costs as CSV. What is not set is empty.
pub(super) struct CsvEncoder {
    columns: Vec<Column>,
    has_begun: bool,
    /// A number as it is written, kept for the next one.
    number: Vec<u8>,
}

impl CsvEncoder {
    pub(super) fn new(question: &CostQuestion, arrangement: &Arrangement) -> Self {
        Self { columns: Column::of(question, arrangement), has_begun: false, number: Vec::new() }
    }

    fn begin(&mut self, writer: &mut Writer<Vec<u8>>) -> Result<(), BoxError> {
        if !std::mem::replace(&mut self.has_begun, true) {
            writer.write_record(self.columns.iter().map(Column::name))?;
        }
        Ok(())
    }
}

impl Encoder for CsvEncoder {
    fn rows(&mut self, rows: Vec<ArrangedRow>) -> Result<Vec<u8>, BoxError> {
        let mut writer = writer();
        self.begin(&mut writer)?;
        for arranged in &rows {
            let row = &arranged.row;
            for column in &self.columns {
                self.number.clear();
                match column {
                    Column::Period => row.period.map_or(Ok(()), |period| write!(self.number, "{period}"))?,
                    Column::Date => row.date.map_or(Ok(()), |date| write!(self.number, "{date}"))?,
                    Column::Cost => write!(self.number, "{}", row.cost)?,
                    Column::Tokens(class) => write!(self.number, "{}", tokens(*class, row))?,
                    Column::LineItems => write!(self.number, "{}", row.line_items)?,
                    Column::Others => write!(self.number, "{}", arranged.folded.unwrap_or(0) > 0)?,
                    Column::OthersCount => write!(self.number, "{}", arranged.folded.unwrap_or(0))?,
                    Column::Compared(figure) => {
                        figure.of(arranged).map_or(Ok(()), |amount| write!(self.number, "{amount}"))?;
                    }
                    Column::Dimension(..) | Column::PrincipalArn | Column::AccountName | Column::Currency => {
                        writer.write_field(harmless(column.text(row).unwrap_or_default()).as_bytes())?;
                        continue;
                    }
                }
                writer.write_field(&self.number)?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        written(writer)
    }

    /// A table without rows has its header all the same.
    fn end(&mut self) -> Result<Vec<u8>, BoxError> {
        let mut writer = writer();
        self.begin(&mut writer)?;
        written(writer)
    }
}
