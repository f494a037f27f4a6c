//! Pipelines: checks whether the declarations of agents fit together.

use crate::capability::CapabilitySpec;
use crate::watch::WatchPattern;
use hyperspace_core::{MarkKind, ScopeName};

/// An agent's declaration of the marks that it reads and leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its name.
    pub agent: String,
    /// Marks it watches.
    pub inputs: Vec<WatchPattern>,
    /// Kinds of marks it leaves, by scope.
    pub outputs: Vec<(ScopeName, MarkKind)>,
}

/// Returns the mismatches. For each pair of neighbours, at least one output of the first must match an input of the second.
#[must_use]
pub fn validate_pipeline(stages: &[Manifest]) -> Vec<String> {
    let feeds = |from: &Manifest, to: &Manifest| {
        from.outputs.iter().any(|(scope, kind)| {
            to.inputs.iter().any(|input| input.scope.contains(scope) && input.kind.is_none_or(|k| k == *kind))
        })
    };
    let pairs = stages.windows(2).filter(|pair| !feeds(&pair[0], &pair[1]));
    pairs.map(|pair| format!("nothing that {} leaves is read by {}", pair[0].agent, pair[1].agent)).collect()
}

/// Returns the outputs that a capability does not allow.
#[must_use]
pub fn validate_permissions(manifest: &Manifest, charter: &CapabilitySpec) -> Vec<String> {
    let allowed = |scope: &ScopeName, kind: MarkKind| {
        charter.grants.iter().any(|grant| grant.scope.contains(scope) && grant.kinds.contains(&kind))
    };
    let missing = manifest.outputs.iter().filter(|(scope, kind)| !allowed(scope, *kind));
    missing.map(|(scope, kind)| format!("{} may not leave {kind:?} in {scope}", manifest.agent)).collect()
}
