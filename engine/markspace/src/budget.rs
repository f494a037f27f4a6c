//! Token budgets: totals only grow, each dimension gives one warning, and only the principal lifts the hard stop.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::marks::AgentIx;
use crate::refusal::Refusal;
use crate::strength::Ratio;

/// The two dimensions, by name.
const DIMENSIONS: [&str; 2] = ["input", "output"];

/// The maximum number of tokens of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenBudget {
    /// Maximum number of tokens read.
    pub input_max: Option<u64>,
    /// Maximum number of tokens written.
    pub output_max: Option<u64>,
    /// Share of a maximum at which a need asks for more tokens.
    pub warn_at: Ratio,
}

impl TokenBudget {
    /// Creates a budget with these maxima and a warning at four fifths.
    #[must_use]
    pub fn new(input_max: Option<u64>, output_max: Option<u64>) -> Self {
        Self { input_max, output_max, warn_at: Ratio::millionths(800_000) }
    }
}

/// The tokens an agent has spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokensSpent {
    /// Tokens read so far.
    pub input: u64,
    /// Tokens written so far.
    pub output: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct TokenAccount {
    budget: Option<TokenBudget>,
    spent: [u64; 2],
    warned: [bool; 2],
}

impl TokenAccount {
    fn max(&self, dimension: usize) -> Option<u64> {
        self.budget.and_then(|b| if dimension == 0 { b.input_max } else { b.output_max })
    }

    fn threshold(&self, dimension: usize) -> Option<u64> {
        let share = u128::from(self.budget?.warn_at.as_millionths());
        // Rounded up, and at least 1: a warning with nothing spent would be of no use.
        Some(((u128::from(self.max(dimension)?) * share).div_ceil(1_000_000) as u64).max(1))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct TokenBudgets {
    accounts: BTreeMap<AgentIx, TokenAccount>,
}

impl TokenBudgets {
    /// Sets a budget. Dimensions that are below their warning level again will warn again.
    pub(crate) fn set(&mut self, agent: AgentIx, budget: TokenBudget) {
        let account = self.accounts.entry(agent).or_default();
        account.budget = Some(budget);
        for dimension in 0..2 {
            let over = account.threshold(dimension).is_some_and(|t| account.spent[dimension] >= t);
            account.warned[dimension] &= over;
        }
    }

    /// Counts tokens. Returns the dimensions for which a warning is due now.
    pub(crate) fn spend(&mut self, agent: AgentIx, input: u64, output: u64) -> Vec<&'static str> {
        let account = self.accounts.entry(agent).or_default();
        let mut warn = vec![];
        for (dimension, tokens) in [input, output].into_iter().enumerate() {
            account.spent[dimension] = account.spent[dimension].saturating_add(tokens);
            let over = account.threshold(dimension).is_some_and(|t| account.spent[dimension] >= t);
            if over && !account.warned[dimension] {
                account.warned[dimension] = true;
                warn.push(DIMENSIONS[dimension]);
            }
        }
        warn
    }

    pub(crate) fn spent(&self, agent: AgentIx) -> TokensSpent {
        let spent = self.accounts.get(&agent).map_or([0; 2], |account| account.spent);
        TokensSpent { input: spent[0], output: spent[1] }
    }

    /// Returns the tokens left; `None` if there is no maximum.
    pub(crate) fn left(&self, agent: AgentIx) -> [Option<u64>; 2] {
        let account = self.accounts.get(&agent).copied().unwrap_or_default();
        std::array::from_fn(|d| account.max(d).map(|max| max.saturating_sub(account.spent[d])))
    }

    /// Checks that an agent may be activated.
    pub(crate) fn check(&self, agent: AgentIx, name: &str) -> Result<(), Refusal> {
        let left = self.left(agent);
        match left.iter().position(|left| *left == Some(0)) {
            Some(d) => Err(Refusal::BudgetSpent { agent: name.to_owned(), dimension: DIMENSIONS[d] }),
            None => Ok(()),
        }
    }
}
