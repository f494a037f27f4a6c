//! What only the principal may do: define, restore, reset, decide. All of it takes the authority itself.

use crate::attempt::About;
use crate::budget::{Budget, Spent};
use crate::capability::Authority;
use crate::command::Command;
use crate::define::ScopeDef;
use crate::handle::MarkSpace;
use crate::machine::{Health, Outcome};
use crate::model::Seq;
use crate::needs::NeedCluster;
use crate::refusal::Refusal;
use crate::write_api::Verdict;
use hyperspace_core::{MarkKind, ScopeName};

/// One agent's part in a boundary.
#[derive(Debug)]
pub struct BoundaryVerdict {
    /// The agent.
    pub agent: String,
    /// Its intent.
    pub intent: Seq,
    /// What became of it. An `Allow` carries no permit: the agent fetches it with [`MarkSpace::take_permit`].
    pub verdict: BoundaryRuling,
}

/// What became of an intent at a boundary.
#[derive(Debug)]
pub enum BoundaryRuling {
    /// It won.
    Allow,
    /// It did not.
    Other(Verdict),
}

/// Where an agent stands with the guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Why it is restricted, if it is.
    pub restricted: Option<String>,
    /// How often it was since everything was last restored.
    pub flags: u32,
    /// Whether there is a baseline to judge it by.
    pub judged: bool,
    /// Tokens spent.
    pub spent: Spent,
    /// Live marks.
    pub marks: u64,
}

/// All of these return [`Refusal::NotPrincipal`] for an authority that the space does not belong to, and
/// [`Refusal::Agent`] for an agent that has never shown a capability here.
impl MarkSpace {
    /// Defines a scope. Defining it again in the same way does nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::Definition`] when it is defined otherwise, or marks were filed in it.
    pub fn define(&self, authority: &Authority, def: ScopeDef) -> Result<(), Refusal> {
        self.as_principal(authority, Command::Define(def)).map(|_| ())
    }

    /// Makes agents known before they first do something.
    ///
    /// # Errors
    ///
    /// [`Refusal::Credential`] for a capability that is none here.
    pub fn enrol(&self, who: &crate::capability::Capability) -> Result<(), Refusal> {
        let mut inner = self.lock();
        self.admit(&mut inner, who, About::by(who, "refused")).map(|_| ()).map_err(|refused| refused.1)
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
    ) -> Result<Vec<BoundaryVerdict>, Refusal> {
        self.check_principal(authority)?;
        self.retire_revoked(&mut self.lock());
        let command = Command::Boundary { scope: scope.clone(), resource: resource.to_owned() };
        let Outcome::Boundary(rulings) = self.as_principal(authority, command)? else { return Ok(vec![]) };
        let inner = self.lock();
        let name = |agent| inner.machine.agents.name(agent).to_owned();
        let verdicts = rulings.into_iter().map(|(agent, intent, ruling)| {
            let verdict = match ruling {
                crate::machine::Ruling::Allow { .. } => BoundaryRuling::Allow,
                other => BoundaryRuling::Other(self.verdict(other)),
            };
            BoundaryVerdict { agent: name(agent), intent, verdict }
        });
        Ok(verdicts.collect())
    }

    /// The intent that holds a resource now.
    #[must_use]
    pub fn holder(&self, scope: &ScopeName, resource: &str) -> Option<Seq> {
        let inner = self.lock();
        inner.machine.holder(scope, resource, self.now())
    }

    /// Answers a need, with or without an action that did it.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownMark`] or [`Refusal::NotLive`].
    pub fn answer_need(&self, authority: &Authority, need: Seq, action: Option<Seq>) -> Result<(), Refusal> {
        self.as_principal(authority, Command::Resolve { pass: None, need, action, answer: None }).map(|_| ())
    }

