//! Every text that the fuzzer found worth keeping is read again, by the target that it was kept for.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz::{TARGETS, Target};

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry of a folder").path()).collect()
}

#[test]
fn what_must_hold_for_any_bytes_holds_for_all_that_were_kept() {
    for target in &TARGETS {
        let texts = entries(&corpora().join(target.name));
        assert!(texts.len() > 1, "the corpus of `{}` is missing", target.name);
        for path in texts {
            let bytes = fs::read(&path).expect("a file that can be read");
            let held = std::panic::catch_unwind(|| (target.check)(&bytes));
            assert!(held.is_ok(), "`{}` does not hold for {}", target.name, path.display());
        }
    }
}

#[test]
fn every_corpus_belongs_to_a_target() {
    for corpus in entries(&corpora()) {
        let name = corpus.file_name().and_then(|name| name.to_str());
        assert!(name.and_then(Target::named).is_some(), "there is no target for {}", corpus.display());
    }
}

#[test]
fn nothing_long_or_empty_does_harm() {
    let texts: [Vec<u8>; 6] = [
        Vec::new(),
        vec![b'\n'; 300],
        vec![0xff; 70_000],
        "[".repeat(70_000).into(),
        "{\"a\":".repeat(9_000).into(),
        format!("\"{}\"", "x".repeat(70_000)).into(),
    ];
    for target in &TARGETS {
        for text in &texts {
            (target.check)(text);
        }
    }
}
