//! The guard of a candidate's edits, as a file policy of the sandbox.

use hyperspace_core::{Decision, FileOp, RelPath};
use hyperspace_markspace::Guard;
use hyperspace_sandbox::FilePolicy;

use crate::mark_space::CandidateGrant;

/// Decides on edits below `/repo` of one candidate.
pub(crate) struct EditPolicy {
    pub(crate) guard: Guard,
    pub(crate) grant: CandidateGrant,
}

impl FilePolicy for EditPolicy {
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision {
        self.guard.decide_edit(&self.grant.capability, &self.grant.codebase, path, op)
    }
}
