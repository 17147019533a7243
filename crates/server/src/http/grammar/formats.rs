//! `format=`, which every route has that can be had as a table.

use super::fault::Faults;
use super::parameters::Parameters;
use super::words::value_of;
use crate::http::format::Format;

/// Reads `format=`, on a route that has these.
pub(crate) fn read_format(parameters: &Parameters, offered: &[Format], faults: &mut Faults) -> Option<Format> {
    let words: Vec<(&'static str, Format)> = offered.iter().map(|format| (format.word(), *format)).collect();
    parameters.single("format").and_then(|word| faults.keep(value_of("format", &words, word)))
}
