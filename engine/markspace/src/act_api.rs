//! Operations of agents on resources: claiming, acting under a permit, and reporting what was refused elsewhere.
//!
//! Invariant: a tool runs only under the permit of its claim, and its result is recorded whatever it is.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use crate::attempt::AttemptContext;
use crate::capability::{Capability, Issuer};
use crate::command::{ResourceAction, SpaceCommand};
use crate::handle::MarkSpace;
use crate::model::{CONTENT_BYTES_MAX, NAME_BYTES_MAX};
use crate::outcome::ClaimRuling;
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::strength::Ratio;
use hyperspace_core::{DenyReason, MarkKind, ScopeName};

/// The right to act on a resource once: it cannot be copied, and recording the result consumes it. A permit that is
/// dropped ends with the time to live of its intent.
///
/// ```compile_fail,E0599
/// fn twice(permit: hyperspace_markspace::Permit) {
///     let copy = permit.clone();
/// }
/// ```
///
/// ```compile_fail,E0451
/// let forged = hyperspace_markspace::Permit { intent: hyperspace_markspace::Seq(0), ..todo!() };
/// ```
///
/// An allowing verdict holds one, so it cannot be made up either:
///
/// ```compile_fail,E0308
/// let forged = hyperspace_markspace::ClaimOutcome::Allow(());
/// ```
#[derive(Debug)]
#[must_use = "a permit that is not finished blocks its resource until its intent fades"]
pub struct Permit {
    intent: Seq,
    space: Arc<Issuer>,
}

impl Permit {
    /// Returns the intent that it stands for.
    #[must_use]
    pub fn intent(&self) -> Seq {
        self.intent
    }
}

/// The outcome of a claim. Only `Allow` lets anything happen.
#[derive(Debug)]
pub enum ClaimOutcome {
    /// Act, then finish the permit.
    Allow(Permit),
    /// Another agent is ahead.
    Conflict {
        /// The agent's own intent, if it was written.
        intent: Option<Seq>,
        /// The intent that won.
        winning: Seq,
        /// The intents or the action in the way.
        conflicting: Vec<Seq>,
        /// The reason in words.
        reason: String,
    },
    /// The agent has to wait.
    Blocked {
        /// The agent's own intent.
        intent: Seq,
        /// The intent that won meanwhile.
        winning: Option<Seq>,
        /// The need that asks the principal for a decision.
        need: Option<Seq>,
        /// The reason in words.
        reason: String,
    },
    /// A check failed.
    Denied(Refusal),
}

/// The result of a tool: a text, or an error text.
pub type ToolResult = Result<String, String>;

/// The outcome of [`MarkSpace::execute`].
#[derive(Debug)]
pub enum ToolOutcome {
    /// The tool ran, and its action stands.
    Done {
        /// The action.
        action: Seq,
        /// The result of the tool.
        result: String,
    },
    /// The tool ran and failed; the failed action stands.
    Failed {
        /// The action.
        action: Seq,
        /// The tool's error.
        error: String,
    },
    /// The tool ran, but the agent lost its authority or its claim meanwhile.
    Overtaken(Refusal),
    /// The tool was not called.
    Refused(ClaimOutcome),
}

