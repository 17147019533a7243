//! Athena calls a column that has no name of its own `_col0`, `_col1`, … .

use datafusion::sql::sqlparser::ast::{Expr, Ident, SelectItem, SetExpr, Statement};

/// Gives such columns of a statement's answer their names.
pub(crate) fn name_columns(statement: &mut Statement) {
    let Statement::Query(query) = statement else { return };
    let mut body = query.body.as_mut();
    // The first part of a union names the columns.
    while let SetExpr::SetOperation { left, .. } = body {
        body = left.as_mut();
    }
    let SetExpr::Select(select) = body else { return };
    for (place, item) in select.projection.iter_mut().enumerate() {
        match item {
            // After a `*` nobody here knows which column comes next.
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => return,
            SelectItem::UnnamedExpr(Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {}
            SelectItem::UnnamedExpr(expr) => {
                let alias = Ident::new(format!("_col{place}"));
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
            }
            SelectItem::ExprWithAlias { .. } | SelectItem::ExprWithAliases { .. } => {}
        }
    }
}
