//! One program for all targets: libFuzzer makes up bytes, and `FUZZ_TARGET` names the target that they are for.
#![no_main]

use std::sync::LazyLock;

use fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    Target::named(&name).unwrap_or_else(|| {
        let known: Vec<&str> = fuzz::TARGETS.iter().map(|target| target.name).collect();
        panic!("FUZZ_TARGET is `{name}`, which is not one of {}", known.join(", "))
    })
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.check)(bytes));
