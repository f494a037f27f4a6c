//! Files that several tests read.

use std::path::Path;

/// Reads a file of the shared data folder beside the project, or prints why the caller skips.
pub(crate) fn shared_file(path: &str) -> Option<Vec<u8>> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data").join(path))
        .find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: no shared/data/{path} above {}", env!("CARGO_MANIFEST_DIR"));
    }
    found.map(|file| std::fs::read(file).unwrap())
}
