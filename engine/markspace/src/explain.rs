//! Explanations of decisions: the chain of checks, up to the one that failed.

use serde::Serialize;

use crate::command::{RecordedCommand, SpaceCommand};
use crate::machine::Machine;
use crate::outcome::{ClaimRuling, CommandOutcome};
use crate::refusal::{GuardCheck, Refusal};
use crate::seq::Seq;
use crate::time::Tick;

/// The decision on an attempt: the whole chain of checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The number of the attempt in the journal.
    pub entry: u64,
    /// The time.
    pub at: Tick,
    /// The operation.
    pub operation: &'static str,
    /// The agent; empty for the principal.
    pub agent: String,
    /// The scope; empty if there is none.
    pub scope: String,
    /// The resource or topic that it is about; empty if there is none.
    pub subject: String,
    /// One of `accepted`, `refused`, `allow`, `conflict` and `blocked`.
    pub verdict: &'static str,
    /// Checks that passed, in order.
    pub passed: Vec<GuardCheck>,
    /// The check that failed.
    pub failed: Option<GuardCheck>,
    /// The reason in words; empty if the attempt was accepted.
    pub reason: String,
    /// The resulting mark.
    pub mark: Option<Seq>,
}

impl Explanation {
    /// Returns whether the attempt was refused.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.failed.is_some()
    }
}

/// Returns the agent, scope and subject that a command names; empty for those that it does not name.
fn about<'a>(command: &'a SpaceCommand, machine: &'a Machine) -> (&'a str, &'a str, &'a str) {
    let by = |pass: u32| machine.agents.pass(pass).map_or("", |pass| machine.agents.name(pass.agent));
    let of = |mark: Seq| {
        let slot = machine.marks.slot(mark);
        let scope = slot.map_or("", |slot| machine.scopes.place(slot.scope).name.as_str());
        (scope, slot.and_then(|slot| slot.draft.as_deref()).map_or("", |draft| draft.body.subject()))
    };
    match command {
        SpaceCommand::Write { pass, scope, draft, .. } => (by(*pass), scope.as_str(), draft.body.subject()),
        SpaceCommand::Claim { pass, scope, resource, .. } => (by(*pass), scope.as_str(), resource),
        SpaceCommand::Report { pass, scope, resource, .. } => (by(*pass), scope.as_str(), resource),
        SpaceCommand::Take { pass, intent } | SpaceCommand::Finish { pass, intent, .. } => {
            let (scope, subject) = of(*intent);
            (by(*pass), scope, subject)
        }
        SpaceCommand::Boundary { scope, resource } => ("", scope.as_str(), resource),
        SpaceCommand::Resolve { pass, need, .. } => {
            let (scope, subject) = of(*need);
            (pass.map_or("", by), scope, subject)
        }
        SpaceCommand::Retract { mark, .. } => {
            let (scope, subject) = of(*mark);
            ("", scope, subject)
        }
        SpaceCommand::Define(def) => ("", def.name.as_str(), ""),
        SpaceCommand::Turned { agent, .. } | SpaceCommand::Enrol { agent, .. } => (agent, "", ""),
        _ => ("", "", ""),
    }
}

/// Returns the explanation of an entry that has just been applied.
pub(crate) fn explanation(
    number: u64,
    entry: &RecordedCommand,
    machine: &Machine,
    outcome: &Result<CommandOutcome, Refusal>,
) -> Explanation {
    let chain: &[GuardCheck] = match entry.command {
        SpaceCommand::Write { .. } | SpaceCommand::Turned { .. } => &GuardCheck::WRITE,
        SpaceCommand::Claim { .. } | SpaceCommand::Report { .. } => &GuardCheck::CLAIM,
        _ => &[],
    };
    let (agent, scope, subject) = about(&entry.command, machine);
    let turned = matches!(entry.command, SpaceCommand::Turned { .. });
    let (verdict, failed, reason, mark) = match outcome {
        _ if turned => {
            ("refused", Some(GuardCheck::Credential), "not a valid capability of this space".into(), None)
        }
        Err(refusal) | Ok(CommandOutcome::Ruled(ClaimRuling::Denied(refusal))) => {
            ("refused", Some(refusal.check()), refusal.to_string(), None)
        }
        Ok(CommandOutcome::Written(seq)) => ("accepted", None, String::new(), Some(*seq)),
        Ok(CommandOutcome::Ruled(ClaimRuling::Allow { intent })) => {
            ("allow", None, String::new(), Some(*intent))
        }
        Ok(CommandOutcome::Ruled(ClaimRuling::Conflict { intent, reason, .. })) => {
            ("conflict", Some(GuardCheck::Conflict), reason.clone(), *intent)
        }
        Ok(CommandOutcome::Ruled(ClaimRuling::Blocked { intent, reason, .. })) => {
            ("blocked", Some(GuardCheck::Conflict), reason.clone(), Some(*intent))
        }
        Ok(_) => ("accepted", None, String::new(), None),
    };
    Explanation {
        entry: number,
        at: entry.at,
        operation: entry.operation(),
        agent: agent.to_owned(),
        scope: scope.to_owned(),
        subject: subject.to_owned(),
        verdict,
        passed: failed.map_or_else(|| chain.to_vec(), |failed| failed.passed_before(chain)),
        failed,
        reason,
        mark,
    }
}
