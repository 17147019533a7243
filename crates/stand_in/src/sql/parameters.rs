//! ExecutionParameters: each is a text, and the text is an expression
//! (<https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html>).
//!
//! So `2026-10` is a subtraction and `'2026-10'` a text; a bare word names a column, of which there is none.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Query as AstQuery, Statement, Value, Visit, VisitMut, Visitor, VisitorMut,
};
use engine::trino;

use super::Query;
use crate::Failure;

/// The query with its parameters put in place of each `?`, in the syntax tree and never in the text.
pub(crate) fn bind(query: &Query, parameters: &[String]) -> Result<Statement, Failure> {
    let (expected, found) = (query.parameters, parameters.len());
    if expected != found {
        let sentence = format!("line 1:1: Incorrect number of parameters: expected {expected} but found {found}");
        return Err(Failure::user("INVALID_PARAMETER_USAGE", sentence));
    }
    let values = parameters.iter().map(|parameter| value(parameter)).collect::<Result<Vec<_>, _>>()?;
    let mut statement = query.statement.as_ref().clone();
    // It never breaks off.
    let _ = VisitMut::visit(&mut statement, &mut Binder { values: &values });
    Ok(statement)
}

fn value(parameter: &str) -> Result<Expr, Failure> {
    let expression = trino::parse_expression(parameter)
        .map_err(|error| Failure::user("SYNTAX_ERROR", format!("line 1:1: {}", error.strip_backtrace())))?;
    match expression.visit(&mut ConstantCheck) {
        ControlFlow::Continue(()) => Ok(Expr::Nested(Box::new(expression))),
        ControlFlow::Break(failure) => Err(failure),
    }
}

struct Binder<'values> {
    values: &'values [Expr],
}

impl VisitorMut for Binder<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        let Expr::Value(value) = &*expression else { return ControlFlow::Continue(()) };
        let Value::Placeholder(mark) = &value.value else { return ControlFlow::Continue(()) };
        let number = mark.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        if let Some(value) = number.and_then(|number| self.values.get(number.checked_sub(1)?)) {
            *expression = value.clone();
        }
        ControlFlow::Continue(())
    }
}

/// A parameter is a constant: it names no column and asks no query of its own.
struct ConstantCheck;

impl Visitor for ConstantCheck {
    type Break = Failure;

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Failure> {
        match expression {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                ControlFlow::Break(Failure::column_not_found(&expression.to_string()))
            }
            Expr::Value(value) if matches!(value.value, Value::Placeholder(_)) => {
                let sentence = "line 1:1: a parameter cannot be made of parameters";
                ControlFlow::Break(Failure::user("INVALID_PARAMETER_USAGE", sentence))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_query(&mut self, _query: &AstQuery) -> ControlFlow<Failure> {
        ControlFlow::Break(Failure::user("SYNTAX_ERROR", "line 1:1: a parameter cannot be a query"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str, parameters: &[&str]) -> Result<String, String> {
        let query = Query::parse(text).unwrap();
        let parameters = parameters.iter().map(|&parameter| parameter.to_owned()).collect::<Vec<_>>();
        bind(&query, &parameters).map(|statement| statement.to_string()).map_err(|failure| failure.message)
    }

    #[test]
    fn a_parameter_is_an_expression_that_stays_in_its_place() {
        let text = "select a from t where b = ? and c = '?' -- ?";
        assert_eq!(bound(text, &["'x'"]).unwrap(), "SELECT a FROM t WHERE b = ('x') AND c = '?'");
        assert_eq!(bound(text, &["2026-10"]).unwrap(), "SELECT a FROM t WHERE b = (2026 - 10) AND c = '?'");
        assert_eq!(bound(text, &["'x' or true"]).unwrap(), "SELECT a FROM t WHERE b = ('x' OR true) AND c = '?'");
        assert!(bound(text, &["'x') or (true"]).unwrap_err().starts_with("SYNTAX_ERROR"));
        assert!(bound(text, &["'x'; drop table t"]).unwrap_err().starts_with("SYNTAX_ERROR"));
        assert!(bound(text, &["(select 1)"]).unwrap_err().starts_with("SYNTAX_ERROR"));
    }

    #[test]
    fn a_bare_word_is_a_column_that_nobody_has() {
        let message = bound("select ?", &["october"]).unwrap_err();
        assert!(message.starts_with("COLUMN_NOT_FOUND: line 1:1: Column 'october' cannot be resolved"), "{message}");
    }

    #[test]
    fn every_parameter_is_needed_and_no_other() {
        for parameters in [&[][..], &["1", "2"]] {
            let message = bound("select ?", parameters).unwrap_err();
            let found = parameters.len();
            assert!(
                message.ends_with(&format!("Incorrect number of parameters: expected 1 but found {found}")),
                "{message}"
            );
        }
    }
}
