//! Capabilities: the proof that an agent may do something, and the authority that issues it.
//!
//! Invariants: only an [`Authority`] issues a [`Capability`]; attenuation only narrows it; a revoked capability and
//! everything attenuated from it are refused.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hyperspace_core::{DenyReason, EditScope, MarkKind, ScopeName};
use serde::{Deserialize, Serialize};

use crate::source::TrustSource;

/// The kinds of marks that an agent may leave in a scope and all scopes inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The scope.
    pub scope: ScopeName,
    /// The kinds of marks it may leave there.
    pub kinds: Vec<MarkKind>,
}

/// The content of a capability, which only the principal decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapabilitySpec {
    /// Kinds of marks by scope.
    pub grants: Vec<Grant>,
    /// Scopes whose marks it may read in full, including all scopes inside them.
    pub reads: Vec<ScopeName>,
    /// The most trusted source it may name.
    pub source_max: TrustSource,
    /// Maximum number of live marks of its agent.
    pub marks_max: u64,
    /// Rules for the resources that it may claim. Every rule that applies in a scope must cover the resource; where none
    /// applies, any resource may be claimed.
    pub resources: Vec<ResourceRule>,
}

/// A rule that allows only these resources, read as paths, in a scope and all scopes inside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceRule {
    scope: ScopeName,
    globs: Vec<String>,
    /// The globs, ready to match. They are compiled on first use: a journal names many agents of the past, and is then
    /// read quickly.
    #[serde(skip)]
    compiled: OnceLock<Option<EditScope>>,
}

impl ResourceRule {
    /// Creates the rule that allows these globs in this scope.
    #[must_use]
    pub fn new(scope: ScopeName, globs: &EditScope) -> Self {
        Self { scope, globs: globs.globs().to_vec(), compiled: OnceLock::from(Some(globs.clone())) }
    }

    /// Returns the scope where the rule applies, along with all scopes inside it.
    #[must_use]
    pub fn scope(&self) -> &ScopeName {
        &self.scope
    }

    /// Returns the globs.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Returns whether the rule covers a resource. A rule with invalid globs covers nothing.
    pub(crate) fn covers(&self, resource: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| EditScope::new(&self.globs).ok());
        compiled.as_ref().is_some_and(|globs| globs.covers(resource))
    }
}

impl PartialEq for ResourceRule {
    fn eq(&self, other: &Self) -> bool {
        (&self.scope, &self.globs) == (&other.scope, &other.globs)
    }
}

impl Eq for ResourceRule {}

/// Converts as [`CapabilitySpec::new`] does.
impl From<Vec<Grant>> for CapabilitySpec {
    fn from(grants: Vec<Grant>) -> Self {
        Self::new(grants)
    }
}

impl CapabilitySpec {
    /// Creates the content of a capability with these grants: it can read only what is open, its trust is the lowest
    /// (unverified), and the number of its marks is not limited.
    #[must_use]
    pub fn new(grants: Vec<Grant>) -> Self {
        Self {
            grants,
            reads: vec![],
            source_max: TrustSource::ExternalUnverified,
            marks_max: u64::MAX,
            resources: vec![],
        }
    }

    /// Returns the same content with these scopes to read.
    #[must_use]
    pub fn reading(mut self, scopes: Vec<ScopeName>) -> Self {
        self.reads = scopes;
        self
    }

    /// Returns the same content, allowed to claim only these resources in a scope and all scopes inside it.
    #[must_use]
    pub fn acting_on(mut self, scope: ScopeName, globs: &EditScope) -> Self {
        self.resources.push(ResourceRule::new(scope, globs));
        self
    }

    /// Returns the same content with another trust ceiling.
    #[must_use]
    pub fn trusted(mut self, source: TrustSource) -> Self {
        self.source_max = source;
        self
    }

    /// Returns the same content with a maximum number of live marks.
    #[must_use]
    pub fn at_most(mut self, marks: u64) -> Self {
        self.marks_max = marks;
        self
    }
}

/// Issues capabilities. The holder of an authority is the principal; it is never handed to an agent.
#[derive(Debug)]
pub struct Authority {
    issuer: Arc<Issuer>,
}

/// The identity of an authority, compared by address.
#[derive(Debug, Default)]
pub(crate) struct Issuer {
    issued: AtomicU64,
}

