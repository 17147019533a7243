//! Usage types in, their meaning out, as text: what `chargeback classify` does.

use std::io::{BufRead, BufReader, Read, Write};

use csv::{StringRecord, Trim};

use crate::usage::{Usage, UsageLine, classify};

/// The columns written, in order.
pub const COLUMNS: [&str; 11] = [
    "usage_type",
    "region",
    "model",
    "model_as_billed",
    "provider",
    "token_kind",
    "cache",
    "tier",
    "routing",
    "unit",
    "status",
];

/// The longest line that is read, in bytes. No usage type comes near it; a file that is no text at all does.
const LONGEST_LINE: usize = 1024 * 1024;

/// Why usage types could not be read or written. Lines are counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum ClassifyError {
    /// A line is not what the input as a whole is.
    #[error("line {line}: {reason}")]
    Line {
        /// The line of the input.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The input could not be read further.
    #[error("the input cannot be read after line {line}")]
    Read {
        /// The last line that was read.
        line: u64,
        /// Why.
        source: std::io::Error,
    },
    /// The output could not be written.
    #[error("the output cannot be written")]
    Write(#[source] std::io::Error),
}

/// Reads usage types, one a line, or CSV with a header that has `usage_type` and may have `product_name`,
/// `pricing_unit`, `resource_id` and the further columns of a bill that tell usage (`region_code`, `product_model`,
/// `product_provider`, `product_inference_type`, `product_feature`) in any order; other columns are passed over.
/// Writes CSV with a header of [`COLUMNS`] and one row for each, in the order of the input. Blank lines are skipped.
///
/// # Errors
/// When a line is not UTF-8 or has more or fewer fields than the header, or the input or output fails.
pub fn classify_csv(input: impl Read, output: impl Write) -> Result<(), ClassifyError> {
    let mut lines = Lines { input: BufReader::new(input), read: 0 };
    let mut output = csv::Writer::from_writer(output);
    output.write_record(COLUMNS).map_err(unwritable)?;
    if let Some((_, first)) = lines.next()? {
        match header(&first) {
            Some(columns) => classify_rows(&columns, &mut lines, &mut output)?,
            None => classify_lines(first, &mut lines, &mut output)?,
        }
    }
    output.flush().map_err(ClassifyError::Write)
}

/// Usage types one a line.
fn classify_lines(
    first: String,
    lines: &mut Lines<impl BufRead>,
    output: &mut csv::Writer<impl Write>,
) -> Result<(), ClassifyError> {
    let mut line = Some(first);
    while let Some(usage_type) = line {
        write_usage(output, &UsageLine { usage_type: &usage_type, ..UsageLine::default() })?;
        line = lines.next()?.map(|(_, text)| text);
    }
    Ok(())
}

/// Rows of CSV below the header.
fn classify_rows(
    columns: &Columns,
    lines: &mut Lines<impl BufRead>,
    output: &mut csv::Writer<impl Write>,
) -> Result<(), ClassifyError> {
    while let Some((number, text)) = lines.next_row()? {
        let row = fields(&text).map_err(|reason| ClassifyError::Line { line: number, reason })?;
        if row.len() != columns.count {
            let reason = format!("the header has {} fields, and this row {}", columns.count, row.len());
            return Err(ClassifyError::Line { line: number, reason });
        }
        write_usage(output, &columns.line(&row))?;
    }
    Ok(())
}

fn write_usage(output: &mut csv::Writer<impl Write>, line: &UsageLine<'_>) -> Result<(), ClassifyError> {
    let Usage { region, model, model_as_billed, provider, token_kind, cache, tier, routing, unit, status, .. } =
        classify(line);
    let told = [region, model, model_as_billed, provider, token_kind, cache, tier, routing, unit];
    let told = told.iter().map(|field| field.as_deref().unwrap_or(""));
    let row = [line.usage_type].into_iter().chain(told).chain([status.as_str()]);
    output.write_record(row).map_err(unwritable)
}

/// Where the columns that tell usage stand in a header.
struct Columns {
    at: [Option<usize>; 9],
    count: usize,
}

impl Columns {
    const NAMES: [&'static str; 9] = [
        "usage_type",
        "product_name",
        "pricing_unit",
        "resource_id",
        "region_code",
        "product_model",
        "product_provider",
        "product_inference_type",
        "product_feature",
    ];

    fn find(header: &StringRecord) -> Self {
        let at = Self::NAMES.map(|name| header.iter().position(|field| field == name));
        Self { at, count: header.len() }
    }

    fn line<'a>(&self, row: &'a StringRecord) -> UsageLine<'a> {
        let field = |place: usize| self.at[place].and_then(|at| row.get(at));
        UsageLine {
            usage_type: field(0).unwrap_or_default(),
            product_name: field(1),
            pricing_unit: field(2),
            resource_id: field(3),
            region_code: field(4),
            product_model: field(5),
            product_provider: field(6),
            product_inference_type: field(7),
            product_feature: field(8),
            description_unit: None,
        }
    }
}

/// The columns, if a line is a header.
fn header(line: &str) -> Option<Columns> {
    let columns = Columns::find(&fields(line).ok()?);
    columns.at[0].is_some().then_some(columns)
}

/// The fields of one row of CSV.
fn fields(row: &str) -> Result<StringRecord, String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).trim(Trim::All).buffer_capacity(1024).from_reader(row.as_bytes());
    let mut record = StringRecord::new();
    reader.read_record(&mut record).map_err(|error| error.to_string())?;
    Ok(record)
}

/// The lines of an input, counted as a reader of the file counts them.
struct Lines<R> {
    input: R,
    read: u64,
}

