//! Data definition, in Hive's words: <https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html>.

use std::collections::BTreeMap;

use datafusion::sql::sqlparser::dialect::HiveDialect;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::text::Reader;
use super::write::table_name;
use super::{Statement, TableName, Text};
use crate::tables::HiveType;

/// `CREATE EXTERNAL TABLE`.
#[derive(Clone, Debug)]
pub(crate) struct CreateExternalTable {
    pub(crate) name: TableName,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<(String, HiveType)>,
    pub(crate) partition_keys: Vec<(String, HiveType)>,
    pub(crate) location: String,
    pub(crate) properties: BTreeMap<String, String>,
}

/// A partition of `ALTER TABLE … ADD PARTITION`.
#[derive(Clone, Debug)]
pub(crate) struct NewPartition {
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) location: Option<String>,
}

/// Understands a statement that is not a query.
pub(super) fn parse(source: &str) -> Result<Statement, String> {
    let text = Text::in_dialect(&HiveDialect {}, source)?;
    let mut reader = text.reader();
    let statement = statement(&mut reader)?;
    reader.expect_end()?;
    Ok(statement)
}

fn statement(reader: &mut Reader<'_>) -> Result<Statement, String> {
    if reader.take_words(&["create", "external", "table"]) {
        return create_external_table(reader);
    }
    if reader.take_words(&["create", "database"]) || reader.take_words(&["create", "schema"]) {
        let if_not_exists = reader.take_words(&["if", "not", "exists"]);
        return Ok(Statement::CreateDatabase { name: reader.name()?, if_not_exists });
    }
    let replace = reader.take_words(&["create", "or", "replace", "view"]);
    if replace || reader.take_words(&["create", "view"]) {
        let name = table_name(reader)?;
        reader.expect_words(&["as"])?;
        let text = reader.rest().trim_end().trim_end_matches(';').to_owned();
        super::Query::parse(&text)?;
        while reader.next().is_some() {}
        return Ok(Statement::CreateView { name, text, replace });
    }
    if reader.take_words(&["drop", "table"]) {
        let if_exists = reader.take_words(&["if", "exists"]);
        return Ok(Statement::DropTable { name: table_name(reader)?, if_exists });
    }
    if reader.take_words(&["drop", "view"]) {
        let if_exists = reader.take_words(&["if", "exists"]);
        return Ok(Statement::DropView { name: table_name(reader)?, if_exists });
    }
    if reader.take_words(&["msck", "repair", "table"]) {
        return Ok(Statement::RepairTable { name: table_name(reader)? });
    }
    if reader.take_words(&["alter", "table"]) {
        return alter_table(reader);
    }
    Err(reader.mismatch("CREATE, DROP, ALTER TABLE or MSCK REPAIR TABLE"))
}

fn create_external_table(reader: &mut Reader<'_>) -> Result<Statement, String> {
    let if_not_exists = reader.take_words(&["if", "not", "exists"]);
    let name = table_name(reader)?;
    let columns = columns(reader)?;
    let mut table = CreateExternalTable {
        name,
        if_not_exists,
        columns,
        partition_keys: Vec::new(),
        location: String::new(),
        properties: BTreeMap::new(),
    };
    loop {
        if reader.take_words(&["comment"]) {
            reader.text()?;
        } else if reader.take_words(&["partitioned", "by"]) {
            table.partition_keys = self::columns(reader)?;
        } else if reader.take_words(&["row", "format", "serde"]) {
            require(&reader.text()?, "parquet")?;
            if reader.take_words(&["with", "serdeproperties"]) {
                properties(reader)?;
            }
        } else if reader.take_words(&["stored", "as", "inputformat"]) {
            require(&reader.text()?, "parquet")?;
            reader.expect_words(&["outputformat"])?;
            require(&reader.text()?, "parquet")?;
        } else if reader.take_words(&["stored", "as"]) {
            require(&reader.name()?, "parquet")?;
        } else if reader.take_words(&["location"]) {
            table.location = reader.text()?;
        } else if reader.take_words(&["tblproperties"]) {
            table.properties = properties(reader)?;
        } else {
            break;
        }
    }
    if table.location.is_empty() {
        return Err(reader.mismatch("LOCATION"));
    }
    Ok(Statement::CreateExternalTable(Box::new(table)))
}

