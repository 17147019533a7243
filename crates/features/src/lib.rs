//! No code: this crate makes all others build the registry's packages with one set of features (see `.config/hakari.toml`).
