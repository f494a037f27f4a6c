//! Who pays for the calls of a run: one account per agent, below one of the run.

use hyperspace_llm::{Account, BudgetLimits, Spend};

use crate::generation::Context;

/// See the module.
pub(crate) struct Accounts {
    run: Account,
    agents: Vec<Account>,
}

impl Accounts {
    /// The accounts of a run whose agents have spent `spent` so far, nothing where it does not say.
    pub(crate) fn new(context: &Context, spent: &[Spend]) -> Self {
        let means = context.means.models.as_ref();
        let (run, agent) =
            means.map_or((BudgetLimits::default(), BudgetLimits::default()), |m| (m.run, m.agent));
        let total = spent.iter().fold(Spend::default(), |sum, one| sum.plus(*one));
        let run = Account::with_spent("the run", run, total);
        let agents = context.config.agents.iter().enumerate();
        let agents = agents.map(|(index, config)| {
            let spent = spent.get(index).copied().unwrap_or_default();
            run.child_with_spent(format!("agent {}", config.name), agent, spent)
        });
        Self { agents: agents.collect(), run }
    }

    /// The accounts of the agents, in order.
    pub(crate) fn agents(&self) -> Vec<Account> {
        self.agents.clone()
    }

    /// What each has spent, in order.
    pub(crate) fn by_agent(&self) -> Vec<Spend> {
        self.agents.iter().map(Account::spent).collect()
    }

    /// What all have spent.
    pub(crate) fn spent(&self) -> Spend {
        self.run.spent()
    }
}
