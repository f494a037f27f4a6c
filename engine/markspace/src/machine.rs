//! The state of a space and its only transition, [`Machine::apply`]: deterministic, without input or output.
//!
//! A refusal leaves marks, claims, barrier and budgets as they were; only the counting checks (envelope, rates) remember
//! an authorised attempt.

use std::ops::Range;
use std::sync::Arc;

use crate::agents::{Agents, Pass};
use crate::barrier::Barrier;
use crate::budget::Budgets;
use crate::command::Command;
use crate::contest::Contests;
use crate::envelope::{Envelope, Rules};
use crate::marks::{AgentIx, Marks};
use crate::model::Seq;
use crate::rates::Rates;
use crate::refusal::Refusal;
use crate::scopes::{ScopeIx, Scopes};
use crate::strength::Strength;
use crate::time::Tick;
use hyperspace_core::{MarkKind, ScopeName};

/// What came of a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Done,
    Pass(u32),
    Written(Seq),
    Ruled(Ruling),
    Boundary(Vec<(AgentIx, Seq, Ruling)>),
    Count(u64),
    Health(Health),
}

/// A decision on a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ruling {
    Allow { intent: Seq },
    Conflict { intent: Option<Seq>, winning: Seq, conflicting: Vec<Seq>, reason: String },
    Blocked { intent: Seq, winning: Option<Seq>, need: Option<Seq>, reason: String },
    Denied(Refusal),
}

/// What a probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The agent referred to the canary.
    Healthy,
    /// It did not: it is closed out until the principal restores it.
    Compromised,
}

/// What applying a command did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Applied {
    pub(crate) outcome: Result<Outcome, Refusal>,
    /// Numbers of the marks that came to be, the engine's own among them.
    pub(crate) made: Range<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Machine {
    pub(crate) rules: Rules,
    pub(crate) now: Tick,
    pub(crate) agents: Agents,
    pub(crate) scopes: Scopes,
    pub(crate) marks: Marks,
    pub(crate) barrier: Barrier,
    pub(crate) envelope: Envelope,
    pub(crate) rates: Rates,
    pub(crate) budgets: Budgets,
    pub(crate) contests: Contests,
}

