//! Claims on resources. One contest per scope and resource.
//!
//! Invariants:
//! - At most one claim is held per resource. While it lives, every other agent's claim meets a conflict that names it,
//!   whatever its confidence.
//! - A claim ends with its action, with its intent's time to live, or when a later holder takes over after that. Finishing
//!   a permit whose claim was taken over records nothing and says so.
//! - Claiming again renews the agent's own intent and keeps its rank, so no agent conflicts with itself or loses its turn.
//! - Rank is total: the policy's criterion, then the order of arrival.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::ResourceAction;
use crate::define::ConflictPolicy;
use crate::machine::Machine;
use crate::marks::{AgentIx, SubjectIx};
use crate::model::{self, Body, Draft};
use crate::outcome::{BoundaryRuling, ClaimRuling, CommandOutcome};
use crate::refusal::Refusal;
use crate::scopes::ScopeIx;
use crate::seq::Seq;
use crate::strength::{Ratio, Strength};
use crate::time::Tick;
use hyperspace_core::{MarkKind, ScopeName};

/// An agent's entry in a contest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimContender {
    /// Its live intent.
    pub intent: Seq,
    /// Its first intent since it joined the contest without interruption.
    pub since: Seq,
    /// The agent's confidence.
    pub confidence: Ratio,
}

/// Returns the winner, which does not depend on the order of the contenders; `None` if they yield to each other.
#[must_use]
pub fn winner(policy: ConflictPolicy, contenders: &[ClaimContender]) -> Option<Seq> {
    let best = match policy {
        ConflictPolicy::FirstWriter => contenders.iter().min_by_key(|c| (c.since, c.intent)),
        ConflictPolicy::HighestConfidence => {
            contenders.iter().min_by_key(|c| (Reverse(c.confidence), c.since, c.intent))
        }
        ConflictPolicy::YieldAll if contenders.len() > 1 => None,
        ConflictPolicy::YieldAll => contenders.first(),
    };
    best.map(|contender| contender.intent)
}

