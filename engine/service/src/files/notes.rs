//! Notes beside a store: JSON that is useful but that nothing depends on. Failures to read or write it are reported, and are not
//! errors.

use std::io::{self, Write};
use std::path::Path;

use hyperspace_core::regular_file;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::read::read_text;

/// Reads the notes in a file, or empty notes if there is no such file. `otherwise` describes the consequence of a failure.
pub(crate) fn load_notes<T: Default + DeserializeOwned>(path: &Path, otherwise: &str) -> T {
    if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return T::default();
    }
    let read = read_text(path).map_err(|error| error.to_string());
    read.and_then(|text| serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display())))
        .unwrap_or_else(|error| {
            tracing::warn!("{error}; {otherwise}");
            T::default()
        })
}

/// Writes notes to a file, which is replaced once they are complete. `otherwise` describes the consequence of a failure.
pub(crate) fn keep_notes<T: Serialize>(path: &Path, notes: &T, otherwise: &str) {
    let unfinished = path.with_extension("json.new");
    let write = || {
        let mut file = regular_file::open_to_write(&unfinished)?;
        file.set_len(0)?;
        file.write_all(&serde_json::to_vec_pretty(notes)?)?;
        std::fs::rename(&unfinished, path)
    };
    if let Err(error) = write() {
        tracing::warn!("{}: {error}; {otherwise}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back_and_links_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.json");
        assert!(load_notes::<Vec<u8>>(&path, "nothing is known").is_empty());
        keep_notes(&path, &[1, 2], "nothing is kept");
        assert_eq!(load_notes::<Vec<u8>>(&path, "nothing is known"), [1, 2]);
        std::fs::write(&path, "{").unwrap();
        assert!(load_notes::<Vec<u8>>(&path, "nothing is known").is_empty());
        let other = folder.path().join("other");
        std::fs::write(&other, "untouched").unwrap();
        std::os::unix::fs::symlink(&other, path.with_extension("json.new")).unwrap();
        keep_notes(&path, &[3], "nothing is kept");
        assert_eq!(std::fs::read(&other).unwrap(), b"untouched");
    }
}
