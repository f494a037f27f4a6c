//! The guard of files decides whether a capability covers an operation on a file, by its grants and the edit scope, and whether a change
//! to a file's content stays within the regions that the scope names.
//!
//! Invariant: authorisation comes first, and every refusal carries the check that failed.

use hyperspace_core::{Decision, DenyReason, EditScope, FileOp, MarkKind, RelPath, ScopeName, check_regions};

use crate::capability::{Authority, Capability, Issuer};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Decides on changes to files. Decisions are pure: the same capability and request get the same decision.
///
/// Only an [`Authority`] creates it, and it cannot be widened:
///
/// ```compile_fail,E0451
/// fn widen(guard: hyperspace_markspace::Guard) -> hyperspace_markspace::Guard {
///     hyperspace_markspace::Guard { edits: hyperspace_core::EditScope::default(), ..guard }
/// }
/// ```
///
/// ```compile_fail,E0616
/// fn widen(guard: &mut hyperspace_markspace::Guard) {
///     guard.edits = hyperspace_core::EditScope::default();
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Guard {
    issuer: Arc<Issuer>,
    edits: EditScope,
}

impl Authority {
    /// Returns the guard that accepts the capabilities of this authority.
    #[must_use]
    pub fn guard(&self, edits: EditScope) -> Guard {
        Guard { issuer: Arc::clone(self.issuer()), edits }
    }
}

impl Guard {
    /// Returns whether an agent may change a file of the code base `scope`.
    #[must_use]
    pub fn decide_edit(
        &self,
        capability: &Capability,
        scope: &ScopeName,
        path: &RelPath,
        op: FileOp,
    ) -> Decision {
        if let Err(reason) = self.authorize(capability, scope, MarkKind::Action) {
            return Decision::Deny(reason);
        }
        let inside = match op {
            FileOp::Write | FileOp::Remove => self.edits.contains(path),
            FileOp::CreateFolder | FileOp::RemoveFolder => self.edits.may_hold(path),
        };
        if inside {
            return Decision::Allow;
        }
        let globs = self.edits.globs().to_vec();
        Decision::Deny(DenyReason::OutsideEditScope { path: path.to_string(), globs })
    }

    /// Returns the regions within which a change to a file's content stays, as ranges of line numbers starting at 1, or `None` if the
    /// whole file may change. `before` and `after` are `None` if there is no file. [`Guard::decide_edit`] has to decide first whether
    /// the file may be changed at all.
    ///
    /// # Errors
    ///
    /// [`DenyReason::OutsideRegion`] names the first line that must not change.
    pub fn decide_content(
        &self,
        path: &RelPath,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) -> Result<Option<Vec<RangeInclusive<usize>>>, DenyReason> {
        if !self.edits.is_region(path) {
            return Ok(None);
        }
        match check_regions(before, after) {
            Ok(regions) => Ok(Some(regions)),
            Err(error) => Err(DenyReason::OutsideRegion { path: path.to_string(), why: error.to_string() }),
        }
    }

    fn authorize(
        &self,
        capability: &Capability,
        scope: &ScopeName,
        kind: MarkKind,
    ) -> Result<(), DenyReason> {
        capability.check(&self.issuer)?;
        if !capability.allows(scope, kind) {
            return Err(DenyReason::Unauthorized {
                agent: capability.agent().to_owned(),
                scope: scope.to_string(),
                kind,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