/// The proof that an agent may do something: unforgeable, because only an [`Authority`] makes one.
///
/// ```compile_fail,E0451
/// // Its fields are private, so none can be forged.
/// let forged = hyperspace_markspace::Capability { agent: "root".into(), ..todo!() };
/// ```
///
/// ```compile_fail,E0277
/// // It cannot be read from a file.
/// let forged: hyperspace_markspace::Capability = serde_json::from_str("{}").unwrap();
/// ```
///
/// ```compile_fail,E0599
/// let forged = hyperspace_markspace::Capability::default();
/// ```
#[derive(Clone)]
pub struct Capability {
    issuer: Arc<Issuer>,
    /// Distinguishes the capabilities of one issuer.
    serial: u64,
    agent: Arc<str>,
    charter: Arc<CapabilitySpec>,
    /// Its own switch, followed by those of everything that it was attenuated from.
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
    /// Creates an authority. Its guard refuses the capabilities of any other.
    #[must_use]
    pub fn new() -> Self {
        Self { issuer: Arc::new(Issuer::default()) }
    }

    /// Issues a capability to an agent. Grants alone give one that can read only what is open, at the lowest trust.
    #[must_use]
    pub fn issue(&self, agent: &str, spec: impl Into<CapabilitySpec>) -> Capability {
        Capability {
            serial: self.issuer.issued.fetch_add(1, Ordering::Relaxed),
            issuer: Arc::clone(&self.issuer),
            agent: agent.into(),
            charter: Arc::new(spec.into()),
            revoked: Arc::new(Switch { off: AtomicBool::new(false), parent: None }),
        }
    }

    /// Returns the identity that the capabilities of this authority carry.
    pub(crate) fn issuer(&self) -> &Arc<Issuer> {
        &self.issuer
    }

    /// Revokes a capability and everything attenuated from it.
    pub fn revoke(&self, capability: &Capability) {
        if Arc::ptr_eq(&self.issuer, &capability.issuer) {
            capability.revoked.off.store(true, Ordering::Release);
        }
    }
}

impl Capability {
    /// Returns the agent to which it was issued.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// Returns a narrower capability, with the part of these grants that this one has. Reads and sources stay.
    #[must_use]
    pub fn attenuate(&self, wanted: &[Grant]) -> Capability {
        let charter = CapabilitySpec { grants: wanted.to_vec(), ..(*self.charter).clone() };
        self.attenuate_to(&charter)
    }

    /// Returns a narrower capability, with the part of this content that this one has.
    #[must_use]
    pub fn attenuate_to(&self, wanted: &CapabilitySpec) -> Capability {
        let allowed = |want: &Grant| {
            let kinds: Vec<MarkKind> =
                want.kinds.iter().copied().filter(|&kind| self.allows(&want.scope, kind)).collect();
            Grant { scope: want.scope.clone(), kinds }
        };
        let grants = wanted.grants.iter().map(allowed).filter(|grant| !grant.kinds.is_empty()).collect();
        let held = |scope: &&ScopeName| self.charter.reads.iter().any(|mine| mine.contains(scope));
        let charter = CapabilitySpec {
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

    /// Returns the content of the capability.
    pub(crate) fn terms(&self) -> &CapabilitySpec {
        &self.charter
    }

    /// Returns its number among the capabilities of its issuer.
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// Returns whether the capability, or one that it was attenuated from, has been revoked.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked.is_off()
    }

    /// Checks that the capability comes from this issuer and has not been revoked.
    pub(crate) fn check(&self, issuer: &Arc<Issuer>) -> Result<(), DenyReason> {
        if !Arc::ptr_eq(issuer, &self.issuer) {
            return Err(DenyReason::ForeignCapability);
        }
        if self.revoked.is_off() {
            return Err(DenyReason::Revoked);
        }
        Ok(())
    }

    pub(crate) fn allows(&self, scope: &ScopeName, kind: MarkKind) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_equal_when_scope_and_globs_are() {
        let rule = |scope: &str, glob: &str| {
            ResourceRule::new(ScopeName::new(scope).unwrap(), &EditScope::new(&[glob]).unwrap())
        };
        assert_eq!(rule("a", "*.py"), rule("a", "*.py"));
        assert_ne!(rule("a", "*.py"), rule("b", "*.py"));
        assert_ne!(rule("a", "*.py"), rule("a", "*.md"));
    }
}
