//! Groups by the numbers of texts rather than by the texts.
//!
//! `daily_cost` groups a million lines by two dozen texts. DataFusion keeps the texts of every group beside one another,
//! and copies and compares them for every line: two thirds of the time that the question took. There are few different
//! texts in a column of a bill, so each gets a number as it is met, lines are grouped by numbers, and the texts come back
//! when the groups are ready.
//!
//! Exact, and not a digest: two texts have one number only if they are the same text. NULL stays NULL. The texts count in
//! what the questions may use of memory; they are not spilled.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, AsArray, StringViewArray, UInt32Array, UInt32Builder};
use arrow::compute::take;
use arrow::datatypes::{DataType, UInt32Type};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, exec_datafusion_err, internal_datafusion_err};
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::{
    Aggregate, ColumnarValue, Expr, LogicalPlan, Projection, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use indexmap::IndexSet;

/// The rule for DataFusion's optimizer.
#[derive(Debug)]
pub(crate) struct GroupTextsByNumber {
    /// Where the memory of the texts is asked for.
    pub(crate) memory: Arc<dyn MemoryPool>,
}

impl OptimizerRule for GroupTextsByNumber {
    fn name(&self) -> &'static str {
        "group_texts_by_number"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Aggregate(aggregate) if texts(&aggregate) > 1 => {
                Ok(Transformed::yes(by_number(aggregate, &self.memory)?))
            }
            other => Ok(Transformed::no(other)),
        }
    }
}

/// How many texts are grouped by. One by itself DataFusion groups well.
fn texts(aggregate: &Aggregate) -> usize {
    let is_set = |expression: &Expr| matches!(expression, Expr::GroupingSet(_));
    if aggregate.group_expr.iter().any(is_set) {
        return 0;
    }
    let fields = aggregate.schema.fields().iter().take(aggregate.group_expr.len());
    fields.filter(|field| *field.data_type() == DataType::Utf8View).count()
}

fn by_number(aggregate: Aggregate, memory: &Arc<dyn MemoryPool>) -> Result<LogicalPlan> {
    let Aggregate { input, group_expr, aggr_expr, schema, .. } = aggregate;
    let keys = group_expr.len();
    let (mut grouped, mut shown) = (Vec::with_capacity(keys), Vec::with_capacity(schema.fields().len()));
    for (place, expression) in group_expr.into_iter().enumerate() {
        let (qualifier, field) = schema.qualified_field(place);
        if *field.data_type() != DataType::Utf8View {
            grouped.push(expression);
            shown.push(Expr::Column(Column::new(qualifier.cloned(), field.name())));
            continue;
        }
        let texts = Arc::new(Texts::new(memory));
        let number = format!("number of text {place}");
        grouped.push(function(Way::ToNumber, &texts).call(vec![expression]).alias(number.clone()));
        let text = function(Way::ToText, &texts).call(vec![Expr::Column(Column::new_unqualified(number))]);
        shown.push(text.alias_qualified(qualifier.cloned(), field.name()));
    }
    for place in keys..schema.fields().len() {
        let (qualifier, field) = schema.qualified_field(place);
        shown.push(Expr::Column(Column::new(qualifier.cloned(), field.name())));
    }
    let numbered = LogicalPlan::Aggregate(Aggregate::try_new(input, grouped, aggr_expr)?);
    Ok(LogicalPlan::Projection(Projection::try_new(shown, Arc::new(numbered))?))
}

fn function(way: Way, texts: &Arc<Texts>) -> ScalarUDF {
    let takes = match way {
        Way::ToNumber => DataType::Utf8View,
        Way::ToText => DataType::UInt32,
    };
    let signature = Signature::exact(vec![takes], Volatility::Immutable);
    ScalarUDF::new_from_impl(Numbering { way, texts: Arc::clone(texts), signature })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    ToNumber,
    ToText,
}

/// Between the texts of one column of one question and their numbers.
#[derive(Debug)]
struct Numbering {
    way: Way,
    texts: Arc<Texts>,
    signature: Signature,
}

impl PartialEq for Numbering {
    fn eq(&self, other: &Self) -> bool {
        self.way == other.way && Arc::ptr_eq(&self.texts, &other.texts)
    }
}

impl Eq for Numbering {}

impl Hash for Numbering {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.way.hash(state);
        Arc::as_ptr(&self.texts).hash(state);
    }
}

impl ScalarUDFImpl for Numbering {
    fn name(&self) -> &str {
        match self.way {
            Way::ToNumber => "number_of_text",
            Way::ToText => "text_of_number",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        Ok(match self.way {
            Way::ToNumber => DataType::UInt32,
            Way::ToText => DataType::Utf8View,
        })
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let unexpected = || internal_datafusion_err!("{} takes one column", self.name());
        let array = arrays.first().ok_or_else(unexpected)?;
        Ok(ColumnarValue::Array(match self.way {
            Way::ToNumber => Arc::new(self.texts.numbers(array.as_string_view_opt().ok_or_else(unexpected)?)?),
            Way::ToText => {
                take(&self.texts.all(), array.as_primitive_opt::<UInt32Type>().ok_or_else(unexpected)?, None)?
            }
        }))
    }
}

/// The texts that were met in one column; the place of each is its number.
struct Texts(Mutex<Met>);

struct Met {
    reserved: MemoryReservation,
    texts: IndexSet<Box<str>, foldhash::fast::RandomState>,
    /// All of them as a column, as long as no other is met.
    column: Option<StringViewArray>,
}

/// What a text takes beside its bytes: its places in the set and in the column.
const BESIDE_BYTES: usize = 64;

impl Texts {
    fn new(memory: &Arc<dyn MemoryPool>) -> Self {
        let reserved = MemoryConsumer::new("texts that are grouped by").register(memory);
        Self(Mutex::new(Met { reserved, texts: IndexSet::default(), column: None }))
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn numbers(&self, column: &StringViewArray) -> Result<UInt32Array> {
        let mut met = self.met();
        let mut numbers = UInt32Builder::with_capacity(column.len());
        // Lines that follow one another often say the same.
        let mut last: Option<(&str, u32)> = None;
        for text in column {
            let number = match (text, last) {
                (None, _) => None,
                (Some(text), Some((before, number))) if text == before => Some(number),
                (Some(text), _) => {
                    let number = met.number(text)?;
                    last = Some((text, number));
                    Some(number)
                }
            };
            numbers.append_option(number);
        }
        Ok(numbers.finish())
    }

    fn all(&self) -> StringViewArray {
        let mut met = self.met();
        let Met { texts, column, .. } = &mut *met;
        column.get_or_insert_with(|| texts.iter().map(Some).collect()).clone()
    }
}

impl Met {
    fn number(&mut self, text: &str) -> Result<u32> {
        let place = match self.texts.get_index_of(text) {
            Some(place) => place,
            None => {
                // Once in the set, and once in the column.
                self.reserved.try_grow(2 * text.len() + BESIDE_BYTES)?;
                self.column = None;
                self.texts.insert_full(text.into()).0
            }
        };
        u32::try_from(place).map_err(|_| exec_datafusion_err!("a column has more than {} different texts", u32::MAX))
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Texts").field("met", &self.met().texts.len()).finish()
    }
}
