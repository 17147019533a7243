//! New migrations must reach the binary: they are embedded at compile time.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
