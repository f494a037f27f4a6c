//! Attempts: a command is applied under the lock; sinks and hooks are called outside of it.
//!
//! Invariants: every command, refused or not, goes through [`MarkSpace::submit`] and is journalled before it is reported; an
//! agent is admitted by its capability alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::capability::{Authority, Capability};
use crate::command::{RecordedCommand, SpaceCommand};
use crate::handle::{MarkSpace, SpaceState};
use crate::log::Ticket;
use crate::machine::CommandEffect;
use crate::model::Mark;
use crate::outcome::{ClaimRuling, CommandOutcome, CommandOutput};
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::telemetry::{self, TelemetryEvent};
use crate::time::Tick;
use hyperspace_core::{DenyReason, MarkKind};

/// The result of one attempt, before sinks and hooks are called.
pub(crate) struct SpaceAttempt {
    pub(crate) applied: CommandEffect,
    pub(crate) ticket: Ticket,
    pub(crate) crowded: bool,
    pub(crate) event: Option<TelemetryEvent>,
    pub(crate) fresh: Vec<Mark>,
}

impl MarkSpace {
    /// Applies a command under the lock: clock, journal, state, watches, and the event.
    pub(crate) fn submit(
        &self,
        inner: &mut SpaceState,
        command: SpaceCommand,
        about: AttemptContext<'_>,
    ) -> SpaceAttempt {
        inner.attempts += 1;
        let now = self.clock.now();
        let ready = inner.machine.check_clock(now).and_then(|()| {
            let Some(log) = &self.log else { return Ok(()) };
            log.check()
        });
        let operation = command.operation();
        let (applied, position) = match ready {
            Err(refusal) => {
                let at = inner.machine.marks.len();
                (CommandEffect { outcome: Err(refusal), made: at..at }, None)
            }
            Ok(()) => {
                let applied = inner.machine.apply(now, &command);
                let entry = self.log.as_ref().map(|log| {
                    let snapshotter = inner.snapshotter.as_mut();
                    let snapshot = snapshotter.and_then(|snapshotter| snapshotter.count(&inner.machine));
                    (log, log.push(RecordedCommand { at: now, command }, snapshot))
                });
                (applied, entry)
            }
        };
        inner.watches.notify(&inner.machine, applied.made.clone());
        let event = self.observed().then(|| inner.event(now, operation, &applied, about));
        let fresh = if self.hooks.is_empty() { vec![] } else { inner.fresh(&applied) };
        let crowded = position.as_ref().is_some_and(|(_, (_, crowded))| *crowded);
        let ticket = Ticket(position.map(|(log, (position, _))| (Arc::clone(log), position)));
        SpaceAttempt { applied, ticket, crowded, event, fresh }
    }

    /// Calls sinks and hooks outside of the lock, and helps to write if much is waiting.
    pub(crate) fn publish(&self, attempt: &mut SpaceAttempt) {
        if let Some(event) = attempt.event.take() {
            telemetry::emit(&self.sinks, &event);
        }
        for mark in attempt.fresh.drain(..) {
            for hook in &self.hooks {
                let _ = catch_unwind(AssertUnwindSafe(|| hook(&mark)));
            }
        }
        if attempt.crowded {
            // The log keeps a failure and returns it to every thread that waits.
            let _ = attempt.ticket.wait();
        }
    }

    pub(crate) fn emit(&self, event: &TelemetryEvent) {
        telemetry::emit(&self.sinks, event);
    }

    /// Returns the pass of a capability of this space. An attempt with any other capability is journalled and reported.
    pub(crate) fn admit(
        &self,
        inner: &mut SpaceState,
        who: &Capability,
        about: AttemptContext<'_>,
    ) -> Result<u32, Box<(SpaceAttempt, Refusal)>> {
        let refused = match who.check(&self.issuer) {
            Ok(()) => match inner.known(who) {
                Some(pass) => return Ok(pass),
                None => {
                    let (agent, charter) = (who.agent().to_owned(), who.terms().clone());
                    let mut attempt =
                        self.submit(inner, SpaceCommand::Enrol { agent, charter }, AttemptContext::default());
                    attempt.event = None;
                    match attempt.applied.outcome.map(CommandOutcome::output) {
                        Ok(pass) => {
                            inner.remember(who, pass);
                            return Ok(pass);
                        }
                        Err(refusal) => refusal,
                    }
                }
            },
            Err(reason) => Refusal::Credential(reason),
        };
        let agent: String = who.agent().chars().take(80).collect();
        let revoked = refused == Refusal::Credential(DenyReason::Revoked);
        let mut attempt = self.submit(inner, SpaceCommand::Turned { agent, revoked }, about);
        attempt.event = attempt.event.take().map(|event| event.refused(&refused, about.refused));
        Err(Box::new((attempt, refused)))
    }

