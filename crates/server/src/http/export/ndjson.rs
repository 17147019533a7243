use axum::BoxError;
use store::snapshot::{ArrangedRow, CostQuestion, Dimension};

use super::Encoder;
use crate::http::answer::Row;

/// Costs as the objects of JSON's `data`, one on each line.
pub(super) struct NdjsonEncoder {
    group_by: Vec<Dimension>,
}

impl NdjsonEncoder {
    pub(super) fn new(question: &CostQuestion) -> Self {
        Self { group_by: question.group_by.clone() }
    }
}

impl Encoder for NdjsonEncoder {
    fn rows(&mut self, rows: Vec<ArrangedRow>) -> Result<Vec<u8>, BoxError> {
        let mut text = Vec::new();
        for row in Row::arranged(rows, &self.group_by) {
            serde_json::to_writer(&mut text, &row)?;
            text.push(b'\n');
        }
        Ok(text)
    }

    fn end(&mut self) -> Result<Vec<u8>, BoxError> {
        Ok(Vec::new())
    }
}
