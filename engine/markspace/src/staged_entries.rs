//! Entries that a space decided and that are yet to be written to its journal, in the blocks in which they are stored.

use hyperspace_core::ScopeName;
use hyperspace_core::canon::CanonError;

use crate::command::RecordedCommand;
use crate::envelope::SpaceRules;
use crate::snapshot::Snapshot;

/// Maximum number of entries of a block, which limits how much is decoded at once.
const BLOCK_ENTRIES: usize = 8_192;

/// Entries to be written, and the space that they belong to. Only a space produces them:
///
/// ```compile_fail,E0451
/// use hyperspace_markspace::StagedEntries;
/// fn forge(portion: StagedEntries) -> StagedEntries {
///     StagedEntries { entries: vec![], ..portion }
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use = "what was decided is lost unless it is written"]
pub struct StagedEntries {
    pub(crate) space: ScopeName,
    pub(crate) first: u64,
    pub(crate) entries: Vec<RecordedCommand>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) rules: Option<SpaceRules>,
}

/// A piece of a portion, in the order of writing.
#[derive(Debug)]
pub enum StagedPiece<'a> {
    /// Entries, one JSON line each.
    Block {
        /// Number of the first entry.
        first: u64,
        /// Number of entries.
        count: u64,
        /// The lines.
        lines: Vec<u8>,
    },
    /// A snapshot, taken after the preceding block.
    Snapshot(&'a Snapshot),
}

impl StagedEntries {
    /// Returns the name of the space.
    #[must_use]
    pub fn space(&self) -> &ScopeName {
        &self.space
    }

    /// Returns the rules of a space that has no journal yet; its journal is to be begun with them.
    #[must_use]
    pub fn rules(&self) -> Option<&SpaceRules> {
        self.rules.as_ref()
    }

    /// Returns the number of the first entry.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Returns the entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[RecordedCommand] {
        &self.entries
    }

    /// Returns the entries in blocks, with the snapshots that were taken among them.
    ///
    /// # Errors
    ///
    /// [`CanonError::Shape`] for an entry that JSON cannot represent.
    pub fn pieces(&self) -> Result<Vec<StagedPiece<'_>>, CanonError> {
        let (mut number, mut rest, mut pieces) = (self.first, &self.entries[..], vec![]);
        let ends = self.snapshots.iter().map(|snapshot| (snapshot.entries(), Some(snapshot)));
        for (end, snapshot) in ends.chain([(self.first + self.entries.len() as u64, None)]) {
            let (now, later) = rest.split_at(usize::try_from(end - number).unwrap_or(rest.len()));
            for block in now.chunks(BLOCK_ENTRIES) {
                let count = block.len() as u64;
                pieces.push(StagedPiece::Block { first: number, count, lines: lines(block)? });
                number += count;
            }
            pieces.extend(snapshot.map(StagedPiece::Snapshot));
            rest = later;
        }
        Ok(pieces)
    }
}

fn lines(block: &[RecordedCommand]) -> Result<Vec<u8>, CanonError> {
    let mut lines = Vec::with_capacity(block.len() * 256);
    for entry in block {
        serde_json::to_writer(&mut lines, entry).map_err(|error| CanonError::Shape(error.to_string()))?;
        lines.push(b'\n');
    }
    Ok(lines)
}
