//! The barrier: it can narrow what an agent may do at any time; only the principal widens it again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::marks::AgentIx;
use crate::refusal::Refusal;
use hyperspace_core::{MarkKind, ScopeName};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Gate {
    /// Closed kinds, each in a scope and all scopes inside it; `None` is everywhere.
    closed: BTreeSet<(Option<ScopeName>, MarkKind)>,
    /// Scopes, including all scopes inside them, where a need is required first; `None` is everywhere.
    needs: BTreeSet<Option<ScopeName>>,
    flags: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Barrier {
    gates: BTreeMap<AgentIx, Gate>,
}

fn covers(held: &Option<ScopeName>, scope: &ScopeName) -> bool {
    held.as_ref().is_none_or(|held| held.contains(scope))
}

impl Barrier {
    pub(crate) fn narrow(&mut self, agent: AgentIx, scope: Option<ScopeName>, kind: MarkKind) {
        self.gates.entry(agent).or_default().closed.insert((scope, kind));
    }

    pub(crate) fn require_need(&mut self, agent: AgentIx, scope: Option<ScopeName>) {
        self.gates.entry(agent).or_default().needs.insert(scope);
    }

    /// Opens what was narrowed for exactly this scope and kind, and lifts the requirement of a need there.
    pub(crate) fn restore(&mut self, agent: AgentIx, scope: Option<ScopeName>, kind: MarkKind) {
        if let Some(gate) = self.gates.get_mut(&agent) {
            gate.needs.remove(&scope);
            gate.closed.remove(&(scope, kind));
        }
    }

    pub(crate) fn restore_all(&mut self, agent: AgentIx) {
        self.gates.remove(&agent);
    }

    /// Counts a restriction. Returns the number of restrictions so far.
    pub(crate) fn flag(&mut self, agent: AgentIx) -> u32 {
        let gate = self.gates.entry(agent).or_default();
        gate.flags = gate.flags.saturating_add(1);
        gate.flags
    }

    pub(crate) fn flags(&self, agent: AgentIx) -> u32 {
        self.gates.get(&agent).map_or(0, |gate| gate.flags)
    }

    pub(crate) fn is_open(&self, agent: AgentIx, scope: &ScopeName, kind: MarkKind) -> bool {
        let gate = self.gates.get(&agent);
        gate.is_none_or(|gate| !gate.closed.iter().any(|(held, k)| *k == kind && covers(held, scope)))
    }

    /// Checks that the agent may pass. `has_need` returns whether the agent has an unresolved need in a scope (or anywhere).
    pub(crate) fn check(
        &self,
        agent: AgentIx,
        scope: &ScopeName,
        kind: MarkKind,
        has_need: impl Fn(Option<&ScopeName>) -> bool,
    ) -> Result<(), Refusal> {
        let Some(gate) = self.gates.get(&agent) else { return Ok(()) };
        if !self.is_open(agent, scope, kind) {
            return Err(Refusal::Narrowed { scope: scope.to_string(), kind });
        }
        let required = gate.needs.iter().filter(|held| covers(held, scope));
        let missing = required.into_iter().find(|held| !has_need(held.as_ref()));
        match missing {
            Some(held) if kind != MarkKind::Need => {
                let scope = held.as_ref().map_or_else(|| "any scope".to_owned(), ToString::to_string);
                Err(Refusal::NeedRequired { scope })
            }
            _ => Ok(()),
        }
    }
}
