//! Marks left by the engine itself: remarks, the consequences of leaving the envelope, probes, budget warnings.

use std::sync::Arc;

use crate::define::{DIAGNOSTIC_SCOPE, SYSTEM_SCOPE};
use crate::envelope::EnvelopeFinding;
use crate::machine::Machine;
use crate::marks::AgentIx;
use crate::model::{Body, Draft};
use crate::outcome::ProbeResult;
use crate::refusal::Refusal;
use crate::scopes::ScopeIx;
use crate::seq::Seq;
use crate::source::{Severity, TrustSource};
use crate::strength::Ratio;
use hyperspace_core::{MarkKind, ScopeName, digest::derive, digest::hex};

/// Topic of the engine's remarks on behaviour.
pub const TOPIC_ENVELOPE: &str = "envelope-flag";
/// Topic of canaries.
pub const TOPIC_CANARY: &str = "probe-canary";
/// Maximum number of a restricted agent's observations that are warned of, newest first.
const SUSPECTS_MAX: usize = 256;
const CANARY_CONTEXT: &str = "hyperspace 2026-11 canary v1";

fn own_scope(name: &str) -> ScopeName {
    ScopeName::new(name).expect("the engine's own scopes have valid names")
}

fn warn(topic: &str, reason: &str, invalidates: Option<Seq>) -> Draft {
    let severity = Severity::Caution;
    Draft::new(Body::Warning { topic: topic.to_owned(), reason: reason.to_owned(), severity, invalidates })
}

fn ask(question: String, priority: u32, blocking: bool) -> Draft {
    Draft::new(Body::Need { question, context: None, priority: Ratio::millionths(priority), blocking })
}

impl Machine {
    fn say(&mut self, scope: &str, draft: Draft) -> Seq {
        let place = self.scopes.intern(&own_scope(scope)).expect("the engine's own scopes are defined");
        self.marks.push(0, place, self.now, Arc::new(draft))
    }

    /// Leaves a warning from the engine in its own scope.
    pub(crate) fn remark(&mut self, topic: &str, reason: &str) -> Seq {
        self.say(SYSTEM_SCOPE, warn(topic, reason, None))
    }

    pub(crate) fn remark_on_topic(&mut self, agent: AgentIx, place: ScopeIx, topic: &str) {
        let subject = self.marks.intern_subject(topic);
        if self.envelope.concentrates(agent, (place, subject), self.now, &self.rules) {
            let scope = &self.scopes.place(place).name;
            let text = format!("{} agents write on {topic:?} in {scope}", self.rules.concentration);
            self.remark(TOPIC_ENVELOPE, &text);
        }
    }

    /// Applies a judgement. An agent that has just left its envelope is restricted *once*: further attempts while it is
    /// restricted add nothing.
    pub(crate) fn follow_up(
        &mut self,
        agent: AgentIx,
        place: ScopeIx,
        judged: EnvelopeFinding,
    ) -> Result<(), Refusal> {
        match judged {
            EnvelopeFinding::Normal => Ok(()),
            EnvelopeFinding::Flagged(cause) => {
                let text = format!("{}: {cause}", self.agents.name(agent));
                self.remark(TOPIC_ENVELOPE, &text);
                Ok(())
            }
            EnvelopeFinding::Tripped(cause) => {
                self.restrict(agent, place, &cause);
                self.check_restricted(agent)
            }
        }
    }

    /// Closes the scope for observations and actions, requires a need there, warns of what the agent observed there, and asks
    /// the principal. Once the agent has been restricted as often as the rules' `escalation`, closes everywhere instead.
    fn restrict(&mut self, agent: AgentIx, place: ScopeIx, cause: &str) {
        let scope = ScopeName::clone(&self.scopes.place(place).name);
        let closed = [MarkKind::Observation, MarkKind::Action];
        let everywhere = self.barrier.flag(agent) >= self.rules.escalation;
        let wide = if everywhere { None } else { Some(scope.clone()) };
        for kind in closed {
            self.barrier.narrow(agent, wide.clone(), kind);
        }
        self.barrier.require_need(agent, wide);
        for suspect in self.suspects(agent, place) {
            let draft = warn(TOPIC_ENVELOPE, cause, Some(suspect));
            self.say(SYSTEM_SCOPE, draft);
        }
        let name = self.agents.name(agent);
        let question = format!("{name} left its envelope in {scope}: {cause}. Restore it?");
        self.say(SYSTEM_SCOPE, ask(question, 900_000, false));
    }

