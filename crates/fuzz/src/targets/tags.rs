//! The three map columns: labels are kept as billed, can be asked for by their written key, and name no person where
//! persons are hidden.
//!
//! Three lines, one for each column.

use access::pseudonym::holds_email;
use bill::tags::{LONGEST_VALUE_BYTES, TagKey, TagSet, TagView};

use super::{lines, pseudonym, text};

pub(super) fn check(bytes: &[u8]) {
    let text = text(bytes);
    let columns: [Option<&str>; 3] = lines(&text);
    let read = || TagSet::from_json(columns[0], columns[1], columns[2]);
    let set = match read() {
        Ok(set) => set,
        Err(error) => return check_error(&error.to_string()),
    };
    assert_eq!(read().as_ref(), Ok(&set));
    let json = |map| serde_json::to_string(map).expect("a map of texts is JSON");
    let again =
        TagSet::from_json(Some(&json(&set.tags)), Some(&json(&set.resource_tags)), Some(&json(&set.cost_category)));
    assert_eq!(again.as_ref(), Ok(&set));
    check_labels(&set);
    check_persons(&set);
}

/// A message is read by people, in a log: it repeats only so much of the bill.
fn check_error(message: &str) {
    assert!(message.contains("column `") && message.chars().count() < 500, "{message}");
}

fn check_labels(set: &TagSet) {
    for (column, map) in columns(set) {
        for (key, value) in map {
            assert!(value.len() <= LONGEST_VALUE_BYTES);
            let views = TagView::ALL.into_iter().filter(|view| view.column() == column);
            let labels = views.map(|view| {
                let prefix = format!("{}/", view.prefix());
                let key = if column == "tags" { key.strip_prefix(&prefix)? } else { key };
                Some(TagKey { view, key: key.to_owned() })
            });
            for label in labels.flatten() {
                assert_eq!(set.get(&label), Some(value.as_str()).filter(|value| !value.is_empty()));
                if !label.key.is_empty() {
                    assert_eq!(label.to_string().parse(), Ok(label));
                }
            }
        }
    }
}

fn check_persons(set: &TagSet) {
    let hidden = pseudonym::pseudonyms().tag_set(set);
    for ((_, before), (_, after)) in columns(set).into_iter().zip(columns(&hidden)) {
        let named = before.iter().filter(|(key, _)| !holds_email(key));
        assert!(named.map(|(key, _)| key).eq(after.keys()), "no label is lost but those whose key is an address");
        assert!(after.iter().all(|(key, value)| !holds_email(key) && !holds_email(value)), "{after:?}");
        let same = |(key, value): (&String, &String)| holds_email(value) || after[key] == *value;
        assert!(before.iter().filter(|(key, _)| !holds_email(key)).all(same), "{before:?} {after:?}");
    }
}

type Map = std::collections::BTreeMap<String, String>;

fn columns(set: &TagSet) -> [(&'static str, &Map); 3] {
    [("tags", &set.tags), ("resource_tags", &set.resource_tags), ("cost_category", &set.cost_category)]
}
