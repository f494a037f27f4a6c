//! A part of a source of rows, from the place up to which it was read.

use hyperspace_evolve::continuous::SourcePosition;

/// Maximum number of bytes in a row.
pub(super) const ROW_BYTES_MAX: u64 = 8 << 20;

/// A part of a source that consists of complete rows, or of one that is too long; or the problem of a source, without any.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) source: String,
    /// The name in messages, whose extension is the format.
    pub(super) file: String,
    pub(super) header: Option<String>,
    pub(super) text: Vec<u8>,
    pub(super) over_long: Option<OverLongRow>,
    /// The place before it.
    pub(super) before: SourcePosition,
    pub(super) tail: Option<String>,
    pub(super) problem: Option<String>,
}

impl Chunk {
    /// Returns an empty part of a file.
    pub(super) fn new(file: &str, before: SourcePosition) -> Self {
        let (source, file) = (file.to_owned(), file.to_owned());
        let (header, text) = (None, Vec::new());
        Self { source, file, header, text, over_long: None, before, tail: None, problem: None }
    }

    /// Returns an empty part of a file that has no problem any more, at the same place.
    pub(super) fn solved(file: &str, before: SourcePosition) -> Self {
        let tail = before.tail.clone();
        Self { tail, ..Self::new(file, before) }
    }
}

/// A row that is longer than any that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OverLongRow {
    /// Number of its bytes, with the line break.
    pub(super) bytes: u64,
    /// Number of its line breaks.
    pub(super) lines: u64,
}

impl OverLongRow {
    /// Returns the fault of the row.
    pub(super) fn fault(self, file: &str, line: u64) -> String {
        format!("{file}, line {line}: expected a row of at most {ROW_BYTES_MAX} bytes, found {}", self.bytes)
    }
}
