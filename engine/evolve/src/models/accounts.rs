//! Accounts that pay for the model calls of a run: one per population, below one of the run.

use hyperspace_llm::{Account, BudgetLimits, Spend};

use crate::context::RunContext;

/// The accounts of a run.
pub(crate) struct ModelAccounts {
    populations: Vec<Account>,
}

impl ModelAccounts {
    /// Returns the accounts of a run whose populations have spent `spent`, in order; missing entries count as zero.
    pub(crate) fn new(context: &RunContext, spent: &[Spend]) -> Self {
        let budgets = context.resources.models.as_ref().map(|models| (models.run, models.population));
        let (run, each) = budgets.unwrap_or((BudgetLimits::default(), BudgetLimits::default()));
        let before = context.resources.models.as_ref().map(|models| models.before).unwrap_or_default();
        let total = spent.iter().fold(before, |sum, one| sum.plus(*one));
        let run = Account::with_spent("the run", run, total);
        let populations = context.config.populations.iter().enumerate();
        let populations = populations.map(|(index, config)| {
            let spent = spent.get(index).copied().unwrap_or_default();
            run.child_with_spent(format!("agent {}", config.name), each, spent)
        });
        Self { populations: populations.collect() }
    }

    /// Returns the accounts of the populations, in order.
    pub(crate) fn populations(&self) -> Vec<Account> {
        self.populations.clone()
    }

    /// Returns the spend of each population, in order.
    pub(crate) fn by_population(&self) -> Vec<Spend> {
        self.populations.iter().map(Account::spent).collect()
    }

    /// Returns the spend of the run, without what was spent outside of its record.
    pub(crate) fn total(&self) -> Spend {
        self.by_population().into_iter().fold(Spend::default(), Spend::plus)
    }
}
