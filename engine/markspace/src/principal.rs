//! Operations of the principal: defining, restoring, resetting, deciding. All of them take the authority itself.

use crate::act_api::ClaimOutcome;
use crate::attempt::AttemptContext;
use crate::budget::{TokenBudget, TokensSpent};
use crate::capability::Authority;
use crate::command::SpaceCommand;
use crate::define::ScopeDef;
use crate::handle::MarkSpace;
use crate::needs::NeedCluster;
use crate::outcome::{BoundaryRuling, ClaimRuling, ProbeResult};
use crate::refusal::Refusal;
use crate::seq::Seq;
use hyperspace_core::{MarkKind, ScopeName};

/// One agent's part in a boundary.
#[derive(Debug)]
pub struct BoundaryDecision {
    /// The agent.
    pub agent: String,
    /// Its intent.
    pub intent: Seq,
    /// The outcome. An `Allow` carries no permit: the agent fetches it with [`MarkSpace::take_permit`].
    pub outcome: BoundaryOutcome,
}

/// The outcome of a boundary for one intent.
#[derive(Debug)]
pub enum BoundaryOutcome {
    /// It won.
    Allow,
    /// It did not.
    Other(ClaimOutcome),
}

/// The state of an agent, as the guard keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentStatus {
    /// The cause of its restriction, if it is restricted.
    pub restricted: Option<String>,
    /// The number of restrictions since the agent was last fully restored.
    pub flags: u32,
    /// True if there is a baseline to judge it by.
    pub judged: bool,
    /// Tokens spent.
    pub spent: TokensSpent,
    /// The number of live marks.
    pub marks: u64,
}

