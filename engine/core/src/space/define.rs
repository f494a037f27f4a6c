//! Scopes of a space: visibility, vocabulary, decay, conflicts, limits, as the principal defines them.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::time::{HOUR, MINUTE};
use crate::edit_scope::EditScope;
use crate::guard::Grant;
use crate::mark::TrustSource;
use crate::scope::ScopeName;

/// Where the engine writes what it has to say; agents cannot write there unless granted.
pub const SYSTEM_SCOPE: &str = "_system";
/// Where probes happen.
pub const DIAGNOSTIC_SCOPE: &str = "diagnostics";

/// Who sees a scope's marks without read authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everyone, in full.
    #[default]
    Open,
    /// Everyone sees that they exist; content only with authority.
    Protected,
    /// Nobody.
    Classified,
}

/// A vocabulary. `Only` an empty set allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Names {
    /// Any name.
    #[default]
    Any,
    /// These names.
    Only(BTreeSet<String>),
}

impl Names {
    /// Exactly these.
    #[must_use]
    pub fn only(names: &[&str]) -> Self {
        Self::Only(names.iter().map(|&n| n.to_owned()).collect())
    }

    /// Whether it holds a name.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        match self {
            Names::Any => true,
            Names::Only(names) => names.contains(name),
        }
    }
}

/// How fast marks fade, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decay {
    /// Half-life of observations.
    pub observation_half_life: u64,
    /// Half-life of warnings.
    pub warning_half_life: u64,
    /// Life of intents, and so of claims.
    pub intent_ttl: u64,
}

impl Default for Decay {
    /// 6 hours, 2 hours, 30 minutes.
    fn default() -> Self {
        Self { observation_half_life: 6 * HOUR, warning_half_life: 2 * HOUR, intent_ttl: 30 * MINUTE }
    }
}

/// Who wins when several agents want one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictPolicy {
    /// The first to claim.
    FirstWriter,
    /// The most confident; among equals the first to claim.
    #[default]
    HighestConfidence,
    /// Nobody: a need asks the principal.
    YieldAll,
}

/// Most writes in a sliding window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Of one agent.
    pub per_agent_max: Option<u32>,
    /// Of all agents.
    pub total_max: Option<u32>,
    /// Length of the window, in ticks.
    pub window: u64,
}

/// A scope. It holds for all scopes inside it that have no definition of their own; rate limits of ancestors hold always.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeDef {
    /// Its name.
    pub name: ScopeName,
    /// Who sees its marks.
    pub visibility: Visibility,
    /// Verbs of intents.
    pub intent_verbs: Names,
    /// Verbs of actions.
    pub action_verbs: Names,
    /// Topics of observations.
    pub observation_topics: Names,
    /// Topics of warnings.
    pub warning_topics: Names,
    /// How marks fade.
    pub decay: Decay,
    /// How conflicts end.
    pub conflict: ConflictPolicy,
    /// Whether claims wait for a boundary.
    pub deferred: bool,
    /// Most writes.
    pub rate: Option<RateLimit>,
}

impl ScopeDef {
    /// An open scope with the default decay, any vocabulary and no limit.
    #[must_use]
    pub fn new(name: ScopeName) -> Self {
        Self {
            name,
            visibility: Visibility::Open,
            intent_verbs: Names::Any,
            action_verbs: Names::Any,
            observation_topics: Names::Any,
            warning_topics: Names::Any,
            decay: Decay::default(),
            conflict: ConflictPolicy::default(),
            deferred: false,
            rate: None,
        }
    }

    /// The same with another visibility.
    #[must_use]
    pub fn visible(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }

    /// The same with another conflict policy, decided at once or at boundaries.
    #[must_use]
    pub fn conflicts(mut self, policy: ConflictPolicy, deferred: bool) -> Self {
        self.conflict = policy;
        self.deferred = deferred;
        self
    }

    /// The same with another decay.
    #[must_use]
    pub fn decaying(mut self, decay: Decay) -> Self {
        self.decay = decay;
        self
    }

    /// The same with a rate limit.
    #[must_use]
    pub fn limited(mut self, rate: RateLimit) -> Self {
        self.rate = Some(rate);
        self
    }
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
