//! Trino compares like with like. DataFusion would find a common type, so that `billing_period = 2026-10`, whose right side
//! is 2016, would be no error but no rows.

use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator};

use crate::Failure;

/// Refuses a plan that compares or joins values of different kinds.
pub(crate) fn check(plan: &LogicalPlan) -> std::result::Result<(), Failure> {
    let mut mismatch = None;
    plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        for expression in node.expressions() {
            mismatch = mismatch_in(&expression, &schema)?;
            if mismatch.is_some() {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    match mismatch {
        Some(sentence) => Err(Failure::user("TYPE_MISMATCH", format!("line 1:1: {sentence}"))),
        None => Ok(()),
    }
}

fn mismatch_in(expression: &Expr, schema: &DFSchema) -> Result<Option<String>> {
    let mut mismatch = None;
    expression.apply(|part| {
        mismatch = pairs(part).into_iter().find_map(|(left, operator, right)| {
            let (left, right) = (kind(left, schema)?, kind(right, schema)?);
            let is_right = if operator == "||" { left == Kind::Text && right == Kind::Text } else { left == right };
            (!is_right).then(|| format!("Cannot apply operator: {} {operator} {}", left.name(), right.name()))
        });
        Ok(if mismatch.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(mismatch)
}

/// What an expression compares with what.
fn pairs(expression: &Expr) -> Vec<(&Expr, String, &Expr)> {
    match expression {
        Expr::BinaryExpr(binary) if is_comparison(binary.op) || binary.op == Operator::StringConcat => {
            vec![(binary.left.as_ref(), binary.op.to_string(), binary.right.as_ref())]
        }
        Expr::InList(list) => list.list.iter().map(|item| (list.expr.as_ref(), "IN".to_owned(), item)).collect(),
        Expr::Between(between) => {
            [&between.low, &between.high].map(|end| (between.expr.as_ref(), "BETWEEN".to_owned(), end.as_ref())).into()
        }
        _ => Vec::new(),
    }
}

fn is_comparison(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}

/// Values that Trino compares with one another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Time,
    Boolean,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "varchar",
            Self::Number => "number",
            Self::Time => "timestamp(3)",
            Self::Boolean => "boolean",
        }
    }
}

/// Nothing for NULL, which goes with everything, and for types that are not compared here.
fn kind(expression: &Expr, schema: &DFSchema) -> Option<Kind> {
    match expression.get_type(schema).ok()? {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Kind::Text),
        DataType::Date32 | DataType::Timestamp(_, _) => Some(Kind::Time),
        DataType::Boolean => Some(Kind::Boolean),
        other if other.is_numeric() => Some(Kind::Number),
        _ => None,
    }
}
