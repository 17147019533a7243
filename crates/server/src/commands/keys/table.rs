use chrono::{DateTime, Utc};
use store::keys::KeyRecord;

use crate::keys::InWords;

const HEADINGS: [&str; 7] = ["ID", "NAME", "STATE", "CREATED", "EXPIRES", "LAST USED", "ALLOWS"];

/// Keys for people, one a line. What they allow comes last, because it is as long as it likes.
pub(super) fn table(keys: &[KeyRecord], now: DateTime<Utc>) -> String {
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    lines.extend(keys.iter().map(|key| line(key, now)));
    let widths: Vec<usize> =
        (0..HEADINGS.len()).map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or(0)).collect();
    lines.iter().map(|line| aligned(line, &widths)).collect()
}

fn line(key: &KeyRecord, now: DateTime<Utc>) -> [String; 7] {
    [
        key.key_id.to_string(),
        key.name.clone(),
        key.state(now).as_str().to_owned(),
        time(key.created_at),
        key.expires_at.map_or_else(|| "never".to_owned(), time),
        key.last_used_at.map_or_else(|| "never".to_owned(), time),
        InWords(&key.grants).to_string(),
    ]
}

fn aligned(line: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("{}\n", cells.join("  ").trim_end())
}

/// To the minute, in UTC.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%MZ").to_string()
}
