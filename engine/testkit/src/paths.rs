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

/// Reads a file of data that lie beside the project, in a folder `shared/data` above it. Without it, prints that the test is skipped.
///
/// # Panics
///
/// If the file is there and cannot be read.
#[must_use]
pub fn shared_data(name: &str) -> Option<Vec<u8>> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = above.map(|folder| folder.join("shared/data").join(name)).find(|file| file.is_file());
    if found.is_none() {
        println!("SKIPPED: no shared/data/{name} above {}", env!("CARGO_MANIFEST_DIR"));
    }
    found.map(|file| std::fs::read(file).unwrap())
}
