//! Choices from bytes, and sets of files.

use hyperspace_core::{FileSet, RelPath};

/// Bytes that are consumed from the front.
pub(super) struct FuzzBytes<'a>(&'a [u8]);

impl<'a> FuzzBytes<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// Returns the next byte; `None` at the end.
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// Returns a 64-bit number; the first byte says how many of its bytes follow, the rest are zeros.
    pub(super) fn number(&mut self) -> Option<u64> {
        let count = self.byte()? % 9;
        (0..count).try_fold(0, |number, _| Some(number << 8 | u64::from(self.byte()?)))
    }
}

/// Makes a set of files.
pub(super) fn file_set(list: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new();
    for (name, content) in list {
        set.insert(RelPath::new(name).unwrap(), content.as_bytes()).unwrap();
    }
    set
}
