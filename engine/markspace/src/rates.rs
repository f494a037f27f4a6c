//! Rate limits: sliding windows, kept under the scope that *defines* the limit. All limits of a scope and of the
//! scopes around it apply together; a slot is taken in all of them or in none.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::define::ScopeDef;
use crate::marks::AgentIx;
use crate::refusal::Refusal;
use crate::time::Tick;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct SlidingWindow {
    all: VecDeque<Tick>,
    of: BTreeMap<AgentIx, VecDeque<Tick>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Rates {
    windows: BTreeMap<String, SlidingWindow>,
}

fn forget(times: &mut VecDeque<Tick>, now: Tick, window: u64) {
    while times.front().is_some_and(|&at| now.since(at) >= window) {
        times.pop_front();
    }
}

impl Rates {
    /// Takes a slot in every limit, or names the limit that has none left.
    pub(crate) fn take(
        &mut self,
        limits: &[Arc<ScopeDef>],
        agent: AgentIx,
        now: Tick,
    ) -> Result<(), Refusal> {
        for def in limits {
            self.check(def, agent, now)?;
        }
        for def in limits {
            let Some(rate) = def.rate else { continue };
            let window = self.windows.entry(def.name.to_string()).or_default();
            if rate.total_max.is_some() {
                window.all.push_back(now);
            }
            if rate.per_agent_max.is_some() {
                window.of.entry(agent).or_default().push_back(now);
            }
        }
        Ok(())
    }

    fn check(&mut self, def: &ScopeDef, agent: AgentIx, now: Tick) -> Result<(), Refusal> {
        let Some(rate) = def.rate else { return Ok(()) };
        let window = self.windows.entry(def.name.to_string()).or_default();
        let refuse = |who, max| Refusal::Rate { scope: def.name.to_string(), who, max, window: rate.window };
        if let Some(max) = rate.total_max {
            forget(&mut window.all, now, rate.window);
            if window.all.len() >= max as usize {
                return Err(refuse("of all agents", max));
            }
        }
        if let Some(max) = rate.per_agent_max {
            let mine = window.of.entry(agent).or_default();
            forget(mine, now, rate.window);
            if mine.len() >= max as usize {
                return Err(refuse("per agent", max));
            }
        }
        Ok(())
    }
}
