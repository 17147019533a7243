//! The file beside a result that describes its columns: `<id>.csv.metadata`.
//!
//! It is a Protocol Buffers message that AWS does not document. The numbers of the fields are those that readers of it have
//! found (field 4 is a column; in it 4 is the name, 5 the label, 6 the type, 7 the precision, 8 the scale, 9 whether it can
//! be NULL, 10 whether its case matters).

use super::columns::Column;

/// The message for these columns.
pub(crate) fn message(columns: &[Column]) -> Vec<u8> {
    let mut message = Vec::new();
    for column in columns {
        let mut field = Vec::new();
        text(&mut field, 1, "hive");
        text(&mut field, 4, &column.name);
        text(&mut field, 5, &column.name);
        text(&mut field, 6, column.kind);
        number(&mut field, 7, column.precision.unsigned_abs());
        number(&mut field, 8, column.scale.unsigned_abs());
        // 3: unknown.
        number(&mut field, 9, 3);
        number(&mut field, 10, u32::from(column.is_text()));
        bytes(&mut message, 4, &field);
    }
    message
}

fn text(into: &mut Vec<u8>, field: u32, value: &str) {
    bytes(into, field, value.as_bytes());
}

fn bytes(into: &mut Vec<u8>, field: u32, value: &[u8]) {
    varint(into, u64::from(field << 3 | 2));
    varint(into, value.len() as u64);
    into.extend_from_slice(value);
}

fn number(into: &mut Vec<u8>, field: u32, value: u32) {
    varint(into, u64::from(field << 3));
    varint(into, u64::from(value));
}

fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}
