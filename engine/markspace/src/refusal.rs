//! Refusals: one variant per check, naming the value that was checked and the bound.

use serde::Serialize;
use thiserror::Error;

use crate::seq::Seq;
use crate::source::TrustSource;
use crate::time::Tick;
use hyperspace_core::{DenyReason, MarkKind};

/// The checks in the order in which they are made. A refusal by one of them means that all checks before it passed,
/// and that none after it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardCheck {
    /// The clock has not gone backwards.
    Clock,
    /// The capability or authority belongs to this space and is not revoked.
    Credential,
    /// The kind of mark may be written this way.
    Door,
    /// The scope, or its ancestor, is defined.
    Scope,
    /// The capability covers scope and kind.
    Authority,
    /// The capability covers the resource, and no other policy refused the action.
    Resource,
    /// Fields are within their bounds.
    Bounds,
    /// The scope knows the verb or topic.
    Vocabulary,
    /// The source is no more trusted than the agent's ceiling.
    Source,
    /// The marks referred to exist, are live, and are within this agent's authority.
    Reference,
    /// The agent has room for one more live mark.
    Quota,
    /// The barrier lets this agent, scope and kind pass.
    Barrier,
    /// The agent behaves as it has in the past.
    Envelope,
    /// The rate limits of the scope and its ancestors have room.
    Rate,
    /// No content policy rejects the content.
    Policy,
    /// No other agent acted on, or holds, the resource.
    Conflict,
    /// The token budget is not used up.
    Budget,
    /// The journal could be written.
    Journal,
}

impl GuardCheck {
    /// The checks of a write.
    pub const WRITE: [GuardCheck; 14] = [
        GuardCheck::Clock,
        GuardCheck::Credential,
        GuardCheck::Door,
        GuardCheck::Scope,
        GuardCheck::Authority,
        GuardCheck::Bounds,
        GuardCheck::Vocabulary,
        GuardCheck::Source,
        GuardCheck::Reference,
        GuardCheck::Quota,
        GuardCheck::Barrier,
        GuardCheck::Envelope,
        GuardCheck::Rate,
        GuardCheck::Policy,
    ];
    /// The checks of a claim.
    pub const CLAIM: [GuardCheck; 12] = [
        GuardCheck::Clock,
        GuardCheck::Credential,
        GuardCheck::Scope,
        GuardCheck::Authority,
        GuardCheck::Resource,
        GuardCheck::Bounds,
        GuardCheck::Vocabulary,
        GuardCheck::Quota,
        GuardCheck::Barrier,
        GuardCheck::Envelope,
        GuardCheck::Rate,
        GuardCheck::Conflict,
    ];

    /// Returns the checks of a chain that passed before this one.
    #[must_use]
    pub fn passed_before(self, chain: &[GuardCheck]) -> Vec<GuardCheck> {
        chain.iter().copied().take_while(|&check| check != self).collect()
    }
}

