//! A narrow door for the crate `fuzz`, and for nothing else: what reads bytes of an export, without the export.

use std::path::PathBuf;

use bill::BillingPeriod;

/// The ways from the export's folder of the data files that a manifest of this period names. No file is looked at.
///
/// # Errors
/// With the sentence of a [`crate::ManifestProblem`].
pub fn data_files(manifest: &[u8], period: BillingPeriod) -> Result<Vec<String>, String> {
    // Nothing is there: what a manifest may name must not depend on what is.
    crate::manifest::named_files(PathBuf::from("/a/folder/that/is/not/there"), period, manifest)
}
