//! Limits, amounts spent, and the refusal of a call that does not fit into a budget.
//!
//! Invariant: amounts are exact integers; sums saturate instead of wrapping.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::price::Cost;

/// The name that a refusal gives to the limits of a single call.
pub(crate) const ONE_CALL: &str = "one call";

/// Limits of an account; absent values are unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BudgetLimits {
    /// Maximum number of calls.
    pub calls: Option<u64>,
    /// Maximum tokens of requests.
    pub input_tokens: Option<u64>,
    /// Maximum tokens of answers.
    pub output_tokens: Option<u64>,
    /// Maximum tokens of requests and answers together.
    pub tokens: Option<u64>,
    /// Maximum cost.
    pub cost: Option<Cost>,
}

/// An amount of calls, tokens and money: spent, or claimed by a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spend {
    /// Number of calls.
    pub calls: u64,
    /// Tokens of requests.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// Cost.
    pub cost: Cost,
}

/// A resource that a budget can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Resource {
    /// Calls.
    Calls,
    /// Tokens of requests.
    InputTokens,
    /// Tokens of answers.
    OutputTokens,
    /// Tokens of requests and answers together.
    Tokens,
    /// Money, in picodollars.
    Cost,
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Calls => "calls",
            Self::InputTokens => "input tokens",
            Self::OutputTokens => "output tokens",
            Self::Tokens => "tokens",
            Self::Cost => "picodollars",
        })
    }
}

/// A refusal: a call does not fit into a budget.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[error(
    "the budget of {account} is spent: {spent} of {limit} {resource} are used, and this call may take {needed}"
)]
pub struct BudgetExceeded {
    /// The name of the account.
    pub account: String,
    /// The resource that does not suffice.
    pub resource: Resource,
    /// The limit.
    pub limit: u64,
    /// The amount that was already spent.
    pub spent: u64,
    /// The amount that the call claims.
    pub needed: u64,
}

impl BudgetExceeded {
    /// Returns the refusal in words for people, with amounts of money in dollars. The message of the error itself is recorded, so
    /// it must not change.
    #[must_use]
    pub fn in_words(&self) -> String {
        let amount = |value: u64| match self.resource {
            Resource::Cost => Cost(value).to_string(),
            _ => value.to_string(),
        };
        let unit = match self.resource {
            Resource::Cost => String::new(),
            resource => format!(" {resource}"),
        };
        let (limit, account) = (amount(self.limit), &self.account);
        let left = self.limit.saturating_sub(self.spent);
        match self.resource {
            _ if self.spent > self.limit => format!(
                "the budget of {account} is spent: {}{unit} are used already, and the limit is {limit}",
                amount(self.spent)
            ),
            _ if left == 0 => format!("the budget of {account} is spent: {limit} of {limit}{unit} are used"),
            Resource::Cost => format!(
                "the budget of {account} is too small for another call: one call may cost {}, and {} of {limit} is left",
                amount(self.needed),
                amount(left),
            ),
            _ => format!(
                "the budget of {account} is too small for another call: one call may take {}{unit}, and {left} of {limit} are left",
                self.needed,
            ),
        }
    }
}

impl Spend {
    /// Adds two amounts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cost: self.cost.plus(other.cost),
        }
    }

    /// Subtracts an amount. Nothing falls below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(other.calls),
            input_tokens: self.input_tokens.saturating_sub(other.input_tokens),
            output_tokens: self.output_tokens.saturating_sub(other.output_tokens),
            cost: Cost(self.cost.0.saturating_sub(other.cost.0)),
        }
    }

    fn amount(&self, resource: Resource) -> u64 {
        match resource {
            Resource::Calls => self.calls,
            Resource::InputTokens => self.input_tokens,
            Resource::OutputTokens => self.output_tokens,
            Resource::Tokens => self.input_tokens.saturating_add(self.output_tokens),
            Resource::Cost => self.cost.0,
        }
    }
}

impl BudgetLimits {
    /// Limits the number of calls.
    #[must_use]
    pub fn calls(mut self, most: u64) -> Self {
        self.calls = Some(most);
        self
    }

    /// Limits the tokens of requests.
    #[must_use]
    pub fn input_tokens(mut self, most: u64) -> Self {
        self.input_tokens = Some(most);
        self
    }

    /// Limits the tokens of answers.
    #[must_use]
    pub fn output_tokens(mut self, most: u64) -> Self {
        self.output_tokens = Some(most);
        self
    }

    /// Limits the tokens of requests and answers together.
    #[must_use]
    pub fn tokens(mut self, most: u64) -> Self {
        self.tokens = Some(most);
        self
    }

    /// Limits the money spent.
    #[must_use]
    pub fn cost(mut self, most: Cost) -> Self {
        self.cost = Some(most);
        self
    }

    fn each(&self) -> impl Iterator<Item = (Resource, u64)> {
        let all = [
            (Resource::Calls, self.calls),
            (Resource::InputTokens, self.input_tokens),
            (Resource::OutputTokens, self.output_tokens),
            (Resource::Tokens, self.tokens),
            (Resource::Cost, self.cost.map(|cost| cost.0)),
        ];
        all.into_iter().filter_map(|(resource, limit)| Some((resource, limit?)))
    }

    /// Checks that a claim fits on top of the amount already spent.
    ///
    /// # Errors
    ///
    /// [`BudgetExceeded`] with the first resource that does not suffice.
    pub(crate) fn check(&self, account: &str, spent: &Spend, claim: &Spend) -> Result<(), BudgetExceeded> {
        let total = spent.plus(*claim);
        match self.each().find(|(resource, limit)| total.amount(*resource) > *limit) {
            None => Ok(()),
            Some((resource, limit)) => Err(BudgetExceeded {
                account: account.to_owned(),
                resource,
                limit,
                spent: spent.amount(resource),
                needed: claim.amount(resource),
            }),
        }
    }
}
