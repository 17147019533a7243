//! The result file of a SELECT: every value is quoted, NULL is nothing at all, an empty text is `""`.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;

use super::columns::Column;
use super::text::TextColumn;
use crate::Failure;

/// A row of texts; nothing stands for NULL.
pub(crate) type Row = Vec<Option<String>>;

/// Writes a result beside its place, and puts it there when it is whole.
pub(crate) struct ResultWriter {
    unfinished: PathBuf,
    file: BufWriter<File>,
    written: u64,
    row_starts: Vec<u64>,
}

/// A result file that was written, and where each of its rows begins; the first is the header.
#[derive(Clone, Debug)]
pub(crate) struct ResultFile {
    pub(crate) path: PathBuf,
    row_starts: Vec<u64>,
    columns: usize,
}

impl ResultWriter {
    /// Starts a file with the names of its columns.
    pub(crate) fn new(unfinished: PathBuf, columns: &[Column]) -> io::Result<Self> {
        let file = BufWriter::new(File::create(&unfinished)?);
        let mut writer = Self { unfinished, file, written: 0, row_starts: Vec::new() };
        writer.write_row(columns.iter().map(|column| Some(column.name.clone())))?;
        Ok(writer)
    }

    /// Adds the rows of a batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let columns = batch.columns().iter().map(TextColumn::new).collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(Failure::internal)?;
        for row in 0..batch.num_rows() {
            let values = columns.iter().map(|column| column.value(row)).collect::<Result<Vec<_>, _>>();
            self.write_row(values.map_err(Failure::internal)?.into_iter()).map_err(Failure::internal)?;
        }
        Ok(())
    }

    /// Puts the whole file in its place.
    pub(crate) fn finish(mut self, path: &Path, columns: usize) -> io::Result<ResultFile> {
        self.file.flush()?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::rename(&self.unfinished, path)?;
        Ok(ResultFile { path: path.to_owned(), row_starts: self.row_starts, columns })
    }

    fn write_row(&mut self, values: impl Iterator<Item = Option<String>>) -> io::Result<()> {
        let values =
            values.map(|value| value.map(|text| format!("\"{}\"", text.replace('"', "\"\""))).unwrap_or_default());
        let mut line = values.collect::<Vec<_>>().join(",");
        line.push('\n');
        self.row_starts.push(self.written);
        self.written += line.len() as u64;
        self.file.write_all(line.as_bytes())
    }
}

impl ResultFile {
    /// How many rows there are, with the header.
    pub(crate) fn rows(&self) -> usize {
        self.row_starts.len()
    }

    /// Some rows, read from the file itself: a result that was deleted is gone.
    pub(crate) fn read(&self, first: usize, count: usize) -> io::Result<Vec<Row>> {
        let last = (first + count).min(self.rows());
        let Some(start) = self.row_starts.get(first).copied() else { return Ok(Vec::new()) };
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut text = String::new();
        match self.row_starts.get(last) {
            Some(end) => file.take(end - start).read_to_string(&mut text)?,
            None => file.read_to_string(&mut text)?,
        };
        Ok(parse(&text, self.columns))
    }
}

/// Reads rows of so many columns. It knows an empty text from NULL, which readers of CSV do not.
fn parse(text: &str, columns: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = Vec::with_capacity(columns);
    let mut rest = text;
    while !rest.is_empty() {
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = closing_quote(quoted);
                (Some(value), after)
            }
            None => (None, rest),
        };
        row.push(value);
        // What follows a value is a comma or the end of the line.
        let ends = !after.starts_with(',');
        rest = after.get(1..).unwrap_or_default();
        if ends {
            rows.push(std::mem::replace(&mut row, Vec::with_capacity(columns)));
        }
    }
    rows
}

/// The text up to the quote that closes it, and what comes after that quote.
fn closing_quote(text: &str) -> (String, &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'"' {
            if bytes.get(at + 1) != Some(&b'"') {
                return (text[..at].replace("\"\"", "\""), &text[at + 1..]);
            }
            at += 1;
        }
        at += 1;
    }
    (text.replace("\"\"", "\""), "")
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn null_and_empty_texts_are_told_apart() {
        let row = |values: &[Option<&str>]| values.iter().map(|value| value.map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(parse("\"a\",,\"\"\n", 3), vec![row(&[Some("a"), None, Some("")])]);
        assert_eq!(parse(",\n,\n", 2), vec![row(&[None, None]), row(&[None, None])]);
        assert_eq!(
            parse("\"a \"\"b\"\", c\"\n\"two\nlines\"\n", 1),
            vec![row(&[Some("a \"b\", c")]), row(&[Some("two\nlines")]),]
        );
    }
}
