//! Decisions on file operations, with the reasons of refusals.
//!
//! This is the vocabulary that a file system and a guard share; the code that decides is elsewhere.

use serde::{Deserialize, Serialize};

use crate::mark::MarkKind;

/// An operation on a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileOp {
    /// Creates a file, or writes or truncates its content.
    Write,
    /// Removes a file.
    Remove,
    /// Creates a folder.
    CreateFolder,
    /// Removes a folder.
    RemoveFolder,
}

/// The check that failed, and what it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "check", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DenyReason {
    /// The capability comes from another authority.
    #[error("the capability was issued by another authority")]
    ForeignCapability,
    /// The capability was taken back.
    #[error("the capability was revoked")]
    Revoked,
    /// The capability does not cover the scope or the kind.
    #[error("{agent} may not leave a mark of kind {kind:?} in {scope}")]
    Unauthorized {
        /// The agent.
        agent: String,
        /// The scope.
        scope: String,
        /// The kind.
        kind: MarkKind,
    },
    /// The file is outside of the edit scope.
    #[error("{path} is outside of the edit scope ({})", globs.join(", "))]
    OutsideEditScope {
        /// The file.
        path: String,
        /// The scope.
        globs: Vec<String>,
    },
    /// A line of the file is outside of the regions that the edit scope names.
    #[error("{path}: {why}")]
    OutsideRegion {
        /// The file.
        path: String,
        /// The line, and the text it had before.
        why: String,
    },
    /// A policy other than the guard refused it.
    #[error("{reason}")]
    Policy {
        /// The policy's reason.
        reason: String,
    },
}

/// The decision on an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The operation may proceed.
    Allow,
    /// The operation is refused for this reason.
    Deny(DenyReason),
}

impl Decision {
    /// Returns a refusal for a reason that is not one of the guard's.
    #[must_use]
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::Deny(DenyReason::Policy { reason: reason.into() })
    }
}
