//! Scopes of a space: visibility, vocabulary, decay, conflicts, limits, as the principal defines them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::time::{HOUR, MINUTE};
use hyperspace_core::ScopeName;

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