    /// Answers a need in words, which its author can then read with [`MarkSpace::answer`].
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
        self.as_principal(authority, Command::Resolve { pass: None, need, action: None, answer }).map(|_| ())
    }

    /// Who answered a need, and by which action; `None` while it is open.
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

    /// All open needs, by scope, most urgent first.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPrincipal`].
    pub fn all_needs(&self, authority: &Authority) -> Result<Vec<NeedCluster>, Refusal> {
        self.check_principal(authority)?;
        let inner = self.lock();
        Ok(inner.machine.needs(None, None, inner.machine.now))
    }

    /// Takes back any mark and leaves a warning in its place, so that a resource can be acted on again.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownMark`] or [`Refusal::NotLive`].
    pub fn retract(&self, authority: &Authority, mark: Seq, reason: &str) -> Result<(), Refusal> {
        self.as_principal(authority, Command::Retract { mark, reason: reason.to_owned() }).map(|_| ())
    }

    /// Drops what no read can return any more; how many marks that were. `grace` keeps what faded less than so many ticks
    /// ago.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotPrincipal`].
    pub fn collect(&self, authority: &Authority, grace: u64) -> Result<u64, Refusal> {
        match self.as_principal(authority, Command::Collect { grace })? {
            Outcome::Count(count) => Ok(count),
            _ => Ok(0),
        }
    }

    /// Takes a snapshot of a stored space with the next entry, however few there were since the last one.
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
        self.as_principal(authority, Command::Narrow { agent: agent.to_owned(), scope, kind }).map(|_| ())
    }

    /// Demands an open need of the agent's own before anything else, in a scope or everywhere.
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
        self.as_principal(authority, Command::RequireNeed { agent: agent.to_owned(), scope }).map(|_| ())
    }

    /// Opens what was narrowed for exactly this scope and kind, and demands no need there any more.
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
        self.as_principal(authority, Command::Restore { agent: agent.to_owned(), scope, kind }).map(|_| ())
    }

    /// Opens everything for an agent and forgets how often it was restricted. The envelope is reset by
    /// [`MarkSpace::reset_envelope`].
    ///
    /// # Errors
    ///
    /// See above.
    pub fn restore_all(&self, authority: &Authority, agent: &str) -> Result<(), Refusal> {
        self.as_principal(authority, Command::RestoreAll { agent: agent.to_owned() }).map(|_| ())
    }

    /// Lifts the restriction of an agent that left its envelope.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn reset_envelope(&self, authority: &Authority, agent: &str) -> Result<(), Refusal> {
        self.as_principal(authority, Command::ResetEnvelope { agent: agent.to_owned() }).map(|_| ())
    }

    /// Sets the baseline of an agent from marks per hour and kind, in the order of [`MarkKind::ALL`]. A restriction stays.
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
        self.as_principal(authority, Command::Seed { agent: agent.to_owned(), per_hour }).map(|_| ())
    }

    /// Leaves a canary in the diagnostic scope for an agent to refer to.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn probe(&self, authority: &Authority, agent: &str) -> Result<Seq, Refusal> {
        match self.as_principal(authority, Command::Probe { agent: agent.to_owned() })? {
            Outcome::Written(seq) => Ok(seq),
            _ => Err(Refusal::NotPrincipal),
        }
    }

    /// Judges whether an agent has answered a canary; one that has not is closed out of everything but needs.
    ///
    /// # Errors
    ///
    /// See above, and [`Refusal::UnknownMark`] for what is no canary.
    pub fn judge_probe(&self, authority: &Authority, agent: &str, canary: Seq) -> Result<Health, Refusal> {
        match self.as_principal(authority, Command::Judge { agent: agent.to_owned(), canary })? {
            Outcome::Health(health) => Ok(health),
            _ => Err(Refusal::NotPrincipal),
        }
    }

    /// Sets the token budget of an agent.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn set_budget(&self, authority: &Authority, agent: &str, budget: Budget) -> Result<(), Refusal> {
        self.as_principal(authority, Command::SetBudget { agent: agent.to_owned(), budget }).map(|_| ())
    }

    /// Counts the tokens of a round.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn spend(&self, authority: &Authority, agent: &str, input: u64, output: u64) -> Result<(), Refusal> {
        self.as_principal(authority, Command::Spend { agent: agent.to_owned(), input, output }).map(|_| ())
    }

    /// Whether an agent may be activated: whether its budget has something left.
    ///
    /// # Errors
    ///
    /// [`Refusal::BudgetSpent`] names the dimension.
    pub fn check_activation(&self, agent: &str) -> Result<(), Refusal> {
        let inner = self.lock();
        let ix = inner.machine.agents.find(agent)?;
        inner.machine.budgets.check(ix, agent)
    }

    /// Where an agent stands.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn standing(&self, authority: &Authority, agent: &str) -> Result<Standing, Refusal> {
        self.check_principal(authority)?;
        let inner = self.lock();
        let machine = &inner.machine;
        let ix = machine.agents.find(agent)?;
        Ok(Standing {
            restricted: machine.envelope.restricted(ix).map(str::to_owned),
            flags: machine.barrier.flags(ix),
            judged: machine.envelope.is_ready(ix),
            spent: machine.budgets.spent(ix),
            marks: machine.marks.live_of(ix),
        })
    }
}