impl MarkSpace {
    /// Claims a resource. The tool may run only under the permit of [`ClaimOutcome::Allow`].
    pub fn pre_action<'a>(
        &self,
        who: &Capability,
        scope: &ScopeName,
        what: impl Into<ResourceAction<'a>>,
        confidence: Ratio,
    ) -> ClaimOutcome {
        let ResourceAction { resource, action } = what.into();
        let kind = Some(MarkKind::Intent);
        let about = AttemptContext { agent: who.agent(), scope: scope.as_str(), kind, refused: "denied" };
        let mut inner = self.lock();
        let (mut attempt, refusal) = match self.admit(&mut inner, who, about) {
            Err(refused) => (refused.0, Some(refused.1)),
            Ok(pass) => {
                let (resource, action) = (resource.to_owned(), action.to_owned());
                let claim = SpaceCommand::Claim { pass, scope: scope.clone(), resource, action, confidence };
                (self.submit(&mut inner, claim, about), None)
            }
        };
        drop(inner);
        self.publish(&mut attempt);
        if let Some(refusal) = refusal {
            return ClaimOutcome::Denied(refusal);
        }
        if let Err(refusal) = attempt.ticket.wait() {
            return ClaimOutcome::Denied(refusal);
        }
        match attempt.applied.outcome {
            Ok(ruled) => self.claim_outcome(ruled.output()),
            Err(refusal) => ClaimOutcome::Denied(refusal),
        }
    }

    /// Converts a ruling, adding the permit if it comes with one.
    pub(crate) fn claim_outcome(&self, ruling: ClaimRuling) -> ClaimOutcome {
        match ruling {
            ClaimRuling::Allow { intent } => {
                ClaimOutcome::Allow(Permit { intent, space: Arc::clone(&self.issuer) })
            }
            ClaimRuling::Conflict { intent, winning, conflicting, reason } => {
                ClaimOutcome::Conflict { intent, winning, conflicting, reason }
            }
            ClaimRuling::Blocked { intent, winning, need, reason } => {
                ClaimOutcome::Blocked { intent, winning, need, reason }
            }
            ClaimRuling::Denied(refusal) => ClaimOutcome::Denied(refusal),
        }
    }

    /// Fetches the permit of an intent that a boundary allowed. This is possible once.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoClaim`] when the intent holds no claim, or its permit was fetched already.
    pub fn take_permit(&self, who: &Capability, intent: Seq) -> Result<Permit, Refusal> {
        let take = |pass| SpaceCommand::Take { pass, intent };
        self.run::<()>(who, AttemptContext::by(who, "denied"), take)?;
        Ok(Permit { intent, space: Arc::clone(&self.issuer) })
    }

    /// Records the result of acting under a permit: `Ok` is the result, `Err` the error of a failed action.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoClaim`] when the claim lapsed and another agent took over. Another refusal when the agent lost its
    /// authority meanwhile; its action is then recorded as failed.
    pub fn post_action(&self, who: &Capability, permit: Permit, result: ToolResult) -> Result<Seq, Refusal> {
        if !Arc::ptr_eq(&permit.space, &self.issuer) {
            let problem = "its permit is of another space".to_owned();
            return Err(Refusal::NoClaim { intent: permit.intent, problem });
        }
        let intent = permit.intent;
        let (failed, text) = match result {
            Ok(text) => (false, text),
            Err(text) => (true, text),
        };
        let about = AttemptContext { kind: Some(MarkKind::Action), ..AttemptContext::by(who, "denied") };
        let finish = |pass| SpaceCommand::Finish { pass, intent, result: Some(clip(text)), failed };
        if who.check(&self.issuer) == Err(DenyReason::Revoked) {
            return self.finish_revoked(who, finish, about);
        }
        self.run(who, about, finish)
    }

    /// Records as failed an action under a capability that was revoked meanwhile.
    fn finish_revoked(
        &self,
        who: &Capability,
        finish: impl FnOnce(u32) -> SpaceCommand,
        about: AttemptContext<'_>,
    ) -> Result<Seq, Refusal> {
        let mut inner = self.lock();
        self.retire_revoked(&mut inner);
        let Some(pass) = inner.known(who) else { return Err(Refusal::Credential(DenyReason::Revoked)) };
        let mut attempt = self.submit(&mut inner, finish(pass), about);
        drop(inner);
        self.publish(&mut attempt);
        attempt.ticket.wait()?;
        Err(attempt.applied.outcome.err().unwrap_or(Refusal::Credential(DenyReason::Revoked)))
    }

    /// Claims the resource, runs the tool outside of every lock if and only if that is allowed, and records the
    /// result. A tool that panics is recorded as failed, and the panic is propagated.
    pub fn execute<'a>(
        &self,
        who: &Capability,
        scope: &ScopeName,
        what: impl Into<ResourceAction<'a>>,
        confidence: Ratio,
        tool: impl FnOnce() -> ToolResult,
    ) -> ToolOutcome {
        let permit = match self.pre_action(who, scope, what, confidence) {
            ClaimOutcome::Allow(permit) => permit,
            refused => return ToolOutcome::Refused(refused),
        };
        self.run_tool(who, permit, tool)
    }

    /// Runs a tool under a permit and records the result.
    pub fn run_tool(
        &self,
        who: &Capability,
        permit: Permit,
        tool: impl FnOnce() -> ToolResult,
    ) -> ToolOutcome {
        let result = match catch_unwind(AssertUnwindSafe(tool)) {
            Ok(result) => result,
            Err(panic) => {
                // Whether or not this can be recorded, the caller must see the panic.
                let _ = self.post_action(who, permit, Err("the tool panicked".to_owned()));
                resume_unwind(panic);
            }
        };
        match (self.post_action(who, permit, result.clone()), result) {
            (Ok(action), Ok(result)) => ToolOutcome::Done { action, result },
            (Ok(action), Err(error)) => ToolOutcome::Failed { action, error },
            (Err(refusal), _) => ToolOutcome::Overtaken(refusal),
        }
    }

    /// Records in the journal that an action of an agent was refused elsewhere. Characters that are invalid in the
    /// name of a resource are replaced, and names and reasons that are too long are truncated.
    ///
    /// # Errors
    ///
    /// Always fails: with [`Refusal::Reported`], or with the refusal of an earlier check.
    pub fn report<'a>(
        &self,
        who: &Capability,
        scope: &ScopeName,
        what: impl Into<ResourceAction<'a>>,
        reason: &str,
    ) -> Result<(), Refusal> {
        let ResourceAction { resource, action } = what.into();
        let kind = Some(MarkKind::Intent);
        let about = AttemptContext { agent: who.agent(), scope: scope.as_str(), kind, refused: "denied" };
        let (resource, action) = (tidy(resource), tidy(action));
        let reason = clip(reason.to_owned());
        let scope = scope.clone();
        self.run(who, about, |pass| SpaceCommand::Report { pass, scope, resource, action, reason })
    }
}

/// Returns a valid name of a resource or action for one that a guest chose.
fn tidy(name: &str) -> String {
    let mut name: String = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
    if name.is_empty() { "-".to_owned() } else { name }
}

/// Truncates a tool's result to the size that a mark can hold, and marks it as cut.
fn clip(mut text: String) -> String {
    const CUT: &str = "… (cut)";
    if text.len() > CONTENT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(CONTENT_BYTES_MAX - CUT.len()));
        text.push_str(CUT);
    }
    text
}
