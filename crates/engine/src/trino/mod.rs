//! What stands between a text in Trino's dialect and DataFusion: all of it is here.
//!
//! - `?` becomes `$1`, `$2`, … by tokens, so that a question mark in a comment or a literal stays one.
//! - `cast(x as json)` and `concat` are rewritten in the syntax tree to what means the same here.
//! - Functions that DataFusion lacks, or has with another meaning, are added or replaced (`functions`).
//! - Settings: a literal such as `1.10` is a decimal, and NULL sorts last in both directions.
//!
//! What is public here is a door for `crates/stand_in`, which answers for Athena with the same dialect and shares nothing
//! else with this crate.

mod functions;
mod regexp;

use std::ops::ControlFlow;

use datafusion::error::{DataFusionError, Result};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::Dialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// The settings under which DataFusion reads a text as Trino does.
pub fn configure(config: SessionConfig) -> SessionConfig {
    config
        .set_bool("datafusion.sql_parser.parse_float_as_decimal", true)
        .set_str("datafusion.sql_parser.default_null_ordering", "nulls_last")
}

/// Adds Trino's functions to a session, over DataFusion's of the same name.
pub fn register_functions(session: &SessionContext) {
    for function in functions::all() {
        session.register_udf(function);
    }
}

/// One statement, ready to be planned, and how many parameters it takes.
#[derive(Debug)]
pub struct Parsed {
    /// The statement; its parameters are `$1`, `$2`, … .
    pub statement: Statement,
    /// How many parameters there are.
    pub parameters: usize,
}

/// Parses a text of one statement.
///
/// # Errors
///
/// When the text is not one statement in Trino's syntax.
pub fn parse(text: &str) -> Result<Parsed> {
    let dialect = TrinoDialect;
    let mut tokens = Tokenizer::new(&dialect, text).tokenize().map_err(|error| syntax(error.to_string()))?;
    let parameters = number_parameters(&mut tokens);
    let mut parser = Parser::new(&dialect).with_tokens(tokens);
    let mut statement = parser.parse_statement().map_err(|error| syntax(error.to_string()))?;
    if parser.peek_token().token != Token::EOF {
        return Err(syntax("a text holds one statement".to_owned()));
    }
    match statement.visit(&mut Rewriter) {
        ControlFlow::Continue(()) => Ok(Parsed { statement: Statement::Statement(Box::new(statement)), parameters }),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Parses a text of one expression, such as a value that is given for a parameter.
///
/// # Errors
///
/// When the text is not one expression in Trino's syntax.
pub fn parse_expression(text: &str) -> Result<Expr> {
    let mut parser = Parser::new(&TrinoDialect).try_with_sql(text).map_err(|error| syntax(error.to_string()))?;
    let mut expression = parser.parse_expr().map_err(|error| syntax(error.to_string()))?;
    if parser.peek_token().token != Token::EOF {
        return Err(syntax(format!("`{text}` is not one expression")));
    }
    match expression.visit(&mut Rewriter) {
        ControlFlow::Continue(()) => Ok(expression),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Trino's syntax, as far as the questions need it.
#[derive(Debug)]
pub struct TrinoDialect;

impl Dialect for TrinoDialect {
    fn is_identifier_start(&self, character: char) -> bool {
        character.is_ascii_alphabetic() || character == '_'
    }

    fn is_identifier_part(&self, character: char) -> bool {
        character.is_ascii_alphanumeric() || character == '_'
    }

    fn is_delimited_identifier_start(&self, character: char) -> bool {
        character == '"'
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }
}

/// DataFusion parses `?` but cannot bind it; it binds `$1`, `$2`, … .
fn number_parameters(tokens: &mut [Token]) -> usize {
    let mut count = 0;
    for token in tokens {
        if matches!(token, Token::Placeholder(mark) if mark == "?") {
            count += 1;
            *token = Token::Placeholder(format!("${count}"));
        }
    }
    count
}

struct Rewriter;

impl VisitorMut for Rewriter {
    type Break = DataFusionError;

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<Self::Break> {
        match rewrite(expression) {
            Ok(Some(rewritten)) => *expression = rewritten,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

fn rewrite(expression: &Expr) -> Result<Option<Expr>> {
    match expression {
        Expr::Cast { kind: CastKind::Cast, expr, data_type: DataType::JSON, .. } => {
            Ok(Some(call(functions::CAST_TO_JSON, vec![expr.as_ref().clone()])))
        }
        Expr::Function(function) if is_called(function, "concat") => concat(arguments(function)?).map(Some),
        _ => Ok(None),
    }
}

/// In Trino `concat` with a NULL is NULL; DataFusion leaves the NULL out. `||` means the same in both.
fn concat(parts: Vec<Expr>) -> Result<Expr> {
    let joined = parts.into_iter().reduce(|left, right| Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::StringConcat,
        right: Box::new(right),
    });
    joined
        .map(|joined| Expr::Nested(Box::new(joined)))
        .ok_or_else(|| syntax("concat needs something to join".to_owned()))
}

fn is_called(function: &Function, name: &str) -> bool {
    let [part] = function.name.0.as_slice() else { return false };
    part.as_ident().is_some_and(|part| part.value.eq_ignore_ascii_case(name))
}

fn arguments(function: &Function) -> Result<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return Ok(Vec::new()) };
    let plain = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Ok(expression.clone()),
        other => Err(syntax(format!("`{other}` cannot be an argument of {}", function.name))),
    };
    list.args.iter().map(plain).collect()
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let arguments = arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments.collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn syntax(message: String) -> DataFusionError {
    DataFusionError::Plan(message)
}