/// A refusal. Nothing of what was requested has happened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The clock went backwards.
    #[error("the clock shows {now:?}, behind {last:?}; nothing is written until it has caught up")]
    ClockBackwards {
        /// The time it shows.
        now: Tick,
        /// The latest time that it has shown.
        last: Tick,
    },
    /// The capability does not belong to this space, or is revoked.
    #[error("{0}")]
    Credential(DenyReason),
    /// Only the principal may do this, and this authority does not belong to the space.
    #[error("this takes the authority that the space belongs to")]
    NotPrincipal,
    /// An agent has a reserved or invalid name, or is unknown.
    #[error("agent {agent:?}: {problem}")]
    Agent {
        /// The name.
        agent: String,
        /// The rule that is broken.
        problem: String,
    },
    /// Intents and actions are written by claiming and acting, never directly.
    #[error("a mark of kind {kind:?} is written by the claim protocol only")]
    Door {
        /// The kind.
        kind: MarkKind,
    },
    /// Neither the scope nor an ancestor is defined.
    #[error("scope {scope} is not defined, nor is any scope around it")]
    UnknownScope {
        /// The scope.
        scope: String,
    },
    /// A scope cannot be redefined, or defined after marks were left in it.
    #[error("scope {scope} cannot be defined: {problem}")]
    Definition {
        /// The scope.
        scope: String,
        /// The reason.
        problem: String,
    },
    /// The capability does not cover scope and kind.
    #[error("{agent} may not leave a mark of kind {kind:?} in {scope}")]
    Unauthorized {
        /// The agent.
        agent: String,
        /// The scope.
        scope: String,
        /// The kind.
        kind: MarkKind,
    },
    /// The capability does not cover the resource.
    #[error("{agent} may not act on {resource:?}; it may on {}", globs.join(", "))]
    Resource {
        /// The agent.
        agent: String,
        /// The resource.
        resource: String,
        /// The globs it may act on.
        globs: Vec<String>,
    },
    /// Another policy, such as that of a file system, refused it.
    #[error("{action} of {resource} was refused: {reason}")]
    Reported {
        /// The verb.
        action: String,
        /// The resource.
        resource: String,
        /// The reason.
        reason: String,
    },
    /// A field is out of its bounds.
    #[error("field `{field}`: {problem}")]
    Field {
        /// The field.
        field: String,
        /// Value and bound.
        problem: String,
    },
    /// The scope does not know the verb or topic.
    #[error("{scope} does not allow {value:?} as {field}")]
    Vocabulary {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// The scope.
        scope: String,
    },
    /// The source is above the agent's ceiling.
    #[error("field `source`: {source_claimed:?} is above the agent's ceiling {ceiling:?}")]
    Source {
        /// The source that the mark names.
        source_claimed: TrustSource,
        /// The most trusted source that the agent may name.
        ceiling: TrustSource,
    },
    /// A mark that was referred to does not exist.
    #[error("field `{field}`: there is no mark {mark}")]
    UnknownMark {
        /// The field.
        field: &'static str,
        /// The mark.
        mark: Seq,
    },
    /// A mark that was referred to is no longer live.
    #[error("field `{field}`: mark {mark} is {state}")]
    NotLive {
        /// The field.
        field: &'static str,
        /// The mark.
        mark: Seq,
        /// One of superseded, expired, resolved and collected.
        state: &'static str,
    },
    /// The agent has no authority over the mark it refers to.
    #[error("field `{field}`: {agent} has no authority over mark {mark}")]
    ForeignMark {
        /// The field.
        field: &'static str,
        /// The mark.
        mark: Seq,
        /// The agent.
        agent: String,
    },
    /// The agent has reached its maximum number of live marks.
    #[error("{agent} has {max} live marks, the most it may have")]
    Quota {
        /// The agent.
        agent: String,
        /// The bound.
        max: u64,
    },
    /// The barrier is closed for this agent, scope and kind.
    #[error("the barrier is closed for marks of kind {kind:?} in {scope}")]
    Narrowed {
        /// The scope.
        scope: String,
        /// The kind.
        kind: MarkKind,
    },
    /// The agent must state a need first.
    #[error("an unresolved need of the agent's own in {scope} is required first")]
    NeedRequired {
        /// The scope.
        scope: String,
    },
    /// The agent left its statistical envelope.
    #[error("{agent} is restricted ({cause}) until the principal resets it")]
    Restricted {
        /// The agent.
        agent: String,
        /// The observation that led to it.
        cause: String,
    },
    /// A rate limit has no room.
    #[error("the rate limit of {scope} is reached: {max} writes {who} in {window} ticks")]
    Rate {
        /// The scope that defines the limit.
        scope: String,
        /// The agents that it limits: each one, or all together.
        who: &'static str,
        /// The bound.
        max: u32,
        /// The window.
        window: u64,
    },
    /// A content policy rejected the content.
    #[error("content policy {policy} rejects: {reason}")]
    Policy {
        /// The policy.
        policy: String,
        /// Its reason.
        reason: String,
    },
    /// The agent does not hold the claim.
    #[error("intent {intent} holds no claim: {problem}")]
    NoClaim {
        /// The intent.
        intent: Seq,
        /// The reason.
        problem: String,
    },
    /// The budget is used up.
    #[error("{agent} has used its budget of {dimension} tokens")]
    BudgetSpent {
        /// The agent.
        agent: String,
        /// `input` or `output`.
        dimension: &'static str,
    },
    /// The journal could not be written; the space accepts nothing more.
    #[error("the journal cannot be written: {0}")]
    Journal(String),
}

impl Refusal {
    /// Returns the check that failed.
    #[must_use]
    pub fn check(&self) -> GuardCheck {
        match self {
            Refusal::ClockBackwards { .. } => GuardCheck::Clock,
            Refusal::Credential(_) | Refusal::NotPrincipal | Refusal::Agent { .. } => GuardCheck::Credential,
            Refusal::Door { .. } => GuardCheck::Door,
            Refusal::UnknownScope { .. } | Refusal::Definition { .. } => GuardCheck::Scope,
            Refusal::Unauthorized { .. } => GuardCheck::Authority,
            Refusal::Resource { .. } | Refusal::Reported { .. } => GuardCheck::Resource,
            Refusal::Field { .. } => GuardCheck::Bounds,
            Refusal::Vocabulary { .. } => GuardCheck::Vocabulary,
            Refusal::Source { .. } => GuardCheck::Source,
            Refusal::UnknownMark { .. } | Refusal::NotLive { .. } | Refusal::ForeignMark { .. } => {
                GuardCheck::Reference
            }
            Refusal::Quota { .. } => GuardCheck::Quota,
            Refusal::Narrowed { .. } | Refusal::NeedRequired { .. } => GuardCheck::Barrier,
            Refusal::Restricted { .. } => GuardCheck::Envelope,
            Refusal::Rate { .. } => GuardCheck::Rate,
            Refusal::Policy { .. } => GuardCheck::Policy,
            Refusal::NoClaim { .. } => GuardCheck::Conflict,
            Refusal::BudgetSpent { .. } => GuardCheck::Budget,
            Refusal::Journal(_) => GuardCheck::Journal,
        }
    }
}
