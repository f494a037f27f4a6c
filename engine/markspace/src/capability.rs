//! Capabilities: the proof that an agent may do something, and the authority that issues it.
//!
//! Invariants: a [`Capability`] is issued by an [`Authority`] and by nothing else; attenuation only narrows it; a revoked
//! capability and all that were attenuated from it are refused.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hyperspace_core::{DenyReason, EditScope, MarkKind, ScopeName};
use serde::{Deserialize, Serialize};

use crate::source::TrustSource;

/// What an agent may do in a scope and all scopes inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The scope.
    pub scope: ScopeName,
    /// The kinds of marks it may leave there.
    pub kinds: Vec<MarkKind>,
}

/// What a capability stands for: the principal writes it, nobody else can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charter {
    /// Kinds of marks by scope.
    pub grants: Vec<Grant>,
    /// Scopes whose marks it may read in full, with all inside them.
    pub reads: Vec<ScopeName>,
    /// The most trusted source it may name.
    pub source_max: TrustSource,
    /// Most live marks of its agent.
    pub marks_max: u64,
    /// What it may claim. Every rule that holds in a scope must cover the resource; where none holds, any resource.
    pub resources: Vec<ResourceRule>,
}

/// In a scope and all inside it, only these resources, read as paths.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceRule {
    scope: ScopeName,
    globs: Vec<String>,
    /// The globs, ready to match. Agents of the past keep theirs unread, so a journal of many of them is read quickly.
    #[serde(skip)]
    compiled: OnceLock<Option<EditScope>>,
}

impl ResourceRule {
    /// These globs in this scope.
    #[must_use]
    pub fn new(scope: ScopeName, globs: &EditScope) -> Self {
        Self { scope, globs: globs.globs().to_vec(), compiled: OnceLock::from(Some(globs.clone())) }
    }

    /// Where it holds, with all scopes inside.
    #[must_use]
    pub fn scope(&self) -> &ScopeName {
        &self.scope
    }

    /// The globs.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Whether it holds a resource. One whose globs are none holds nothing.
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

impl Charter {
    /// These grants; reads nothing that is not open; no trust beyond unverified; no bound on marks.
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

    /// The same, reading these scopes.
    #[must_use]
    pub fn reading(mut self, scopes: Vec<ScopeName>) -> Self {
        self.reads = scopes;
        self
    }

    /// The same, claiming nothing but these resources in a scope and all inside it.
    #[must_use]
    pub fn acting_on(mut self, scope: ScopeName, globs: &EditScope) -> Self {
        self.resources.push(ResourceRule::new(scope, globs));
        self
    }

    /// The same with another ceiling.
    #[must_use]
    pub fn trusted(mut self, source: TrustSource) -> Self {
        self.source_max = source;
        self
    }

    /// The same with a bound on live marks.
    #[must_use]
    pub fn at_most(mut self, marks: u64) -> Self {
        self.marks_max = marks;
        self
    }
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
/// let forged = hyperspace_markspace::Capability { agent: "root".into(), ..todo!() };
/// ```
///
/// ```compile_fail,E0277
/// // It is no plain data that could be read from a file.
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
