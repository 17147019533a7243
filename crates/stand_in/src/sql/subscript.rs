//! `map['key']`, which DataFusion would answer in a way of its own.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{Array, AsArray, UInt64Array};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::sql::sqlparser::ast::{AccessExpr, Expr, Statement, Subscript, VisitMut, VisitorMut};
use engine::trino;

use crate::MissingMapKey;

/// No text can say it.
const NAME: &str = "map_subscript";

/// Writes every `map[key]` of a statement as a call of [`MapSubscript`].
pub(crate) fn rewrite(statement: &mut Statement) {
    // It never breaks off.
    let _ = statement.visit(&mut Rewriter);
}

struct Rewriter;

impl VisitorMut for Rewriter {
    type Break = ();

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundFieldAccess { root, access_chain } = &*expression {
            let called = access_chain.iter().try_fold(root.as_ref().clone(), |inner, access| match access {
                AccessExpr::Subscript(Subscript::Index { index }) => call(inner, index.clone()),
                _ => None,
            });
            if let Some(called) = called {
                *expression = called;
            }
        }
        ControlFlow::Continue(())
    }
}

fn call(map: Expr, key: Expr) -> Option<Expr> {
    let Ok(Expr::Function(mut function)) = trino::parse_expression(&format!("{NAME}(0, 1)")) else { return None };
    let datafusion::sql::sqlparser::ast::FunctionArguments::List(list) = &mut function.args else { return None };
    for (argument, expression) in list.args.iter_mut().zip([map, key]) {
        *argument = datafusion::sql::sqlparser::ast::FunctionArg::Unnamed(expression.into());
    }
    Some(Expr::Function(function))
}

/// The value of a key; for a key that is not there, what the settings say.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MapSubscript {
    fails: bool,
    signature: Signature,
}

impl MapSubscript {
    pub(crate) fn new(missing: MissingMapKey) -> Self {
        Self { fails: missing == MissingMapKey::Fails, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for MapSubscript {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        let Some(DataType::Map(entries, _)) = given.first() else {
            return plan_err!("cannot take an element of {given:?}: the stand-in does so for maps only");
        };
        match entries.data_type() {
            DataType::Struct(parts) if parts.len() == 2 => Ok(parts[1].data_type().clone()),
            other => plan_err!("a map of {other}"),
        }
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [map @ DataType::Map(_, _), _] => Ok(vec![map.clone(), DataType::Utf8]),
            _ => plan_err!("cannot take an element of {given:?}: the stand-in does so for maps only"),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let (maps, wanted) = (arrays[0].as_map(), arrays[1].as_string::<i32>());
        let keys = cast(maps.keys(), &DataType::Utf8)?;
        let keys = keys.as_string::<i32>();
        let mut places = Vec::with_capacity(maps.len());
        for row in 0..maps.len() {
            if maps.is_null(row) || wanted.is_null(row) {
                places.push(None);
                continue;
            }
            let offsets = maps.value_offsets();
            // Offsets of a valid map array are never negative.
            let place =
                (offsets[row] as usize..offsets[row + 1] as usize).find(|&at| keys.value(at) == wanted.value(row));
            if place.is_none() && self.fails {
                return exec_err!("INVALID_FUNCTION_ARGUMENT: Key not present in map: {}", wanted.value(row));
            }
            places.push(place.map(|place| place as u64));
        }
        let values = take(maps.values(), &UInt64Array::from(places), None)?;
        Ok(ColumnarValue::Array(Arc::clone(&values)))
    }
}
