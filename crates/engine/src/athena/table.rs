//! What the catalog says of the table `cur2`, and the statement that would mend what is wrong with it.

use aws_sdk_athena::types::{Column, TableMetadata};

use super::AthenaEngine;
use super::error::AthenaError;
use super::reach::Reach;
use crate::Manifest;
use crate::columns::{BILLING_PERIOD, COLUMNS, Kind};

/// The name by which every text knows the table.
const NAME: &str = "cur2";

impl AthenaEngine {
    /// Whether the table is there and every question can be put to it.
    pub(super) async fn check_table(&self, manifest: &Manifest) -> Result<(), AthenaError> {
        let database = self.shared.options.database_of(&manifest.export);
        let Some(table) = self.get_table(database, NAME).await? else {
            return Err(AthenaError::Table(format!(
                "there is no table `{NAME}` in the database `{database}` of the catalog `{}`; make it with the statement in \
                 sql/cur2_table.sql, or name another database in `[athena] database`",
                self.shared.options.catalog
            )));
        };
        check(&table, database).map_err(AthenaError::Table)?;
        let reads = Reach::of(manifest)?.address();
        check_location(&table, database, &manifest.period.to_string(), &reads).map_err(AthenaError::Table)
    }
}

fn check(table: &TableMetadata, database: &str) -> Result<(), String> {
    let name = format!("{database}.{NAME}");
    if table.table_type().is_some_and(|kind| kind.eq_ignore_ascii_case("VIRTUAL_VIEW")) {
        return Err(format!(
            "`{name}` is a view, and a view does not say in which file a line stands (\"$path\"): drop it (`drop view \
             {name}`) and make a table of that name with sql/cur2_table.sql, in another database if need be; a table is only \
             a description, and may stand beside others over the same files"
        ));
    }
    let anew =
        format!("drop it (`drop table {name}`, which leaves the files alone) and make it with sql/cur2_table.sql");
    match table.partition_keys().iter().find(|key| key.name() == BILLING_PERIOD) {
        None => {
            let keys: Vec<&str> = table.partition_keys().iter().map(Column::name).collect();
            let found = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
            return Err(format!("`{name}` is partitioned by {found}, and must be by {BILLING_PERIOD}; {anew}"));
        }
        Some(key) if !is_text(type_of(key)) => {
            return Err(format!(
                "the partition {BILLING_PERIOD} of `{name}` is {}, and must be string; {anew}",
                type_of(key)
            ));
        }
        Some(_) => {}
    }
    let mut lacks = Vec::new();
    for (column, kind) in COLUMNS {
        match table.columns().iter().find(|found| found.name() == column) {
            None => lacks.push(format!("{column} {}", glue_type(kind))),
            Some(found) if !accepts(kind, type_of(found)) => {
                return Err(format!(
                    "the column {column} of `{name}` is {}, and must be {}; {anew}",
                    type_of(found),
                    glue_type(kind)
                ));
            }
            Some(_) => {}
        }
    }
    if lacks.is_empty() {
        return Ok(());
    }
    Err(format!(
        "`{name}` lacks columns that the questions read; add them, also where the export has none of them (they read as \
         NULL then): alter table {name} add columns ({})",
        lacks.join(", ")
    ))
}

/// Whether the table reads where the delivery lies. Another export's table would answer with another bill.
fn check_location(table: &TableMetadata, database: &str, period: &str, reads: &str) -> Result<(), String> {
    let Some(parameters) = table.parameters() else { return Ok(()) };
    let is_on = |key: &str| parameters.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let said = match parameters.get("storage.location.template") {
        Some(template) if is_on("projection.enabled") => template.replace("${billing_period}", period),
        _ => match parameters.get("location") {
            Some(location) => location.clone(),
            None => return Ok(()),
        },
    };
    let folder = format!("{}/", said.trim_end_matches('/'));
    if reads.starts_with(&folder) {
        return Ok(());
    }
    Err(format!(
        "`{database}.{NAME}` reads {folder}, and the delivery is at {reads}; give the export a database of its own whose \
         table {NAME} reads there (sql/cur2_table.sql)"
    ))
}

fn type_of(column: &Column) -> &str {
    column.r#type().unwrap_or("of no type")
}

fn is_text(found: &str) -> bool {
    let found = found.to_ascii_lowercase();
    found == "string" || found.starts_with("varchar") || found.starts_with("char")
}