    /// Returns the agent's live observations in a scope from this window and the one before, newest first.
    fn suspects(&self, agent: AgentIx, place: ScopeIx) -> Vec<Seq> {
        let recent = 2 * self.rules.window;
        let mut found: Vec<Seq> = vec![];
        for bucket in self.marks.buckets(place, Some(MarkKind::Observation)) {
            let slots = bucket.iter().rev().filter_map(|&seq| Some((seq, self.marks.slot(seq)?)));
            let young = slots.take_while(|(_, slot)| self.now.since(slot.created) < recent);
            found.extend(
                young.filter(|(_, slot)| slot.author == agent && !slot.superseded).map(|(seq, _)| seq),
            );
        }
        found.sort_unstable_by_key(|&seq| std::cmp::Reverse(seq));
        found.truncate(SUSPECTS_MAX);
        found
    }

    /// Leaves a canary for an agent to refer to, only in the diagnostic scope.
    pub(crate) fn probe(&mut self, agent: &str) -> Result<Seq, Refusal> {
        self.agents.find(agent)?;
        let nonce = self.marks.len().to_be_bytes();
        let token = hex(&derive(CANARY_CONTEXT, &[&nonce, &self.now.0.to_be_bytes(), agent.as_bytes()])[..8]);
        let body = Body::Observation {
            topic: TOPIC_CANARY.to_owned(),
            content: Some(token),
            confidence: Ratio::ONE,
            source: TrustSource::Fleet,
        };
        Ok(self.say(DIAGNOSTIC_SCOPE, Draft::new(body)))
    }

    /// Returns whether the agent has since referred to a canary, by its text or its number. An agent that has not is closed
    /// out of everything but needs, and a need asks the principal.
    pub(crate) fn judge(&mut self, agent: &str, canary: Seq) -> Result<ProbeResult, Refusal> {
        let ix = self.agents.find(agent)?;
        let place = self.scopes.intern(&own_scope(DIAGNOSTIC_SCOPE))?;
        let token = match self.marks.slot(canary).filter(|s| s.author == 0).and_then(|s| s.draft.as_deref()) {
            Some(Draft { body: Body::Observation { topic, content: Some(token), .. }, .. })
                if topic == TOPIC_CANARY =>
            {
                token.clone()
            }
            _ => return Err(Refusal::UnknownMark { field: "canary", mark: canary }),
        };
        let refers = |draft: &Draft| match &draft.body {
            Body::Observation { content: Some(text), .. } => text.contains(&token),
            Body::Warning { reason, invalidates, .. } => {
                reason.contains(&token) || *invalidates == Some(canary)
            }
            _ => false,
        };
        let answered = self.marks.buckets(place, None).flatten().any(|&seq| {
            let slot = self.marks.slot(seq).filter(|slot| slot.author == ix && seq > canary);
            slot.and_then(|slot| slot.draft.as_deref()).is_some_and(refers)
        });
        if answered {
            return Ok(ProbeResult::Healthy);
        }
        for kind in MarkKind::ALL.into_iter().filter(|&kind| kind != MarkKind::Need) {
            self.barrier.narrow(ix, None, kind);
        }
        let question = format!("{agent} did not answer its canary {canary}. Is it compromised?");
        self.say(DIAGNOSTIC_SCOPE, ask(question, 1_000_000, true));
        Ok(ProbeResult::Compromised)
    }

    pub(crate) fn spend(&mut self, agent: &str, input: u64, output: u64) -> Result<(), Refusal> {
        let ix = self.agents.find(agent)?;
        for dimension in self.budgets.spend(ix, input, output) {
            let question = format!("{agent} is close to its budget of {dimension} tokens. Raise it?");
            self.say(SYSTEM_SCOPE, ask(question, 700_000, false));
        }
        Ok(())
    }
}
