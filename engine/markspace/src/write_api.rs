//! Operations of agents on marks: writing them, leaving needs and answering them.

use std::sync::Arc;

use crate::attempt::AttemptContext;
use crate::capability::Capability;
use crate::command::{ScreenResult, SpaceCommand};
use crate::handle::MarkSpace;
use crate::log::Ticket;
use crate::model::Draft;
use crate::needs::NeedCluster;
use crate::outcome::{CommandOutcome, CommandOutput};
use crate::policy::{PolicyRemark, screen};
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::telemetry::TelemetryEvent;
use hyperspace_core::{MarkKind, ScopeName};

impl MarkSpace {
    /// Writes an observation, a warning or a need, and waits until it is durable.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] of the first check of [`GuardCheck::WRITE`](crate::GuardCheck::WRITE) that failed; nothing was written.
    pub fn write_mark(&self, who: &Capability, scope: &ScopeName, draft: Draft) -> Result<Seq, Refusal> {
        let (seq, ticket) = self.submit_mark(who, scope, draft)?;
        ticket.wait()?;
        Ok(seq)
    }

    /// Writes a mark as [`MarkSpace::write_mark`] does, without waiting: nothing is acknowledged until the ticket has been waited
    /// for.
    ///
    /// # Errors
    ///
    /// As [`MarkSpace::write_mark`].
    pub fn submit_mark(
        &self,
        who: &Capability,
        scope: &ScopeName,
        draft: Draft,
    ) -> Result<(Seq, Ticket), Refusal> {
        let about = AttemptContext {
            agent: who.agent(),
            scope: scope.as_str(),
            kind: Some(draft.body.kind()),
            refused: "refused",
        };
        let mut draft = Arc::new(draft);
        let (mut screened, mut evaluations) = (ScreenResult::Clean, vec![]);
        let mut inner = self.lock();
        let mut admitted = self.admit(&mut inner, who, about);
        // Policies see only authorised drafts, and run outside of the lock; all checks are made again afterwards.
        if let Ok(pass) = admitted
            && draft.body.kind() == MarkKind::Observation
            && !self.policies.is_empty()
            && inner.machine.check_write(pass, scope, &draft).is_ok()
        {
            drop(inner);
            (draft, screened, evaluations) = screen(&self.policies, who.agent(), scope, draft);
            inner = self.lock();
            admitted = self.admit(&mut inner, who, about);
        }
        let mut attempt = match admitted {
            Ok(pass) => {
                let command = SpaceCommand::Write { pass, scope: scope.clone(), draft, screened };
                self.submit(&mut inner, command, about)
            }
            Err(refused) => {
                let (mut attempt, refusal) = *refused;
                attempt.applied.outcome = Err(refusal);
                attempt
            }
        };
        drop(inner);
        self.tell_policies(attempt.event.as_ref(), evaluations);
        self.publish(&mut attempt);
        match attempt.applied.outcome {
            Ok(written) => Ok((written.output(), attempt.ticket)),
            Err(refusal) => Err(refusal),
        }
    }

    fn tell_policies(&self, event: Option<&TelemetryEvent>, evaluations: Vec<PolicyRemark>) {
        let Some(event) = event else { return };
        for (policy, verdict, reason) in evaluations {
            let reason = if reason.is_empty() { policy } else { format!("{policy}: {reason}") };
            self.emit(&TelemetryEvent {
                operation: "policy",
                verdict,
                reason,
                check: None,
                mark: None,
                ..event.clone()
            });
        }
    }

    /// Answers a need with an action of the agent's own, in a scope where it may act.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] of the check that failed.
    pub fn resolve_need(&self, who: &Capability, need: Seq, action: Seq) -> Result<(), Refusal> {
        let command =
            |pass| SpaceCommand::Resolve { pass: Some(pass), need, action: Some(action), answer: None };
        self.run(who, AttemptContext::by(who, "refused"), command)
    }

    /// Returns the principal's answer to a need, for its author and for readers of its content; `None` while it is open.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a capability of another authority.
    pub fn answer(&self, who: &Capability, need: Seq) -> Result<Option<String>, Refusal> {
        self.reading(who, |machine, pass, _| {
            Ok(machine.answer(pass, machine.agents.find(who.agent()).ok(), need))
        })
    }

    /// Returns the open needs that an agent may see, grouped by scope.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a capability of another authority.
    pub fn needs(&self, who: &Capability, scope: Option<&ScopeName>) -> Result<Vec<NeedCluster>, Refusal> {
        self.reading(who, |machine, pass, now| Ok(machine.needs(Some(pass), scope, now)))
    }

    /// Runs a command as an agent. Returns its result.
    pub(crate) fn run<T: CommandOutput>(
        &self,
        who: &Capability,
        about: AttemptContext<'_>,
        command: impl FnOnce(u32) -> SpaceCommand,
    ) -> Result<T, Refusal> {
        let mut inner = self.lock();
        let mut attempt = match self.admit(&mut inner, who, about) {
            Err(refused) => {
                drop(inner);
                let (mut attempt, refusal) = *refused;
                self.publish(&mut attempt);
                return Err(refusal);
            }
            Ok(pass) => self.submit(&mut inner, command(pass), about),
        };
        drop(inner);
        self.publish(&mut attempt);
        attempt.ticket.wait()?;
        attempt.applied.outcome.map(CommandOutcome::output)
    }
}