impl Machine {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            now: Tick(0),
            agents: Agents::new(),
            scopes: Scopes::new(),
            marks: Marks::default(),
            barrier: Barrier::default(),
            envelope: Envelope::default(),
            rates: Rates::default(),
            budgets: Budgets::default(),
            contests: Contests::default(),
        }
    }

    /// Refuses a time before the latest one.
    pub(crate) fn check_clock(&self, now: Tick) -> Result<(), Refusal> {
        if now < self.now { Err(Refusal::ClockBackwards { now, last: self.now }) } else { Ok(()) }
    }

    /// Applies a command at a time. A time before the latest one is refused and leaves everything as it was.
    pub(crate) fn apply(&mut self, now: Tick, command: &Command) -> Applied {
        let before = self.marks.len();
        let outcome = self.check_clock(now).and_then(|()| {
            self.now = now;
            self.step(command)
        });
        Applied { outcome, made: before..self.marks.len() }
    }

    fn step(&mut self, command: &Command) -> Result<Outcome, Refusal> {
        match command {
            Command::Define(def) => self.scopes.define(def)?,
            Command::Enrol { agent, charter } => return self.agents.enrol(agent, charter).map(Outcome::Pass),
            Command::Retire { pass } => self.agents.retire(*pass),
            Command::Turned { .. } => {}
            Command::Write { pass, scope, draft, screened } => {
                return self.write(*pass, scope, Arc::clone(draft), screened).map(Outcome::Written);
            }
            Command::Claim { pass, scope, resource, action, confidence } => {
                let ruling = self.claim(*pass, scope, (resource, action), *confidence);
                return Ok(Outcome::Ruled(ruling.unwrap_or_else(Ruling::Denied)));
            }
            Command::Take { pass, intent } => self.take(*pass, *intent)?,
            Command::Finish { pass, intent, result, failed } => {
                return self.finish(*pass, *intent, result.clone(), *failed).map(Outcome::Written);
            }
            Command::Report { pass, scope, resource, action, reason } => {
                return self.report(*pass, scope, (resource, action), reason);
            }
            Command::Boundary { scope, resource } => {
                return self.boundary(scope, resource).map(Outcome::Boundary);
            }
            Command::Resolve { pass, need, action, answer } => {
                self.resolve(*pass, *need, *action, answer.clone())?;
            }
            Command::Retract { mark, reason } => return self.retract(*mark, reason).map(Outcome::Written),
            Command::Collect { grace } => {
                return Ok(Outcome::Count(self.marks.collect(&self.scopes, self.now, *grace)));
            }
            other => return self.step_adaptive(other),
        }
        Ok(Outcome::Done)
    }

    fn step_adaptive(&mut self, command: &Command) -> Result<Outcome, Refusal> {
        match command {
            Command::Narrow { agent, scope, kind } => {
                self.barrier.narrow(self.agents.find(agent)?, scope.clone(), *kind);
            }
            Command::RequireNeed { agent, scope } => {
                self.barrier.require_need(self.agents.find(agent)?, scope.clone());
            }
            Command::Restore { agent, scope, kind } => {
                self.barrier.restore(self.agents.find(agent)?, scope.clone(), *kind);
            }
            Command::RestoreAll { agent } => self.barrier.restore_all(self.agents.find(agent)?),
            Command::ResetEnvelope { agent } => self.envelope.reset(self.agents.find(agent)?),
            Command::Seed { agent, per_hour } => {
                self.envelope.seed(self.agents.find(agent)?, *per_hour, &self.rules);
            }
            Command::Probe { agent } => return self.probe(agent).map(Outcome::Written),
            Command::Judge { agent, canary } => return self.judge(agent, *canary).map(Outcome::Health),
            Command::SetBudget { agent, budget } => self.budgets.set(self.agents.find(agent)?, *budget),
            Command::Spend { agent, input, output } => self.spend(agent, *input, *output)?,
            _ => {}
        }
        Ok(Outcome::Done)
    }

    /// The checks that authorise: kind and scope, before anything is counted.
    pub(crate) fn authorise(
        &self,
        pass: u32,
        scope: &ScopeName,
        kinds: &[MarkKind],
    ) -> Result<&Pass, Refusal> {
        let pass = self.agents.pass(pass)?;
        self.scopes.resolve(scope)?;
        match kinds.iter().find(|&&kind| !pass.allows(scope, kind)) {
            Some(&kind) => Err(Refusal::Unauthorized {
                agent: self.agents.name(pass.agent).to_owned(),
                scope: scope.to_string(),
                kind,
            }),
            None => Ok(pass),
        }
    }

    pub(crate) fn check_barrier(
        &self,
        agent: AgentIx,
        scope: &ScopeName,
        kinds: &[MarkKind],
    ) -> Result<(), Refusal> {
        // A need without strength is one that nobody sees, and so is one behind a warning: neither asks anybody.
        let seen = |need: &Seq| self.marks.strength(&self.scopes, *need, self.now) > Strength::ZERO;
        let has_need = |held: Option<&ScopeName>| {
            self.marks.open_needs().filter(seen).filter_map(|need| self.marks.slot(need)).any(|slot| {
                let inside = held.is_none_or(|held| held.contains(&self.scopes.place(slot.scope).name));
                slot.author == agent && inside
            })
        };
        kinds.iter().try_for_each(|&kind| self.barrier.check(agent, scope, kind, has_need))
    }

    pub(crate) fn check_restricted(&self, agent: AgentIx) -> Result<(), Refusal> {
        match self.envelope.restricted(agent) {
            Some(cause) => Err(Refusal::Restricted {
                agent: self.agents.name(agent).to_owned(),
                cause: cause.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// The checks that count: envelope, then rates. An attempt that the rates refuse has been seen by the envelope.
    pub(crate) fn count(
        &mut self,
        agent: AgentIx,
        scope: &ScopeName,
        kind: MarkKind,
    ) -> Result<ScopeIx, Refusal> {
        if kind != MarkKind::Need {
            self.check_restricted(agent)?;
        }
        let judged = self.envelope.attempt(agent, kind, self.now, &self.rules);
        let ix = self.scopes.intern(scope)?;
        self.follow_up(agent, ix, judged)?;
        let limits = Arc::clone(&self.scopes.place(ix).limits);
        self.rates.take(&limits, agent, self.now)?;
        Ok(ix)
    }

    pub(crate) fn check_quota(&self, pass: &Pass) -> Result<(), Refusal> {
        let max = pass.charter.marks_max;
        if self.marks.live_of(pass.agent) < max {
            return Ok(());
        }
        Err(Refusal::Quota { agent: self.agents.name(pass.agent).to_owned(), max })
    }
}