impl<R: BufRead> Lines<R> {
    /// The next line that is not blank, with its number and without blanks around it.
    fn next(&mut self) -> Result<Option<(u64, String)>, ClassifyError> {
        while let Some(line) = self.next_of_any()? {
            let text = line.trim();
            if !text.is_empty() {
                return Ok(Some((self.read, text.to_owned())));
            }
        }
        Ok(None)
    }

    /// The next row of CSV, with the number of its first line. A field in quotes may go on over several lines.
    fn next_row(&mut self) -> Result<Option<(u64, String)>, ClassifyError> {
        let Some((number, mut row)) = self.next()? else { return Ok(None) };
        while row.matches('"').count() % 2 == 1 {
            let open = || ClassifyError::Line { line: number, reason: "a quote is opened and not closed".to_owned() };
            let more = self.next_of_any()?.filter(|more| row.len() + more.len() < LONGEST_LINE).ok_or_else(open)?;
            row.push('\n');
            row.push_str(more.trim_end_matches(['\r', '\n']));
        }
        Ok(Some((number, row)))
    }

    fn next_of_any(&mut self) -> Result<Option<String>, ClassifyError> {
        let mut line = Vec::new();
        let mut limited = (&mut self.input).take(LONGEST_LINE as u64);
        let read = limited.read_until(b'\n', &mut line);
        let bytes = read.map_err(|source| ClassifyError::Read { line: self.read, source })?;
        if bytes == 0 {
            return Ok(None);
        }
        self.read += 1;
        let bad = |reason: &str| ClassifyError::Line { line: self.read, reason: reason.to_owned() };
        if bytes == LONGEST_LINE {
            return Err(bad("the line is longer than a mebibyte"));
        }
        let text = String::from_utf8(line).map_err(|_| bad("the text is not UTF-8"))?;
        // Spreadsheets begin a file with a byte order mark.
        Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
    }
}

fn unwritable(error: csv::Error) -> ClassifyError {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => ClassifyError::Write(source),
        other => ClassifyError::Write(std::io::Error::other(format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "usage_type,region,model,model_as_billed,provider,token_kind,cache,tier,routing,unit,status\n";
    const NOVA: &str = ",us-east-1,Nova Lite,NovaLite,Amazon,input,none,standard,in-region-or-geo,";

    fn run(input: impl AsRef<[u8]>) -> String {
        let mut output = Vec::new();
        classify_csv(input.as_ref(), &mut output).expect("an answer");
        String::from_utf8(output).expect("text")
    }

    #[test]
    fn usage_types_one_a_line() {
        let nova = format!("USE1-NovaLite-input-tokens{NOVA},classified\n");
        assert_eq!(
            run("\n  \nUSE1-NovaLite-input-tokens\r\n\nUSW2-what, \"is\" this\nUSE1-NovaLite-input-tokens"),
            format!("{HEADER}{nova}\"USW2-what, \"\"is\"\" this\",us-west-2,,,,,,,,,unclassified\n{nova}")
        );
    }

    #[test]
    fn csv_with_columns_in_any_order() {
        let input = "\n\u{feff}pricing_unit,note,usage_type\n1K tokens,x,USE1-NovaLite-input-tokens\n\n,,USE1-what\n";
        assert_eq!(
            run(input),
            format!(
                "{HEADER}USE1-NovaLite-input-tokens{NOVA}1K tokens,classified\nUSE1-what,us-east-1,,,,,,,,,unclassified\n"
            )
        );
    }

    #[test]
    fn csv_of_marketplace_lines() {
        let input = "usage_type,product_name,pricing_unit,resource_id\n\
            USW2-MP:USW2_output_tokens_standard-Units,Claude Opus 5.5 (Amazon Bedrock Edition),Units,\n\
            USW2-MP:USW2_output_tokens_standard-Units,,Units,arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.anthropic.claude-opus-4-8\n";
        let start = "USW2-MP:USW2_output_tokens_standard-Units,us-west-2";
        let end = "Anthropic,output,none,standard,in-region-or-geo,Units,classified";
        assert_eq!(
            run(input),
            format!(
                "{HEADER}{start},Claude Opus 5.5,Claude Opus 5.5,{end}\n\
                {start},Claude Opus 4.8,us.anthropic.claude-opus-4-8,{end}\n"
            )
        );
    }

    #[test]
    fn a_quoted_field_may_hold_commas_quotes_and_lines() {
        let input = "product_name,usage_type\n\"Claude, \"\"new\"\"\n(Amazon Bedrock Edition)\",USE1-what\n,USE1-NovaLite-input-tokens\n";
        let answer = run(input);
        let rows: Vec<_> =
            csv::Reader::from_reader(answer.as_bytes()).into_records().collect::<Result<_, _>>().expect("CSV");
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (&rows[0][0], &rows[0][3], &rows[1][0]),
            ("USE1-what", "Claude, \"new\"", "USE1-NovaLite-input-tokens")
        );
    }

    #[test]
    fn a_header_alone_and_nothing_at_all_give_a_header() {
        for input in ["", "\n\n", "usage_type\n", "usage_type"] {
            assert_eq!(run(input), HEADER, "{input:?}");
        }
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let error = |input: &[u8]| classify_csv(input, Vec::new()).expect_err("refused").to_string();
        assert_eq!(error(b"usage_type,pricing_unit\na,b\n\nc\n"), "line 4: the header has 2 fields, and this row 1");
        assert_eq!(error(b"USE1-x\n\nUSE1-\xff\n"), "line 3: the text is not UTF-8");
        assert_eq!(error(b"\nusage_type\nUSE1-\xff\n"), "line 3: the text is not UTF-8");
        assert_eq!(error(b"usage_type\nx\n\"USE1\n\n"), "line 3: a quote is opened and not closed");
        assert_eq!(error(&[b'x'; 2_000_000]), "line 1: the line is longer than a mebibyte");
    }
}