fn accepts(kind: Kind, found: &str) -> bool {
    let found = found.to_ascii_lowercase().replace(' ', "");
    match kind {
        Kind::Text => is_text(&found),
        Kind::Amount => found == "double" || found.starts_with("decimal") || found == "bigint",
        Kind::Time => found.starts_with("timestamp"),
        Kind::TextMap => found.starts_with("map<string,") || found.starts_with("map<varchar"),
    }
}

/// The type of a column in the table's definition.
fn glue_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "string",
        Kind::Amount => "double",
        Kind::Time => "timestamp",
        Kind::TextMap => "map<string, string>",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const DEFINITION: &str = include_str!("../../../../sql/cur2_table.sql");

    fn column(name: &str, kind: &str) -> Column {
        Column::builder().name(name).r#type(kind).build().expect("a column")
    }

    fn table() -> aws_sdk_athena::types::builders::TableMetadataBuilder {
        let columns = COLUMNS.iter().map(|(name, kind)| column(name, glue_type(*kind))).collect();
        let keys = vec![column(BILLING_PERIOD, "string")];
        TableMetadata::builder().name(NAME).set_columns(Some(columns)).set_partition_keys(Some(keys))
    }

    fn wrong(table: aws_sdk_athena::types::builders::TableMetadataBuilder) -> String {
        check(&table.build().expect("a table"), "billing").expect_err("something wrong")
    }

    #[test]
    fn the_definition_in_sql_has_the_columns_that_the_questions_read() {
        let statement: String =
            DEFINITION.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
        let (_, columns) = statement.split_once("cur2 (").expect("columns");
        let (columns, rest) = columns.split_once("\n)").expect("an end");
        let defined: BTreeMap<String, String> = columns
            .lines()
            .filter_map(|line| line.trim().trim_end_matches(',').split_once(' '))
            .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
            .collect();
        let read: BTreeMap<String, String> =
            COLUMNS.iter().map(|(name, kind)| ((*name).to_owned(), glue_type(*kind).to_owned())).collect();
        assert_eq!(defined, read);
        assert!(rest.contains("partitioned by (billing_period string)"), "{rest}");
    }

    #[test]
    fn a_whole_table_is_well() {
        assert_eq!(check(&table().build().expect("a table"), "billing"), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_mend_it() {
        let lacking: Vec<Column> = COLUMNS
            .iter()
            .filter(|(name, _)| !matches!(*name, "line_item_iam_principal" | "tags"))
            .map(|(name, kind)| column(name, glue_type(*kind)))
            .collect();
        let said = wrong(table().set_columns(Some(lacking)));
        assert!(
            said.ends_with(
                "alter table billing.cur2 add columns (line_item_iam_principal string, tags map<string, string>)"
            ),
            "{said}"
        );
        let said = wrong(table().set_partition_keys(Some(vec![column("year", "string"), column("month", "string")])));
        assert!(said.contains("is partitioned by year, month, and must be by billing_period"), "{said}");
        let said = wrong(table().set_partition_keys(Some(vec![column(BILLING_PERIOD, "date")])));
        assert!(said.contains("is date, and must be string"), "{said}");
        let said = wrong(table().columns(column("x", "string")).table_type("VIRTUAL_VIEW"));
        assert!(said.contains("drop view billing.cur2"), "{said}");
        let odd =
            COLUMNS.iter().map(|(name, kind)| column(name, if *name == "tags" { "string" } else { glue_type(*kind) }));
        let said = wrong(table().set_columns(Some(odd.collect())));
        assert!(said.contains("tags of `billing.cur2` is string, and must be map<string, string>"), "{said}");
    }

    #[test]
    fn a_table_over_another_export_is_refused() {
        let reads = "s3://bills/cur2/data/BILLING_PERIOD=2026-10/a";
        let at = |key: &str, value: &str| {
            let table = table().parameters("projection.enabled", "true").parameters(key, value);
            check_location(&table.build().expect("a table"), "billing", "2026-10", reads)
        };
        assert_eq!(at("location", "s3://bills/cur2/data"), Ok(()));
        let template = "storage.location.template";
        assert_eq!(at(template, "s3://bills/cur2/data/BILLING_PERIOD=${billing_period}/"), Ok(()));
        for (key, value) in [
            ("location", "s3://bills/cur"),
            ("location", "s3://other/cur2/data/"),
            (template, "s3://bills/cur2/data/billing_period=${billing_period}"),
        ] {
            let said = at(key, value).expect_err(value);
            assert!(said.contains("a database of its own"), "{said}");
        }
    }
}
