//! Paths of the repository. They are resolved at compile time, so the tests run from any working directory.

use std::path::{Path, PathBuf};

/// Returns the root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the folder in which all tests keep the compiled interpreter, so that it is compiled once per build.
#[must_use]
pub fn interpreter_cache() -> PathBuf {
    repository().join("target/hyperspace-cache")
}

/// Returns a folder below `data/examples`.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    repository().join("data/examples").join(name)
}
