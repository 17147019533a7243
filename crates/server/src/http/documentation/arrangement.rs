//! The parameters that arrange the rows of costs.

use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::parameters::{cursor, parameter, text};
use crate::http::grammar::{PAGE_LENGTHS, TOPS};

/// `top`, `compare`, `limit` and `cursor`.
pub(super) fn arrangement() -> [Parameter; 4] {
    [top(), compare(), limit(), cursor()]
}

fn top() -> Parameter {
    let description = "Keeps the groups that cost most over the whole question, so many in each currency, whatever the \
                       granularity. What all others come to is one row for each time and currency, in which no dimension is \
                       set, `others` is true and `others_count` says how many groups it is: rows add up to `meta.totals` as \
                       ever. It comes after those it is not one of. Goes with `group_by`.";
    let schema = number().minimum(Some(*TOPS.start())).maximum(Some(*TOPS.end())).examples([10]);
    parameter("top", description, schema.into()).build()
}

fn compare() -> Parameter {
    let description = "Sets the cost of another billing period beside each row, and the change from that: `previous` is the \
                       period before. What costs something in the other period alone has a row as well, of cost 0, so that \
                       both sides add up: to `meta.totals`, and to `meta.compare.totals`. Goes with one `period` and \
                       without `granularity`.";
    let schema = text().pattern(Some("^(previous|(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2]))$"));
    parameter("compare", description, schema.examples(["previous", "2026-09"]).into()).build()
}

fn limit() -> Parameter {
    let description = "How many rows on a page. Without it, and without `cursor`, all rows are answered at once, up to 100,000; \
                       with `cursor` alone, a page is as long as it may be. `meta.totals` are those of the whole answer, not \
                       of the page.";
    let schema = number().minimum(Some(*PAGE_LENGTHS.start())).maximum(Some(*PAGE_LENGTHS.end())).examples([1000]);
    parameter("limit", description, schema.into()).build()
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}