/// An agent under one of its capabilities.
#[derive(Debug, Clone, Copy)]
struct Claimant {
    agent: AgentIx,
    pass: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entrant {
    agent: AgentIx,
    pass: u32,
    contender: ClaimContender,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    intent: Seq,
    agent: AgentIx,
    /// True if the permit was handed out.
    taken: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Contest {
    entrants: Vec<Entrant>,
    holder: Option<Holder>,
    actions: Vec<Seq>,
    need: Option<Seq>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Contests {
    contests: BTreeMap<(ScopeIx, SubjectIx), Contest>,
}

type Key = (ScopeIx, SubjectIx);

impl Machine {
    /// Claims a resource. The refusals are those of [`GuardCheck::CLAIM`](crate::GuardCheck::CLAIM).
    pub(crate) fn claim(
        &mut self,
        pass_ix: u32,
        scope: &ScopeName,
        what: ResourceAction<'_>,
        confidence: Ratio,
    ) -> Result<ClaimRuling, Refusal> {
        let ResourceAction { resource, action } = what;
        let agent = self.check_claim(pass_ix, scope, resource, action)?;
        let place = self.count(agent, scope, MarkKind::Intent)?;
        let key = (place, self.marks.intern_subject(resource));
        self.prune(key);
        if let Some(ruling) = self.acted_by_other(key, agent) {
            return Ok(ruling);
        }
        let intent = self.enter(key, Claimant { agent, pass: pass_ix }, what, confidence);
        let def = Arc::clone(&self.scopes.place(place).def);
        let contest = self.contests.contests.entry(key).or_default();
        let others: Vec<Seq> =
            contest.entrants.iter().filter(|e| e.agent != agent).map(|e| e.contender.intent).collect();
        if let Some(holder) = &mut contest.holder {
            if holder.agent == agent {
                // The claim is renewed: an earlier permit, if any, is void.
                *holder = Holder { intent, agent, taken: true };
                return Ok(ClaimRuling::Allow { intent });
            }
            let winning = holder.intent;
            let reason = format!("the resource is held under intent {winning}");
            return Ok(ClaimRuling::Conflict { intent: Some(intent), winning, conflicting: others, reason });
        }
        if def.deferred {
            let reason = "pending: the scope decides at its next boundary".to_owned();
            return Ok(ClaimRuling::Blocked { intent, winning: None, need: None, reason });
        }
        let contenders: Vec<ClaimContender> = contest.entrants.iter().map(|e| e.contender).collect();
        match winner(def.conflict, &contenders) {
            Some(winning) if winning == intent => {
                contest.holder = Some(Holder { intent, agent, taken: true });
                Ok(ClaimRuling::Allow { intent })
            }
            Some(winning) => {
                let reason = format!("intent {winning} ranks before it");
                Ok(ClaimRuling::Conflict { intent: Some(intent), winning, conflicting: others, reason })
            }
            None => Ok(self.yielded(key, intent, resource)),
        }
    }

    /// Makes the checks that precede the counting ones, without side effects.
    fn check_claim(
        &self,
        pass_ix: u32,
        scope: &ScopeName,
        resource: &str,
        action: &str,
    ) -> Result<AgentIx, Refusal> {
        const BOTH: [MarkKind; 2] = [MarkKind::Intent, MarkKind::Action];
        let pass = self.authorise(pass_ix, scope, &BOTH)?;
        let mut rules = pass.charter.resources.iter().filter(|rule| rule.scope().contains(scope));
        if let Some(rule) = rules.find(|rule| !rule.covers(resource)) {
            return Err(Refusal::Resource {
                agent: self.agents.name(pass.agent).to_owned(),
                resource: resource.chars().take(80).collect(),
                globs: rule.globs().to_vec(),
            });
        }
        model::name("resource", resource)?;
        model::name("action", action)?;
        let def = self.scopes.resolve(scope)?;
        if !(def.intent_verbs.allows(action) && def.action_verbs.allows(action)) {
            let (value, scope) = (action.to_owned(), scope.to_string());
            return Err(Refusal::Vocabulary { field: "action", value, scope });
        }
        self.check_quota(pass)?;
        self.check_barrier(pass.agent, scope, &BOTH)?;
        self.check_restricted(pass.agent)?;
        Ok(pass.agent)
    }

    /// Records that an action of an agent was refused elsewhere. It counts like any attempt.
    pub(crate) fn report(
        &mut self,
        pass: u32,
        scope: &ScopeName,
        what: ResourceAction<'_>,
        reason: &str,
    ) -> Result<CommandOutcome, Refusal> {
        let ResourceAction { resource, action } = what;
        let agent = self.authorise(pass, scope, &[MarkKind::Intent, MarkKind::Action])?.agent;
        model::name("resource", resource)?;
        model::name("action", action)?;
        model::text("reason", Some(reason))?;
        self.count(agent, scope, MarkKind::Intent)?;
        let (action, resource) = (action.to_owned(), resource.to_owned());
        Err(Refusal::Reported { action, resource, reason: reason.to_owned() })
    }

    /// Removes everything that has ended from a contest: faded intents, replaced actions, and a claim whose intent faded.
    /// A faded claim under which an agent acted stays recorded as the last one until another agent holds the resource.
    fn prune(&mut self, key: Key) {
        let Some(mut contest) = self.contests.contests.remove(&key) else { return };
        let live = |seq: Seq| self.live("intent", seq).is_ok();
        contest.entrants.retain(|e| live(e.contender.intent));
        contest.actions.retain(|&action| self.marks.slot(action).is_some_and(|s| !s.superseded));
        contest.holder = contest.holder.filter(|holder| live(holder.intent));
        contest.need = contest.need.filter(|&need| live(need));
        if contest != Contest::default() {
            self.contests.contests.insert(key, contest);
        }
    }

    fn acted_by_other(&self, key: Key, agent: AgentIx) -> Option<ClaimRuling> {
        let contest = self.contests.contests.get(&key)?;
        let by_other = |&action: &Seq| self.marks.slot(action).is_some_and(|s| s.author != agent);
        let action = contest.actions.iter().copied().find(by_other)?;
        let (_, _, body) = self.live("action", action).ok()?;
        let Body::Action { intent: winning, .. } = *body else { return None };
        let reason = format!("another agent acted: action {action}, under intent {winning}");
        Some(ClaimRuling::Conflict { intent: None, winning, conflicting: vec![action], reason })
    }

    fn enter(
        &mut self,
        key: Key,
        Claimant { agent, pass }: Claimant,
        what: ResourceAction<'_>,
        confidence: Ratio,
    ) -> Seq {
        let ResourceAction { resource, action } = what;
        let contest = self.contests.contests.entry(key).or_default();
        let prior = contest.entrants.iter().position(|e| e.agent == agent);
        let prior = prior.map(|at| contest.entrants.remove(at));
        let supersedes = prior.as_ref().map(|e| e.contender.intent);
        let body = Body::Intent { resource: resource.to_owned(), action: action.to_owned(), confidence };
        let draft = Arc::new(Draft { supersedes, ..Draft::new(body) });
        let intent = self.marks.push(agent, key.0, self.now, draft);
        let since = prior.map_or(intent, |e| e.contender.since);
        let entrant = Entrant { agent, pass, contender: ClaimContender { intent, since, confidence } };
        self.contests.contests.entry(key).or_default().entrants.push(entrant);
        intent
    }

    /// Lets all contenders yield; a single need per contest asks the principal.
    fn yielded(&mut self, key: Key, intent: Seq, resource: &str) -> ClaimRuling {
        let present = self.contests.contests.get(&key).and_then(|c| c.need);
        let need = present.unwrap_or_else(|| {
            let need = Draft::new(Body::Need {
                question: format!("several agents want {resource:?} and yield to each other: who may go on?"),
                context: None,
                priority: Ratio::millionths(800_000),
                blocking: true,
            });
            let need = self.marks.push(0, key.0, self.now, Arc::new(need));
            self.contests.contests.entry(key).or_default().need = Some(need);
            need
        });
        let reason = format!("all contenders yield; need {need} asks who may go on");
        ClaimRuling::Blocked { intent, winning: None, need: Some(need), reason }
    }

    /// Hands out the permit of a claim that a boundary granted.
    pub(crate) fn take(&mut self, pass: u32, intent: Seq) -> Result<(), Refusal> {
        let refuse = |problem: &str| Err(Refusal::NoClaim { intent, problem: problem.to_owned() });
        let agent = self.agents.pass(pass)?.agent;
        let (key, scope) = self.key_of(agent, intent)?;
        self.prune(key);
        self.authorise(pass, &scope, &[MarkKind::Intent, MarkKind::Action])?;
        self.check_barrier(agent, &scope, &[MarkKind::Intent, MarkKind::Action])?;
        self.check_restricted(agent)?;
        let holder = self.contests.contests.get_mut(&key).and_then(|c| c.holder.as_mut());
        match holder.filter(|holder| holder.intent == intent) {
            None => refuse("another intent is ahead, or it has ended"),
            Some(holder) if holder.taken => refuse("its permit was handed out already"),
            Some(holder) => {
                holder.taken = true;
                Ok(())
            }
        }
    }

    fn key_of(&self, agent: AgentIx, intent: Seq) -> Result<(Key, ScopeName), Refusal> {
        let slot = self.marks.slot(intent).filter(|slot| slot.author == agent);
        let slot = slot.ok_or(Refusal::UnknownMark { field: "intent", mark: intent })?;
        let subject = slot.draft.as_ref().and_then(|d| self.marks.find_subject(d.body.subject()));
        let subject =
            subject.ok_or(Refusal::NotLive { field: "intent", mark: intent, state: "collected" })?;
        Ok(((slot.scope, subject), ScopeName::clone(&self.scopes.place(slot.scope).name)))
    }

    /// Records the result of acting under a claim.
    ///
    /// If the agent lost its authority while its tool ran, its action is recorded as failed and the agent is refused.
    pub(crate) fn finish(
        &mut self,
        pass: u32,
        intent: Seq,
        result: Option<String>,
        failed: bool,
    ) -> Result<Seq, Refusal> {
        model::text("result", result.as_deref())?;
        let agent = self.agents.pass(pass)?.agent;
        let (key, scope) = self.key_of(agent, intent)?;
        let held = self.contests.contests.get(&key).and_then(|c| c.holder.as_ref());
        if held.is_none_or(|holder| holder.intent != intent || !holder.taken) {
            let text =
                format!("{} acted under intent {intent}, which no longer holds", self.agents.name(agent));
            self.remark("claim-lapsed", &text);
            let problem = "it lapsed, was renewed or another agent holds the resource".to_owned();
            return Err(Refusal::NoClaim { intent, problem });
        }
        let retired = self.agents.pass(pass)?.retired;
        let objection = if retired {
            Err(Refusal::Credential(hyperspace_core::DenyReason::Revoked))
        } else {
            self.check_barrier(agent, &scope, &[MarkKind::Action]).and(self.check_restricted(agent))
        };
        let (resource, action) =
            match &self.marks.slot(intent).and_then(|s| s.draft.as_ref()).map(|d| &d.body) {
                Some(Body::Intent { resource, action, .. }) => (resource.clone(), action.clone()),
                _ => return Err(Refusal::UnknownMark { field: "intent", mark: intent }),
            };
        let failed = failed || objection.is_err();
        let result = objection.as_ref().err().map(|o| format!("done while {o}")).or(result);
        let body = Body::Action { resource, action, result, failed, intent };
        let draft = Arc::new(Draft { supersedes: Some(intent), ..Draft::new(body) });
        let seq = self.marks.push(agent, key.0, self.now, draft);
        let contest = self.contests.contests.entry(key).or_default();
        contest.holder = None;
        contest.entrants.retain(|e| e.contender.intent != intent);
        if !failed {
            contest.actions.push(seq);
        }
        objection.map(|()| seq)
    }

    /// Decides a deferred contest over *all* its live intents. Losers are blocked and stay for the next boundary; while a
    /// claim is held, no other agent is allowed.
    pub(crate) fn boundary(
        &mut self,
        scope: &ScopeName,
        resource: &str,
    ) -> Result<Vec<BoundaryRuling>, Refusal> {
        let policy = self.scopes.resolve(scope)?.conflict;
        let found = self.scopes.find(scope).zip(self.marks.find_subject(resource));
        let Some(key) = found else { return Ok(vec![]) };
        self.prune(key);
        let Some(contest) = self.contests.contests.get(&key).cloned() else { return Ok(vec![]) };
        let mut rulings = vec![];
        let mut eligible = vec![];
        for entrant in &contest.entrants {
            let intent = entrant.contender.intent;
            if contest.holder.as_ref().is_some_and(|holder| holder.intent == intent) {
                continue;
            }
            match self.still_eligible(entrant, scope) {
                Err(refusal) => {
                    let ruling = ClaimRuling::Denied(refusal);
                    rulings.push(BoundaryRuling { agent: entrant.agent, intent, ruling });
                }
                Ok(()) => match self.acted_by_other(key, entrant.agent) {
                    Some(ruling) => rulings.push(BoundaryRuling { agent: entrant.agent, intent, ruling }),
                    None => eligible.push(entrant.clone()),
                },
            }
        }
        let contenders: Vec<ClaimContender> = eligible.iter().map(|e| e.contender).collect();
        let held = contest.holder.as_ref().map(|holder| holder.intent);
        let winning = held.or_else(|| winner(policy, &contenders));
        for entrant in eligible {
            let intent = entrant.contender.intent;
            let ruling = match winning {
                Some(winning) if winning == intent => {
                    let holder = Holder { intent, agent: entrant.agent, taken: false };
                    self.contests.contests.entry(key).or_default().holder = Some(holder);
                    ClaimRuling::Allow { intent }
                }
                Some(winning) => ClaimRuling::Blocked {
                    intent,
                    winning: Some(winning),
                    need: None,
                    reason: format!("intent {winning} won; the next boundary decides again"),
                },
                None => self.yielded(key, intent, resource),
            };
            rulings.push(BoundaryRuling { agent: entrant.agent, intent, ruling });
        }
        rulings.sort_by_key(|decided| decided.intent);
        Ok(rulings)
    }

    fn still_eligible(&self, entrant: &Entrant, scope: &ScopeName) -> Result<(), Refusal> {
        if self.agents.pass(entrant.pass)?.retired {
            return Err(Refusal::Credential(hyperspace_core::DenyReason::Revoked));
        }
        self.check_barrier(entrant.agent, scope, &[MarkKind::Intent, MarkKind::Action])?;
        self.check_restricted(entrant.agent)
    }

    /// Returns the live claim on a resource.
    pub(crate) fn holder(&self, scope: &ScopeName, resource: &str, now: Tick) -> Option<Seq> {
        let key = (self.scopes.find(scope)?, self.marks.find_subject(resource)?);
        let holder = self.contests.contests.get(&key)?.holder.as_ref()?;
        (self.marks.strength(&self.scopes, holder.intent, now) > Strength::ZERO).then_some(holder.intent)
    }
}
