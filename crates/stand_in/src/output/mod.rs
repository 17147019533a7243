//! What a query leaves: rows as Athena writes them.

pub(crate) mod columns;
pub(crate) mod csv;
pub(crate) mod metadata;
pub(crate) mod parquet;
pub(crate) mod text;
