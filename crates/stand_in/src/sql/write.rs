//! `UNLOAD (…) TO '…' WITH (…)` and `CREATE TABLE … WITH (…) AS …`.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::text::Reader;
use super::{Options, Query, Statement, TableName, Text};

/// <https://docs.aws.amazon.com/athena/latest/ug/unload.html>
pub(super) fn unload(text: &Text<'_>) -> Result<Statement, String> {
    let mut reader = text.reader();
    reader.expect_words(&["unload"])?;
    let query = Query::parse(reader.in_brackets()?)?;
    reader.expect_words(&["to"])?;
    let to = reader.text()?;
    let options = if reader.take_words(&["with"]) { options(&mut reader)? } else { Options::new() };
    reader.expect_end()?;
    check(&options, &["format", "compression"])?;
    Ok(Statement::Unload { query, to, options })
}

/// <https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html>
pub(super) fn create_table_as(text: &Text<'_>) -> Result<Statement, String> {
    let mut reader = text.reader();
    reader.expect_words(&["create", "table"])?;
    let name = table_name(&mut reader)?;
    let options = if reader.take_words(&["with"]) { options(&mut reader)? } else { Options::new() };
    reader.expect_words(&["as"])?;
    let query = Query::parse(reader.rest())?;
    check(&options, &["format", "write_compression", "parquet_compression", "external_location"])?;
    Ok(Statement::CreateTableAs { name, query, options })
}

/// `database.table`, `catalog.database.table` or `table`.
pub(super) fn table_name(reader: &mut Reader<'_>) -> Result<TableName, String> {
    let mut parts = vec![reader.name()?];
    while reader.take(&Token::Period) {
        parts.push(reader.name()?);
    }
    let table = parts.pop().unwrap_or_default();
    Ok(TableName { database: parts.pop(), table })
}

fn options(reader: &mut Reader<'_>) -> Result<Options, String> {
    let mut options = Options::new();
    reader.expect(&Token::LParen)?;
    loop {
        let name = reader.name()?;
        reader.expect(&Token::Eq)?;
        options.insert(name, reader.text()?);
        if !reader.take(&Token::Comma) {
            break;
        }
    }
    reader.expect(&Token::RParen)?;
    Ok(options)
}

/// What is not known is refused: to leave it out would be to write something else than was asked for.
fn check(options: &Options, known: &[&str]) -> Result<(), String> {
    match options.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("the stand-in does not know the property {name}; it knows {}", known.join(", "))),
        None => Ok(()),
    }
}
