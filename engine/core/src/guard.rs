//! The guard: who may change what. No agent can edit it. It decides on file operations while a guest runs, and issues the
//! capabilities without which a [space](crate::space) takes no mark.
//!
//! Invariants: a [`Capability`] is issued by an [`Authority`] and by nothing else; attenuation only narrows it; a revoked
//! capability and all that were attenuated from it are refused; authorisation comes before anything is counted or
//! changed; every refusal carries the check that failed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::edit_scope::EditScope;
use crate::mark::MarkKind;
use crate::path::RelPath;
use crate::scope::ScopeName;
use crate::space::Charter;

/// What an agent may do in a scope and all scopes inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The scope.
    pub scope: ScopeName,
    /// The kinds of marks it may leave there.
    pub kinds: Vec<MarkKind>,
}

/// Issues capabilities. Whoever holds it is the principal; it is never handed to an agent.
#[derive(Debug)]
pub struct Authority {
    issuer: Arc<Issuer>,
}

/// What capabilities of one authority have in common; compared by address.
#[derive(Debug, Default)]
pub(crate) struct Issuer {
    issued: AtomicU64,
}

/// The proof that an agent may do something: unforgeable, because only an [`Authority`] makes one.
///
/// ```compile_fail,E0451
/// // No field can be named, so none can be made up.
/// let forged = hyperspace_core::Capability { agent: "root".into(), ..todo!() };
/// ```
///
/// ```compile_fail,E0277
/// // It is no plain data that could be read from a file.
/// let forged: hyperspace_core::Capability = serde_json::from_str("{}").unwrap();
/// ```
///
/// ```compile_fail,E0599
/// let forged = hyperspace_core::Capability::default();
/// ```
#[derive(Clone)]
pub struct Capability {
    issuer: Arc<Issuer>,
    /// Distinguishes the capabilities of one issuer.
    serial: u64,
    agent: Arc<str>,
    charter: Arc<Charter>,
    /// Own switch, then those of everything it was attenuated from.
    revoked: Arc<Switch>,
}

struct Switch {
    off: AtomicBool,
    parent: Option<Arc<Switch>>,
}

impl Switch {
    fn is_off(&self) -> bool {
        let chain = std::iter::successors(Some(self), |switch| switch.parent.as_deref());
        chain.into_iter().any(|switch| switch.off.load(Ordering::Acquire))
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new authority. Capabilities of another one mean nothing to its guard.
    #[must_use]
    pub fn new() -> Self {
        Self { issuer: Arc::new(Issuer::default()) }
    }

    /// Issues a capability to an agent: these grants, no reading of what is not open, the lowest trust.
    #[must_use]
    pub fn issue(&self, agent: &str, grants: Vec<Grant>) -> Capability {
        self.charter(agent, Charter::new(grants))
    }

    /// Issues a capability with everything a space asks for.
    #[must_use]
    pub fn charter(&self, agent: &str, charter: Charter) -> Capability {
        Capability {
            serial: self.issuer.issued.fetch_add(1, Ordering::Relaxed),
            issuer: Arc::clone(&self.issuer),
            agent: agent.into(),
            charter: Arc::new(charter),
            revoked: Arc::new(Switch { off: AtomicBool::new(false), parent: None }),
        }
    }

    /// What the capabilities of this authority have in common.
    pub(crate) fn issuer(&self) -> &Arc<Issuer> {
        &self.issuer
    }

    /// Takes a capability back, with all that were attenuated from it.
    pub fn revoke(&self, capability: &Capability) {
        if Arc::ptr_eq(&self.issuer, &capability.issuer) {
            capability.revoked.off.store(true, Ordering::Release);
        }
    }

    /// The guard that knows this authority's capabilities.
    #[must_use]
    pub fn guard(&self, edits: EditScope) -> Guard {
        Guard { issuer: Arc::clone(&self.issuer), edits }
    }
}

impl Capability {
    /// The agent it was issued to.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// A capability for less: of these grants only the part that this one has. What it may read and say of sources stays.
    #[must_use]
    pub fn attenuate(&self, wanted: &[Grant]) -> Capability {
        let charter = Charter { grants: wanted.to_vec(), ..(*self.charter).clone() };
        self.attenuate_to(&charter)
    }