fn alter_table(reader: &mut Reader<'_>) -> Result<Statement, String> {
    let name = table_name(reader)?;
    if reader.take_words(&["add", "columns"]) {
        return Ok(Statement::AddColumns { name, columns: columns(reader)? });
    }
    reader.expect_words(&["add"])?;
    reader.take_words(&["if", "not", "exists"]);
    let mut partitions = Vec::new();
    while reader.take_words(&["partition"]) {
        let values = properties(reader)?;
        let location = if reader.take_words(&["location"]) { Some(reader.text()?) } else { None };
        partitions.push(NewPartition { values, location });
    }
    if partitions.is_empty() {
        return Err(reader.mismatch("COLUMNS or PARTITION"));
    }
    Ok(Statement::AddPartitions { name, partitions })
}

/// `(name type [COMMENT 'text'], …)`.
fn columns(reader: &mut Reader<'_>) -> Result<Vec<(String, HiveType)>, String> {
    let mut columns = Vec::new();
    reader.expect(&Token::LParen)?;
    loop {
        let name = reader.name()?;
        let kind = hive_type(reader)?;
        if reader.take_words(&["comment"]) {
            reader.text()?;
        }
        columns.push((name, kind));
        if !reader.take(&Token::Comma) {
            break;
        }
    }
    reader.expect(&Token::RParen)?;
    Ok(columns)
}

/// A type with everything in its brackets.
fn hive_type(reader: &mut Reader<'_>) -> Result<HiveType, String> {
    let mut text = reader.name()?;
    let mut depth = 0;
    loop {
        match reader.peek() {
            Some(Token::Lt | Token::LParen) => depth += 1,
            Some(Token::Gt | Token::RParen) if depth > 0 => depth -= 1,
            Some(Token::ShiftRight) if depth > 1 => depth -= 2,
            Some(_) if depth > 0 => {}
            _ => break,
        }
        text.push_str(&reader.next().map(ToString::to_string).unwrap_or_default());
        if depth == 0 {
            break;
        }
    }
    HiveType::parse(&text)
}

/// `('name' = 'value', …)`, where names may stand without quotes.
fn properties(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>, String> {
    let mut properties = BTreeMap::new();
    reader.expect(&Token::LParen)?;
    loop {
        let name = reader.text().or_else(|_| reader.name())?;
        reader.expect(&Token::Eq)?;
        properties.insert(name, reader.text()?);
        if !reader.take(&Token::Comma) {
            break;
        }
    }
    reader.expect(&Token::RParen)?;
    Ok(properties)
}

fn require(found: &str, needed: &str) -> Result<(), String> {
    if found.to_lowercase().contains(needed) {
        return Ok(());
    }
    Err(format!("the stand-in reads Parquet only, not `{found}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_an_export_is_understood() {
        let text = "
            -- an export
            CREATE EXTERNAL TABLE IF NOT EXISTS `billing`.cur2 (
                line_item_unblended_cost double COMMENT 'it''s a cost',
                tags map<string,string>,
                nested array<map<string, double>>,
                amount decimal(38, 12)
            )
            PARTITIONED BY (billing_period string)
            ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
            STORED AS PARQUET
            LOCATION 's3://bucket/exports/cur2/data/'
            TBLPROPERTIES ('projection.enabled'='true', \"storage.location.template\" = 's3://x/${billing_period}');";
        let Ok(Statement::CreateExternalTable(table)) = parse(text) else { panic!("{:?}", parse(text)) };
        assert_eq!(table.name, TableName { database: Some("billing".into()), table: "cur2".into() });
        let types = table.columns.iter().map(|(_, kind)| kind.to_string()).collect::<Vec<_>>();
        assert_eq!(types, ["double", "map<string,string>", "array<map<string,double>>", "decimal(38,12)"]);
        assert_eq!(table.partition_keys[0].0, "billing_period");
        assert_eq!(table.properties["storage.location.template"], "s3://x/${billing_period}");
        assert_eq!(table.location, "s3://bucket/exports/cur2/data/");
    }

    #[test]
    fn what_mends_a_table_is_understood() {
        let text = "alter table cur2 add columns (line_item_iam_principal string)";
        assert!(matches!(parse(text), Ok(Statement::AddColumns { .. })), "{:?}", parse(text));
        let text = "ALTER TABLE cur2 ADD IF NOT EXISTS PARTITION (billing_period='2026-10') LOCATION 's3://b/d/'";
        assert!(matches!(parse(text), Ok(Statement::AddPartitions { .. })), "{:?}", parse(text));
        assert!(parse("alter table cur2 add").unwrap_err().contains("Expecting: COLUMNS or PARTITION"));
    }
}
