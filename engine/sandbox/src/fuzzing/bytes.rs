//! Choices from bytes, and sets of files.

use hyperspace_core::{FileSet, RelPath};

/// Bytes that are used up from the front.
pub(super) struct FuzzBytes<'a>(&'a [u8]);

impl<'a> FuzzBytes<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// The next byte; none at the end.
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// A number of 64 bits; the first byte says how many bytes of it follow, the rest are zeros.
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
