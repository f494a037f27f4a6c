//! Scopes of a space as the principal defines them: visibility, vocabulary, decay, conflicts, limits.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::time::{HOUR, MINUTE};
use hyperspace_core::ScopeName;

/// The scope of the engine's own marks. Agents can write there only if it was granted to them.
pub const SYSTEM_SCOPE: &str = "_system";
/// The scope of probes.
pub const DIAGNOSTIC_SCOPE: &str = "diagnostics";

/// The visibility of a scope's marks to readers without read authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeVisibility {
    /// Everyone sees them in full.
    #[default]
    Open,
    /// Everyone sees that they exist; the content requires authority.
    Protected,
    /// They are invisible.
    Classified,
}

/// A vocabulary. `Only` an empty set allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllowedNames {
    /// Any name.
    #[default]
    Any,
    /// These names.
    Only(BTreeSet<String>),
}

impl AllowedNames {
    /// Allows exactly these names.
    #[must_use]
    pub fn only(names: &[&str]) -> Self {
        Self::Only(names.iter().map(|&n| n.to_owned()).collect())
    }

    /// Returns whether a name is allowed.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        match self {
            AllowedNames::Any => true,
            AllowedNames::Only(names) => names.contains(name),
        }
    }
}

/// The decay of marks, in ticks.
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
    /// Returns 6 hours for observations, 2 hours for warnings, 30 minutes for intents.
    fn default() -> Self {
        Self { observation_half_life: 6 * HOUR, warning_half_life: 2 * HOUR, intent_ttl: 30 * MINUTE }
    }
}

/// The way to determine the winner when several agents want one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictPolicy {
    /// The first to claim.
    FirstWriter,
    /// The most confident; among equals, the first to claim.
    #[default]
    HighestConfidence,
    /// None of them: a need asks the principal.
    YieldAll,
}

/// Limits the writes within a sliding window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Maximum number of writes of one agent.
    pub per_agent_max: Option<u32>,
    /// Maximum number of writes of all agents together.
    pub total_max: Option<u32>,
    /// Length of the window in ticks.
    pub window: u64,
}

/// The definition of a scope. It also applies to all scopes inside that have none; rate limits of ancestors always apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeDef {
    /// Its name.
    pub name: ScopeName,
    /// Visibility of its marks.
    pub visibility: ScopeVisibility,
    /// Verbs of intents.
    pub intent_verbs: AllowedNames,
    /// Verbs of actions.
    pub action_verbs: AllowedNames,
    /// Topics of observations.
    pub observation_topics: AllowedNames,
    /// Topics of warnings.
    pub warning_topics: AllowedNames,
    /// Decay of its marks.
    pub decay: Decay,
    /// Resolution of conflicts.
    pub conflict: ConflictPolicy,
    /// True if claims wait for a boundary.
    pub deferred: bool,
    /// The limit on writes, if there is one.
    pub rate: Option<RateLimit>,
}

impl ScopeDef {
    /// Creates an open scope with the default decay, any vocabulary and no limits.
    #[must_use]
    pub fn new(name: ScopeName) -> Self {
        Self {
            name,
            visibility: ScopeVisibility::Open,
            intent_verbs: AllowedNames::Any,
            action_verbs: AllowedNames::Any,
            observation_topics: AllowedNames::Any,
            warning_topics: AllowedNames::Any,
            decay: Decay::default(),
            conflict: ConflictPolicy::default(),
            deferred: false,
            rate: None,
        }
    }

    /// Returns the same definition with another visibility.
    #[must_use]
    pub fn visible(mut self, visibility: ScopeVisibility) -> Self {
        self.visibility = visibility;
        self
    }

    /// Returns the same definition with another conflict policy, decided at once or at boundaries.
    #[must_use]
    pub fn conflicts(mut self, policy: ConflictPolicy, deferred: bool) -> Self {
        self.conflict = policy;
        self.deferred = deferred;
        self
    }

    /// Returns the same definition with another decay.
    #[must_use]
    pub fn decaying(mut self, decay: Decay) -> Self {
        self.decay = decay;
        self
    }

    /// Returns the same definition with a rate limit.
    #[must_use]
    pub fn limited(mut self, rate: RateLimit) -> Self {
        self.rate = Some(rate);
        self
    }
}
