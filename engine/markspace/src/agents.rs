//! Agents by name, and the passes that they act under: capabilities as the space knows them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::capability::CapabilitySpec;
use crate::marks::AgentIx;
use crate::refusal::Refusal;
use hyperspace_core::{MarkKind, ScopeName};

/// The engine as an author.
pub const SYSTEM_AGENT: &str = "_system";
/// Maximum length of an agent's name in bytes.
pub const AGENT_BYTES_MAX: usize = 255;

/// A capability as the space knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AgentPass {
    pub(crate) agent: AgentIx,
    pub(crate) charter: CapabilitySpec,
    pub(crate) retired: bool,
}

impl AgentPass {
    pub(crate) fn allows(&self, scope: &ScopeName, kind: MarkKind) -> bool {
        self.charter.grants.iter().any(|grant| grant.kinds.contains(&kind) && grant.scope.contains(scope))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agents {
    names: Vec<Arc<str>>,
    by_name: BTreeMap<Arc<str>, AgentIx>,
    passes: Vec<AgentPass>,
}

impl Agents {
    pub(crate) fn new() -> Self {
        let system: Arc<str> = SYSTEM_AGENT.into();
        Self { names: vec![Arc::clone(&system)], by_name: BTreeMap::from([(system, 0)]), passes: vec![] }
    }

    /// Returns the agents of a snapshot; `None` if a pass names an agent that does not exist.
    pub(crate) fn restored(names: &[&str], passes: Vec<AgentPass>) -> Option<Self> {
        let mut agents = Self { names: vec![], by_name: BTreeMap::new(), passes };
        for (ix, &name) in (0..).zip(names) {
            let name: Arc<str> = name.into();
            agents.names.push(Arc::clone(&name));
            if agents.by_name.insert(name, ix).is_some() {
                return None;
            }
        }
        let known = agents.passes.iter().all(|pass| (pass.agent as usize) < agents.names.len());
        (agents.find_system() && known).then_some(agents)
    }

    fn find_system(&self) -> bool {
        self.by_name.get(SYSTEM_AGENT) == Some(&0)
    }

    pub(crate) fn passes(&self) -> &[AgentPass] {
        &self.passes
    }

    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    pub(crate) fn name(&self, agent: AgentIx) -> &str {
        &self.names[agent as usize]
    }

    /// Returns the number of an agent that has a pass.
    pub(crate) fn find(&self, name: &str) -> Result<AgentIx, Refusal> {
        self.by_name.get(name).copied().filter(|&ix| ix != 0).ok_or_else(|| Refusal::Agent {
            agent: name.chars().take(80).collect(),
            problem: "it has no capability in this space".to_owned(),
        })
    }

    pub(crate) fn enrol(&mut self, name: &str, charter: &CapabilitySpec) -> Result<u32, Refusal> {
        let problem = if name.is_empty() || name.len() > AGENT_BYTES_MAX {
            format!("its name has {} bytes; expected 1 to {AGENT_BYTES_MAX}", name.len())
        } else if name == SYSTEM_AGENT {
            "the name is reserved".to_owned()
        } else if name.chars().any(char::is_control) {
            "its name has a control character".to_owned()
        } else {
            let next = AgentIx::try_from(self.names.len()).expect("fewer than 2^32 agents");
            let agent = *self.by_name.entry(name.into()).or_insert(next);
            if agent == next {
                self.names.push(name.into());
            }
            self.passes.push(AgentPass { agent, charter: charter.clone(), retired: false });
            return Ok(self.passes.len() as u32 - 1);
        };
        Err(Refusal::Agent { agent: name.chars().take(80).collect(), problem })
    }

    /// Returns a pass. The wrapper and the journal only ever name enrolled ones.
    pub(crate) fn pass(&self, pass: u32) -> Result<&AgentPass, Refusal> {
        self.passes.get(pass as usize).ok_or_else(|| Refusal::Agent {
            agent: format!("pass {pass}"),
            problem: "it was never enrolled".to_owned(),
        })
    }

    pub(crate) fn retire(&mut self, pass: u32) {
        if let Some(pass) = self.passes.get_mut(pass as usize) {
            pass.retired = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_names_the_engine_first_everybody_once_and_no_one_else() {
        let pass = |agent| AgentPass { agent, charter: CapabilitySpec::new(vec![]), retired: false };
        let restored = |names: &[&str], agents: &[AgentIx]| {
            Agents::restored(names, agents.iter().copied().map(pass).collect()).is_some()
        };
        assert!(restored(&[SYSTEM_AGENT], &[]));
        assert!(restored(&[SYSTEM_AGENT, "a"], &[0, 1, 1]));
        assert!(!restored(&[SYSTEM_AGENT, "a"], &[0, 2]), "a pass of nobody");
        assert!(!restored(&[SYSTEM_AGENT, "a", "a"], &[0, 1]), "a name twice");
        assert!(!restored(&["a", SYSTEM_AGENT], &[0, 1]), "the engine is not the first");
        assert!(!restored(&["a"], &[0]), "the engine is missing");
    }
}
