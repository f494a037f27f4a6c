//! Why something was decided as it was: the chain of checks, up to the one that failed.

use serde::Serialize;

use crate::command::{Command, Entry};
use crate::machine::{Machine, Outcome, Ruling};
use crate::model::Seq;
use crate::refusal::{Check, Refusal};
use crate::time::Tick;

/// How an attempt was decided: the whole chain of checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Number of the attempt in the journal.
    pub entry: u64,
    /// When.
    pub at: Tick,
    /// What was asked.
    pub operation: &'static str,
    /// The agent; empty for the principal.
    pub agent: String,
    /// Where; empty where there is no scope.
    pub scope: String,
    /// The resource or topic it is about; empty where there is none.
    pub subject: String,
    /// `accepted`, `refused`, `allow`, `conflict` or `blocked`.
    pub verdict: &'static str,
    /// Checks that passed, in order.
    pub passed: Vec<Check>,
    /// The check that failed.
    pub failed: Option<Check>,
    /// Why, in words; empty when it was accepted.
    pub reason: String,
    /// The mark that came of it.
    pub mark: Option<Seq>,
}

impl Explanation {
    /// Whether it did not happen.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.failed.is_some()
    }
}

/// The agent, scope and subject that a command names; empty where it names none.
fn about<'a>(command: &'a Command, machine: &'a Machine) -> (&'a str, &'a str, &'a str) {
    let by = |pass: u32| machine.agents.pass(pass).map_or("", |pass| machine.agents.name(pass.agent));
    let of = |mark: Seq| {
        let slot = machine.marks.slot(mark);
        let scope = slot.map_or("", |slot| machine.scopes.place(slot.scope).name.as_str());
        (scope, slot.and_then(|slot| slot.draft.as_deref()).map_or("", |draft| draft.body.subject()))
    };
    match command {
        Command::Write { pass, scope, draft, .. } => (by(*pass), scope.as_str(), draft.body.subject()),
        Command::Claim { pass, scope, resource, .. } => (by(*pass), scope.as_str(), resource),
        Command::Report { pass, scope, resource, .. } => (by(*pass), scope.as_str(), resource),
        Command::Take { pass, intent } | Command::Finish { pass, intent, .. } => {
            let (scope, subject) = of(*intent);
            (by(*pass), scope, subject)
        }
        Command::Boundary { scope, resource } => ("", scope.as_str(), resource),
        Command::Resolve { pass, need, .. } => {
            let (scope, subject) = of(*need);
            (pass.map_or("", by), scope, subject)
        }
        Command::Retract { mark, .. } => {
            let (scope, subject) = of(*mark);
            ("", scope, subject)
        }
        Command::Define(def) => ("", def.name.as_str(), ""),
        Command::Turned { agent, .. } | Command::Enrol { agent, .. } => (agent, "", ""),
        _ => ("", "", ""),
    }
}

/// How an entry was decided, after it was.
pub(crate) fn explanation(
    number: u64,
    entry: &Entry,
    machine: &Machine,
    outcome: &Result<Outcome, Refusal>,
) -> Explanation {
    let chain: &[Check] = match entry.command {
        Command::Write { .. } | Command::Turned { .. } => &Check::WRITE,
        Command::Claim { .. } | Command::Report { .. } => &Check::CLAIM,
        _ => &[],
    };
    let (agent, scope, subject) = about(&entry.command, machine);
    let turned = matches!(entry.command, Command::Turned { .. });
    let (verdict, failed, reason, mark) = match outcome {
        _ if turned => {
            ("refused", Some(Check::Credential), "not a valid capability of this space".into(), None)
        }
        Err(refusal) | Ok(Outcome::Ruled(Ruling::Denied(refusal))) => {
            ("refused", Some(refusal.check()), refusal.to_string(), None)
        }
        Ok(Outcome::Written(seq)) => ("accepted", None, String::new(), Some(*seq)),
        Ok(Outcome::Ruled(Ruling::Allow { intent })) => ("allow", None, String::new(), Some(*intent)),
        Ok(Outcome::Ruled(Ruling::Conflict { intent, reason, .. })) => {
            ("conflict", Some(Check::Conflict), reason.clone(), *intent)
        }
        Ok(Outcome::Ruled(Ruling::Blocked { intent, reason, .. })) => {
            ("blocked", Some(Check::Conflict), reason.clone(), Some(*intent))
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