    /// Retires the passes of capabilities that were revoked in the meantime.
    pub(crate) fn retire_revoked(&self, inner: &mut SpaceState) {
        let revoked: Vec<u32> =
            inner.capabilities.iter().filter(|(c, _)| c.is_revoked()).map(|(_, pass)| *pass).collect();
        for pass in revoked {
            if inner.machine.agents.pass(pass).is_ok_and(|p| !p.retired) {
                self.submit(inner, SpaceCommand::Retire { pass }, AttemptContext::default());
            }
        }
    }

    /// Runs a command as the principal. Returns its result.
    pub(crate) fn as_principal<T: CommandOutput>(
        &self,
        authority: &Authority,
        command: SpaceCommand,
    ) -> Result<T, Refusal> {
        self.check_principal(authority)?;
        let mut attempt = self.submit(&mut self.lock(), command, AttemptContext::default());
        self.publish(&mut attempt);
        attempt.ticket.wait()?;
        attempt.applied.outcome.map(CommandOutcome::output)
    }

    pub(crate) fn check_principal(&self, authority: &Authority) -> Result<(), Refusal> {
        if Arc::ptr_eq(authority.issuer(), &self.issuer) { Ok(()) } else { Err(Refusal::NotPrincipal) }
    }
}

/// The parts of a telemetry event that the outcome does not provide.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AttemptContext<'a> {
    pub(crate) agent: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) kind: Option<MarkKind>,
    /// The word for a refusal.
    pub(crate) refused: &'static str,
}

impl<'a> AttemptContext<'a> {
    pub(crate) fn by(who: &'a Capability, refused: &'static str) -> Self {
        Self { agent: who.agent(), refused, ..Self::default() }
    }
}

impl SpaceState {
    pub(crate) fn known(&self, who: &Capability) -> Option<u32> {
        self.passes.get(usize::try_from(who.serial()).ok()?).copied().flatten()
    }

    fn remember(&mut self, who: &Capability, pass: u32) {
        let at = usize::try_from(who.serial()).expect("fewer capabilities than addresses");
        if self.passes.len() <= at {
            self.passes.resize(at + 1, None);
        }
        self.passes[at] = Some(pass);
        self.capabilities.push((who.clone(), pass));
    }

    fn fresh(&self, applied: &CommandEffect) -> Vec<Mark> {
        let (scopes, names) = (&self.machine.scopes, self.machine.agents.names());
        applied.made.clone().filter_map(|seq| self.machine.marks.mark(scopes, names, Seq(seq))).collect()
    }

    pub(crate) fn event(
        &self,
        now: Tick,
        operation: &'static str,
        applied: &CommandEffect,
        about: AttemptContext<'_>,
    ) -> TelemetryEvent {
        let agent = self.machine.agents.find(about.agent).ok();
        let event = TelemetryEvent {
            number: self.attempts,
            at: now,
            agent: about.agent.to_owned(),
            operation,
            scope: about.scope.to_owned(),
            kind: about.kind,
            verdict: "accepted",
            check: None,
            reason: String::new(),
            mark: None,
            winning: None,
            budget_left: agent.map_or([None; 2], |agent| self.machine.budgets.left(agent)),
            restricted: agent.is_some_and(|agent| self.machine.envelope.restricted(agent).is_some()),
        };
        match &applied.outcome {
            Err(refusal) => {
                event.refused(refusal, if about.refused.is_empty() { "refused" } else { about.refused })
            }
            Ok(CommandOutcome::Written(seq)) => TelemetryEvent { mark: Some(*seq), ..event },
            Ok(CommandOutcome::Ruled(ClaimRuling::Denied(refusal))) => event.refused(refusal, "denied"),
            Ok(CommandOutcome::Ruled(ClaimRuling::Allow { intent })) => {
                TelemetryEvent { verdict: "allow", mark: Some(*intent), ..event }
            }
            Ok(CommandOutcome::Ruled(ClaimRuling::Conflict { intent, winning, reason, .. })) => {
                TelemetryEvent {
                    verdict: "conflict",
                    mark: *intent,
                    winning: Some(*winning),
                    reason: reason.clone(),
                    ..event
                }
            }
            Ok(CommandOutcome::Ruled(ClaimRuling::Blocked { intent, winning, reason, .. })) => {
                TelemetryEvent {
                    verdict: "blocked",
                    mark: Some(*intent),
                    winning: *winning,
                    reason: reason.clone(),
                    ..event
                }
            }
            Ok(_) => event,
        }
    }
}
