//! The state of a space and its only transition, [`Machine::apply`], which is deterministic and performs no input or output.
//!
//! A refusal leaves marks, claims, barrier and budgets unchanged; only the counting checks (envelope, rates) remember an
//! authorised attempt.

use std::ops::Range;
use std::sync::Arc;

use crate::agents::{AgentPass, Agents};
use crate::barrier::Barrier;
use crate::budget::TokenBudgets;
use crate::command::{ResourceAction, SpaceCommand};
use crate::contest::Contests;
use crate::envelope::{Envelope, SpaceRules};
use crate::marks::{AgentIx, MarkTable};
use crate::outcome::{ClaimRuling, CommandOutcome};
use crate::rates::Rates;
use crate::refusal::Refusal;
use crate::scopes::{ScopeIx, Scopes};
use crate::seq::Seq;
use crate::strength::Strength;
use crate::time::Tick;
use hyperspace_core::{MarkKind, ScopeName};

/// The effect of applying a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CommandEffect {
    pub(crate) outcome: Result<CommandOutcome, Refusal>,
    /// Numbers of the marks that were created, including the engine's own.
    pub(crate) made: Range<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Machine {
    pub(crate) rules: SpaceRules,
    pub(crate) now: Tick,
    pub(crate) agents: Agents,
    pub(crate) scopes: Scopes,
    pub(crate) marks: MarkTable,
    pub(crate) barrier: Barrier,
    pub(crate) envelope: Envelope,
    pub(crate) rates: Rates,
    pub(crate) budgets: TokenBudgets,
    pub(crate) contests: Contests,
}

impl Machine {
    pub(crate) fn new(rules: SpaceRules) -> Self {
        Self {
            rules,
            now: Tick(0),
            agents: Agents::new(),
            scopes: Scopes::new(),
            marks: MarkTable::default(),
            barrier: Barrier::default(),
            envelope: Envelope::default(),
            rates: Rates::default(),
            budgets: TokenBudgets::default(),
            contests: Contests::default(),
        }
    }

    /// Refuses a time earlier than the latest one.
    pub(crate) fn check_clock(&self, now: Tick) -> Result<(), Refusal> {
        if now < self.now { Err(Refusal::ClockBackwards { now, last: self.now }) } else { Ok(()) }
    }

    /// Applies a command at a time. A time earlier than the latest one is refused and leaves everything unchanged.
    pub(crate) fn apply(&mut self, now: Tick, command: &SpaceCommand) -> CommandEffect {
        let before = self.marks.len();
        let outcome = self.check_clock(now).and_then(|()| {
            self.now = now;
            self.step(command)
        });
        CommandEffect { outcome, made: before..self.marks.len() }
    }

    fn step(&mut self, command: &SpaceCommand) -> Result<CommandOutcome, Refusal> {
        match command {
            SpaceCommand::Define(def) => self.scopes.define(def)?,
            SpaceCommand::Enrol { agent, charter } => {
                return self.agents.enrol(agent, charter).map(CommandOutcome::Pass);
            }
            SpaceCommand::Retire { pass } => self.agents.retire(*pass),
            SpaceCommand::Turned { .. } => {}
            SpaceCommand::Write { pass, scope, draft, screened } => {
                return self.write(*pass, scope, Arc::clone(draft), screened).map(CommandOutcome::Written);
            }
            SpaceCommand::Claim { pass, scope, resource, action, confidence } => {
                let ruling = self.claim(*pass, scope, ResourceAction { resource, action }, *confidence);
                return Ok(CommandOutcome::Ruled(ruling.unwrap_or_else(ClaimRuling::Denied)));
            }
            SpaceCommand::Take { pass, intent } => self.take(*pass, *intent)?,
            SpaceCommand::Finish { pass, intent, result, failed } => {
                return self.finish(*pass, *intent, result.clone(), *failed).map(CommandOutcome::Written);
            }
            SpaceCommand::Report { pass, scope, resource, action, reason } => {
                return self.report(*pass, scope, ResourceAction { resource, action }, reason);
            }
            SpaceCommand::Boundary { scope, resource } => {
                return self.boundary(scope, resource).map(CommandOutcome::Boundary);
            }
            SpaceCommand::Resolve { pass, need, action, answer } => {
                self.resolve(*pass, *need, *action, answer.clone())?;
            }
            SpaceCommand::Retract { mark, reason } => {
                return self.retract(*mark, reason).map(CommandOutcome::Written);
            }
            SpaceCommand::Collect { grace } => {
                return Ok(CommandOutcome::Collected(self.marks.collect(&self.scopes, self.now, *grace)));
            }
            other => return self.step_adaptive(other),
        }
        Ok(CommandOutcome::Done)
    }

    fn step_adaptive(&mut self, command: &SpaceCommand) -> Result<CommandOutcome, Refusal> {
        match command {
            SpaceCommand::Narrow { agent, scope, kind } => {
                self.barrier.narrow(self.agents.find(agent)?, scope.clone(), *kind);
            }
            SpaceCommand::RequireNeed { agent, scope } => {
                self.barrier.require_need(self.agents.find(agent)?, scope.clone());
            }
            SpaceCommand::Restore { agent, scope, kind } => {
                self.barrier.restore(self.agents.find(agent)?, scope.clone(), *kind);
            }
            SpaceCommand::RestoreAll { agent } => self.barrier.restore_all(self.agents.find(agent)?),
            SpaceCommand::ResetEnvelope { agent } => self.envelope.reset(self.agents.find(agent)?),
            SpaceCommand::Seed { agent, per_hour } => {
                self.envelope.seed(self.agents.find(agent)?, *per_hour, &self.rules);
            }
            SpaceCommand::Probe { agent } => return self.probe(agent).map(CommandOutcome::Written),
            SpaceCommand::Judge { agent, canary } => {
                return self.judge(agent, *canary).map(CommandOutcome::Judged);
            }
            SpaceCommand::SetBudget { agent, budget } => self.budgets.set(self.agents.find(agent)?, *budget),
            SpaceCommand::Spend { agent, input, output } => self.spend(agent, *input, *output)?,
            _ => {}
        }
        Ok(CommandOutcome::Done)
    }

    /// Makes the authorising checks: kind and scope, before anything is counted.
    pub(crate) fn authorise(
        &self,
        pass: u32,
        scope: &ScopeName,
        kinds: &[MarkKind],
    ) -> Result<&AgentPass, Refusal> {
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
        // A need without strength is invisible, even if a warning took its strength: it asks nobody.
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

    /// Makes the counting checks: envelope, then rates. The envelope also sees attempts that the rates refuse.
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

    pub(crate) fn check_quota(&self, pass: &AgentPass) -> Result<(), Refusal> {
        let max = pass.charter.marks_max;
        if self.marks.live_of(pass.agent) < max {
            return Ok(());
        }
        Err(Refusal::Quota { agent: self.agents.name(pass.agent).to_owned(), max })
    }
}
