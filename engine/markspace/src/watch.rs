//! Watching: agents name patterns and fetch the marks accepted since. Delivery is prospective, in order of acceptance,
//! at most once, and subject to the reader's visibility at the time of the fetch.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::marks::AgentIx;
use crate::read::MarkView;
use crate::seq::Seq;
use crate::time::Tick;
use hyperspace_core::{MarkKind, ScopeName};

/// Maximum number of marks that wait for one agent; the oldest are dropped and counted.
pub const WATCH_QUEUE_MAX: usize = 65_536;

/// A pattern of marks to watch. Fields that are not set match anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchPattern {
    /// In this scope or a scope inside it.
    pub scope: ScopeName,
    /// Of this kind.
    pub kind: Option<MarkKind>,
    /// On this topic: observations and warnings only.
    pub topic: Option<String>,
    /// On this resource: intents and actions only.
    pub resource: Option<String>,
}

impl WatchPattern {
    /// Returns a pattern for everything in a scope.
    #[must_use]
    pub fn scope(scope: ScopeName) -> Self {
        Self { scope, kind: None, topic: None, resource: None }
    }

    /// Returns whether a mark with this scope, kind and resource or topic matches.
    #[must_use]
    pub fn matches(&self, scope: &ScopeName, kind: MarkKind, subject: &str) -> bool {
        let topical = matches!(kind, MarkKind::Observation | MarkKind::Warning);
        let resourceful = matches!(kind, MarkKind::Intent | MarkKind::Action);
        self.scope.contains(scope)
            && self.kind.is_none_or(|k| k == kind)
            && self.topic.as_ref().is_none_or(|topic| topical && topic == subject)
            && self.resource.as_ref().is_none_or(|resource| resourceful && resource == subject)
    }
}

#[derive(Debug)]
struct Watch {
    pass: u32,
    patterns: Vec<WatchPattern>,
    queue: VecDeque<Seq>,
    dropped: u64,
}

/// The result of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Marks that still have strength and that the agent may see, in order of acceptance.
    pub marks: Vec<MarkView>,
    /// The number of marks that were dropped because too many waited.
    pub dropped: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Watches {
    by_agent: BTreeMap<AgentIx, Watch>,
}

impl Watches {
    /// Replaces the patterns of an agent; marks that already wait for it keep waiting.
    pub(crate) fn subscribe(&mut self, agent: AgentIx, pass: u32, patterns: Vec<WatchPattern>) {
        let watch = self.by_agent.entry(agent).or_insert_with(|| Watch {
            pass,
            patterns: vec![],
            queue: VecDeque::new(),
            dropped: 0,
        });
        (watch.pass, watch.patterns) = (pass, patterns);
    }

    /// Queues newly created marks for the agents that watch them; an agent does not watch its own.
    pub(crate) fn notify(&mut self, machine: &Machine, made: std::ops::Range<u64>) {
        if self.by_agent.is_empty() {
            return;
        }
        for seq in made.map(Seq) {
            let Some(slot) = machine.marks.slot(seq) else { continue };
            let Some(draft) = &slot.draft else { continue };
            let scope = &machine.scopes.place(slot.scope).name;
            let (kind, subject) = (draft.body.kind(), draft.body.subject());
            for (&agent, watch) in &mut self.by_agent {
                if agent == slot.author || !watch.patterns.iter().any(|p| p.matches(scope, kind, subject)) {
                    continue;
                }
                if watch.queue.len() == WATCH_QUEUE_MAX {
                    watch.queue.pop_front();
                    watch.dropped += 1;
                }
                watch.queue.push_back(seq);
            }
        }
    }

    pub(crate) fn fetch(&mut self, machine: &Machine, agent: AgentIx, now: Tick) -> Delivery {
        let Some(watch) = self.by_agent.get_mut(&agent) else {
            return Delivery { marks: vec![], dropped: 0 };
        };
        let pass = machine.agents.pass(watch.pass).ok();
        let queue = std::mem::take(&mut watch.queue);
        let dropped = std::mem::take(&mut watch.dropped);
        let seen = |seq| pass.and_then(|pass| machine.get(Some(pass), seq, now));
        Delivery { marks: queue.into_iter().filter_map(seen).collect(), dropped }
    }
}