/// All of these return [`Refusal::NotPrincipal`] for an authority that is not the one of the space, and [`Refusal::Agent`]
/// for an agent that has never presented a capability here.
impl MarkSpace {
    /// Defines a scope. Repeating the same definition does nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::Definition`] when it is already defined differently, or contains marks.
    pub fn define(&self, authority: &Authority, def: ScopeDef) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::Define(def))
    }

    /// Enrols an agent before its first action.
    ///
    /// # Errors
    ///
    /// [`Refusal::Credential`] for a capability of another authority.
    pub fn enrol(&self, who: &crate::capability::Capability) -> Result<(), Refusal> {
        let mut inner = self.lock();
        self.admit(&mut inner, who, AttemptContext::by(who, "refused"))
            .map(|_| ())
            .map_err(|refused| refused.1)
    }

    /// Decides a deferred contest over all its live intents.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn resolve_deferred(
        &self,
        authority: &Authority,
        scope: &ScopeName,
        resource: &str,
    ) -> Result<Vec<BoundaryDecision>, Refusal> {
        self.check_principal(authority)?;
        self.retire_revoked(&mut self.lock());
        let command = SpaceCommand::Boundary { scope: scope.clone(), resource: resource.to_owned() };
        let rulings: Vec<BoundaryRuling> = self.as_principal(authority, command)?;
        let inner = self.lock();
        let decisions = rulings.into_iter().map(|BoundaryRuling { agent, intent, ruling }| {
            let outcome = match ruling {
                ClaimRuling::Allow { .. } => BoundaryOutcome::Allow,
                other => BoundaryOutcome::Other(self.claim_outcome(other)),
            };
            BoundaryDecision { agent: inner.machine.agents.name(agent).to_owned(), intent, outcome }
        });
        Ok(decisions.collect())
    }

    /// Returns the intent that currently holds a resource.
    #[must_use]
    pub fn holder(&self, scope: &ScopeName, resource: &str) -> Option<Seq> {
        let inner = self.lock();
        inner.machine.holder(scope, resource, self.now())
    }

    /// Answers a need, with or without the action that did it.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownMark`] or [`Refusal::NotLive`].
    pub fn answer_need(&self, authority: &Authority, need: Seq, action: Option<Seq>) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::Resolve { pass: None, need, action, answer: None })
    }

    /// Answers a need in words; its author can then read the answer with [`MarkSpace::answer`].
    ///
    /// # Errors
    ///
    /// As [`MarkSpace::answer_need`], and [`Refusal::Field`] for an answer that is too long.
    pub fn answer_need_in_words(
        &self,
        authority: &Authority,
        need: Seq,
        answer: &str,
    ) -> Result<(), Refusal> {
        let answer = Some(answer.to_owned());
        self.as_principal(authority, SpaceCommand::Resolve { pass: None, need, action: None, answer })
    }

    /// Returns who answered a need, and by which action; `None` while it is open.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPrincipal`].
    pub fn resolution(
        &self,
        authority: &Authority,
        need: Seq,
    ) -> Result<Option<(String, Option<Seq>)>, Refusal> {
        self.check_principal(authority)?;
        let inner = self.lock();
        let machine = &inner.machine;
        let resolution = machine.marks.resolution(need);
        Ok(resolution.map(|r| (machine.agents.name(r.by).to_owned(), r.action)))
    }

    /// Returns all open needs, grouped by scope, the most urgent first.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPrincipal`].
    pub fn all_needs(&self, authority: &Authority) -> Result<Vec<NeedCluster>, Refusal> {
        self.check_principal(authority)?;
        let inner = self.lock();
        Ok(inner.machine.needs(None, None, inner.machine.now))
    }

    /// Retracts any mark and leaves a warning in its place, so that a resource can be acted on again.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownMark`] or [`Refusal::NotLive`].
    pub fn retract(&self, authority: &Authority, mark: Seq, reason: &str) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::Retract { mark, reason: reason.to_owned() })
            .map(|_: Seq| ())
    }

    /// Drops marks that no read can return any more, except those that faded less than `grace` ticks ago. Returns the number
    /// of dropped marks.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPrincipal`].
    pub fn collect(&self, authority: &Authority, grace: u64) -> Result<u64, Refusal> {
        self.as_principal(authority, SpaceCommand::Collect { grace })
    }

    /// Takes a snapshot of a stored space at the next entry, however few there were since the last one.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPrincipal`].
    pub fn snapshot_soon(&self, authority: &Authority) -> Result<(), Refusal> {
        self.check_principal(authority)?;
        self.hurry();
        Ok(())
    }

    /// Closes the barrier for an agent and a kind, in a scope or everywhere.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn narrow(
        &self,
        authority: &Authority,
        agent: &str,
        scope: Option<ScopeName>,
        kind: MarkKind,
    ) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::Narrow { agent: agent.to_owned(), scope, kind })
    }

    /// Requires the agent to have an open need before anything else, in a scope or everywhere.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn require_need(
        &self,
        authority: &Authority,
        agent: &str,
        scope: Option<ScopeName>,
    ) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::RequireNeed { agent: agent.to_owned(), scope })
    }

    /// Opens what was narrowed for exactly this scope and kind, and lifts the requirement of a need there.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn restore(
        &self,
        authority: &Authority,
        agent: &str,
        scope: Option<ScopeName>,
        kind: MarkKind,
    ) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::Restore { agent: agent.to_owned(), scope, kind })
    }

    /// Opens everything for an agent and resets its number of restrictions. The envelope is reset separately, by
    /// [`MarkSpace::reset_envelope`].
    ///
    /// # Errors
    ///
    /// See above.
    pub fn restore_all(&self, authority: &Authority, agent: &str) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::RestoreAll { agent: agent.to_owned() })
    }

    /// Lifts the restriction of an agent that left its envelope.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn reset_envelope(&self, authority: &Authority, agent: &str) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::ResetEnvelope { agent: agent.to_owned() })
    }

    /// Sets the baseline of an agent from marks per hour for each kind, in the order of [`MarkKind::ALL`]. A restriction stays.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn seed_baseline(
        &self,
        authority: &Authority,
        agent: &str,
        per_hour: [u32; 5],
    ) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::Seed { agent: agent.to_owned(), per_hour })
    }

    /// Leaves a canary in the diagnostic scope for an agent to refer to.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn probe(&self, authority: &Authority, agent: &str) -> Result<Seq, Refusal> {
        self.as_principal(authority, SpaceCommand::Probe { agent: agent.to_owned() })
    }

    /// Judges whether an agent has answered a canary. An agent that has not is closed out of everything but needs.
    ///
    /// # Errors
    ///
    /// See above, and [`Refusal::UnknownMark`] when the mark is not a canary.
    pub fn judge_probe(
        &self,
        authority: &Authority,
        agent: &str,
        canary: Seq,
    ) -> Result<ProbeResult, Refusal> {
        self.as_principal(authority, SpaceCommand::Judge { agent: agent.to_owned(), canary })
    }

    /// Sets the token budget of an agent.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn set_budget(&self, authority: &Authority, agent: &str, budget: TokenBudget) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::SetBudget { agent: agent.to_owned(), budget })
    }

    /// Counts the tokens of a round.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn spend(&self, authority: &Authority, agent: &str, input: u64, output: u64) -> Result<(), Refusal> {
        self.as_principal(authority, SpaceCommand::Spend { agent: agent.to_owned(), input, output })
    }

    /// Checks that an agent may be activated, which requires that its budget is not used up.
    ///
    /// # Errors
    ///
    /// [`Refusal::BudgetSpent`] names the dimension.
    pub fn check_activation(&self, agent: &str) -> Result<(), Refusal> {
        let inner = self.lock();
        let ix = inner.machine.agents.find(agent)?;
        inner.machine.budgets.check(ix, agent)
    }

    /// Returns the state of an agent.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn standing(&self, authority: &Authority, agent: &str) -> Result<AgentStatus, Refusal> {
        self.check_principal(authority)?;
        let inner = self.lock();
        let machine = &inner.machine;
        let ix = machine.agents.find(agent)?;
        Ok(AgentStatus {
            restricted: machine.envelope.restricted(ix).map(str::to_owned),
            flags: machine.barrier.flags(ix),
            judged: machine.envelope.is_ready(ix),
            spent: machine.budgets.spent(ix),
            marks: machine.marks.live_of(ix),
        })
    }
}
