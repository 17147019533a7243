//! Statements: what Athena understands, as far as the stand-in does.

mod ddl;
pub(crate) mod naming;
pub(crate) mod operands;
pub(crate) mod parameters;
pub(crate) mod subscript;
mod text;
mod write;

use std::collections::BTreeMap;

use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast;
use engine::trino;

use crate::tables::{Column, HiveType};
pub(crate) use text::Text;

/// A table's name, perhaps with its database, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableName {
    pub(crate) database: Option<String>,
    pub(crate) table: String,
}

/// A query and how many parameters it takes.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) statement: Box<ast::Statement>,
    pub(crate) parameters: usize,
    /// Whether it names the hidden column `"$path"`.
    pub(crate) names_path: bool,
}

/// What UNLOAD and CREATE TABLE AS are told in brackets.
pub(crate) type Options = BTreeMap<String, String>;

/// One statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Select(Query),
    Unload { query: Query, to: String, options: Options },
    CreateTableAs { name: TableName, query: Query, options: Options },
    CreateExternalTable(Box<ddl::CreateExternalTable>),
    CreateView { name: TableName, text: String, replace: bool },
    CreateDatabase { name: String, if_not_exists: bool },
    DropTable { name: TableName, if_exists: bool },
    DropView { name: TableName, if_exists: bool },
    AddColumns { name: TableName, columns: Vec<(String, HiveType)> },
    AddPartitions { name: TableName, partitions: Vec<ddl::NewPartition> },
    RepairTable { name: TableName },
}

pub(crate) use ddl::{CreateExternalTable, NewPartition};

impl Statement {
    /// Understands a text, or says what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let text = Text::new(source)?;
        let words = text.leading_words();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["unload", ..] => write::unload(&text),
            ["create", "table", ..] => write::create_table_as(&text),
            ["create", "external", ..]
            | ["create", "database" | "schema" | "view", ..]
            | ["create", "or", "replace", "view", ..]
            | ["drop" | "alter" | "msck", ..] => ddl::parse(source),
            ["select" | "with" | "values", ..] | [] => Query::parse(source).map(Self::Select),
            [first, ..] => Err(format!("Queries of this type are not supported: {first}")),
        }
    }

    /// `DML` or `DDL`, as GetQueryExecution tells it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Select(_) | Self::Unload { .. } => "DML",
            _ => "DDL",
        }
    }

    /// The first words, as GetQueryExecution tells them.
    pub(crate) fn substatement(&self) -> &'static str {
        match self {
            Self::Select(_) => "SELECT",
            Self::Unload { .. } => "UNLOAD",
            Self::CreateTableAs { .. } => "CREATE_TABLE_AS_SELECT",
            Self::CreateExternalTable(_) => "CREATE_TABLE",
            Self::CreateView { .. } => "CREATE_VIEW",
            Self::CreateDatabase { .. } => "CREATE_DATABASE",
            Self::DropTable { .. } => "DROP_TABLE",
            Self::DropView { .. } => "DROP_VIEW",
            Self::AddColumns { .. } => "ALTER_TABLE_ADD_COLUMNS",
            Self::AddPartitions { .. } => "ALTER_TABLE_ADD_PARTITION",
            Self::RepairTable { .. } => "MSCK_REPAIR",
        }
    }
}

impl Query {
    /// Understands the text of a query.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        // One semicolon at the end is no second statement.
        let source = source.trim_end().strip_suffix(';').unwrap_or(source);
        let parsed = trino::parse(source).map_err(|error| error.strip_backtrace())?;
        let EngineStatement::Statement(statement) = parsed.statement else {
            return Err("Queries of this type are not supported".to_owned());
        };
        if !matches!(statement.as_ref(), ast::Statement::Query(_)) {
            return Err("Queries of this type are not supported".to_owned());
        }
        let names_path = Text::new(source)?.names("$path");
        Ok(Self { statement, parameters: parsed.parameters, names_path })
    }
}

impl From<(String, HiveType)> for Column {
    fn from((name, kind): (String, HiveType)) -> Self {
        Self { name, kind }
    }
}
