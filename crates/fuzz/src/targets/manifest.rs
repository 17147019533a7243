//! A manifest: whatever it says, the files that are read lie in the data folder of its month.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use bill::BillingPeriod;

pub(super) fn check(bytes: &[u8]) {
    let period: BillingPeriod = "2026-10".parse().expect("a period");
    let files = match engine::fuzzing::data_files(bytes, period) {
        Ok(files) => files,
        Err(message) => {
            // A message is read by people, in a log and in an answer: it repeats only so much of a damaged file.
            assert!(message.chars().count() < 1_000, "{message}");
            return assert!(!message.contains(char::is_control), "{message:?}");
        }
    };
    assert_eq!(engine::fuzzing::data_files(bytes, period).as_ref(), Ok(&files));
    assert_eq!(files.iter().collect::<BTreeSet<_>>().len(), files.len(), "a file that is named twice is read once");
    for file in &files {
        let parts: Vec<Component<'_>> = Path::new(file).components().collect();
        assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))), "{file}");
        let [data, folder, inside @ ..] = parts.as_slice() else { panic!("{file}") };
        let folder = folder.as_os_str().to_str().map(str::to_ascii_lowercase);
        assert_eq!((data.as_os_str().to_str(), folder.as_deref()), (Some("data"), Some("billing_period=2026-10")));
        assert!(!inside.is_empty() && !file.contains('\0') && !file.contains('\\'), "{file}");
    }
}