    /// A capability for less: of this charter only the part that this one has.
    #[must_use]
    pub fn attenuate_to(&self, wanted: &Charter) -> Capability {
        let allowed = |want: &Grant| {
            let kinds: Vec<MarkKind> =
                want.kinds.iter().copied().filter(|&kind| self.allows(&want.scope, kind)).collect();
            Grant { scope: want.scope.clone(), kinds }
        };
        let grants = wanted.grants.iter().map(allowed).filter(|grant| !grant.kinds.is_empty()).collect();
        let held = |scope: &&ScopeName| self.charter.reads.iter().any(|mine| mine.contains(scope));
        let charter = Charter {
            grants,
            reads: wanted.reads.iter().filter(held).cloned().collect(),
            source_max: wanted.source_max.min(self.charter.source_max),
            marks_max: wanted.marks_max.min(self.charter.marks_max),
            resources: self.charter.resources.iter().chain(&wanted.resources).cloned().collect(),
        };
        Capability {
            serial: self.issuer.issued.fetch_add(1, Ordering::Relaxed),
            issuer: Arc::clone(&self.issuer),
            agent: Arc::clone(&self.agent),
            charter: Arc::new(charter),
            revoked: Arc::new(Switch {
                off: AtomicBool::new(false),
                parent: Some(Arc::clone(&self.revoked)),
            }),
        }
    }

    /// What it stands for.
    pub(crate) fn terms(&self) -> &Charter {
        &self.charter
    }

    /// Its number among the capabilities of its issuer.
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether it was taken back, itself or what it was attenuated from.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked.is_off()
    }

    /// Whether it is of this issuer and not revoked.
    pub(crate) fn check(&self, issuer: &Arc<Issuer>) -> Result<(), DenyReason> {
        if !Arc::ptr_eq(issuer, &self.issuer) {
            return Err(DenyReason::ForeignCapability);
        }
        if self.revoked.is_off() {
            return Err(DenyReason::Revoked);
        }
        Ok(())
    }

    fn allows(&self, scope: &ScopeName, kind: MarkKind) -> bool {
        self.charter.grants.iter().any(|grant| grant.scope.contains(scope) && grant.kinds.contains(&kind))
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capability")
            .field("agent", &self.agent)
            .field("charter", &self.charter)
            .finish_non_exhaustive()
    }
}

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileOp {
    /// Content is created, written or cut.
    Write,
    /// The file goes away.
    Remove,
    /// A folder is made.
    CreateFolder,
    /// A folder goes away.
    RemoveFolder,
}

/// Why something was refused: the check that failed.
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
    /// A policy other than the guard refused it.
    #[error("{reason}")]
    Policy {
        /// The policy's reason.
        reason: String,
    },
}

/// A decision on an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Go ahead.
    Allow,
    /// No, for this reason.
    Deny(DenyReason),
}

impl Decision {
    /// Refuses for a reason that is not one of the guard's.
    #[must_use]
    pub fn deny(reason: impl Into<String>) -> Self {
        Self::Deny(DenyReason::Policy { reason: reason.into() })
    }
}

/// Decides. Pure: the same capability and request get the same decision.
///
/// It is made by an [`Authority`] and by nothing else, and cannot be widened:
///
/// ```compile_fail,E0451
/// fn widen(guard: hyperspace_core::Guard) -> hyperspace_core::Guard {
///     hyperspace_core::Guard { edits: hyperspace_core::EditScope::default(), ..guard }
/// }
/// ```
///
/// ```compile_fail,E0616
/// fn widen(guard: &mut hyperspace_core::Guard) {
///     guard.edits = hyperspace_core::EditScope::default();
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Guard {
    issuer: Arc<Issuer>,
    edits: EditScope,
}

impl Guard {
    /// Whether an agent may change a file of the code base `scope`.
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

    fn authorize(
        &self,
        capability: &Capability,
        scope: &ScopeName,
        kind: MarkKind,
    ) -> Result<(), DenyReason> {
        capability.check(&self.issuer)?;
        if !capability.allows(scope, kind) {
            return Err(DenyReason::Unauthorized {
                agent: capability.agent.to_string(),
                scope: scope.to_string(),
                kind,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
