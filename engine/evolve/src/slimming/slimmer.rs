//! The guest that lists reductions, which runs in place of a meta agent.

use hyperspace_core::{FileSet, TreeId};

/// Returns the files of the guest that lists reductions.
pub(crate) fn slimmer() -> FileSet {
    FileSet::from_files(hyperspace_guest::slimmer_files()).expect("the paths of its files are valid")
}

/// Returns the tree of these files, by which runs refer to them.
pub(crate) fn slimmer_id() -> TreeId {
    slimmer().tree().id()
}
