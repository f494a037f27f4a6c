//! Budgets: who may still spend how much.
//!
//! Accounts form a chain, such as run → agent → generation; a call is charged to its account and to all above it. Before a call
//! its claim is held in all of them, afterwards what was used takes its place, so that the sum of what was spent is exact
//! however many calls run at the same time. A claim is an estimate of the input and the limit of the output; a call
//! that took more than its claim is charged in full, and the next one is refused.
//!
//! **Invariant:** a call is refused only for what was spent and for its own claim. If it does not fit because of claims that
//! are still open, it waits for them to be settled.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Notify;

use crate::price::Cost;

/// Limits of an account; absent values are unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BudgetLimits {
    /// Calls.
    pub calls: Option<u64>,
    /// Tokens of requests.
    pub input_tokens: Option<u64>,
    /// Tokens of answers.
    pub output_tokens: Option<u64>,
    /// Tokens of both.
    pub tokens: Option<u64>,
    /// Money.
    pub cost: Option<Cost>,
}

/// What was spent, or what a call claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spend {
    /// Calls.
    pub calls: u64,
    /// Tokens of requests.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// Money.
    pub cost: Cost,
}

/// Who a refusal names when a call alone claims more than one may.
pub(crate) const ONE_CALL: &str = "one call";

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Calls.
    Calls,
    /// Tokens of requests.
    InputTokens,
    /// Tokens of answers.
    OutputTokens,
    /// Tokens of both.
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

/// A budget that does not allow a call.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[error(
    "the budget of {account} is spent: {spent} of {limit} {resource} are used, and this call may take {needed}"
)]
pub struct BudgetExceeded {
    /// Whose budget.
    pub account: String,
    /// Of what.
    pub resource: Resource,
    /// The budget.
    pub limit: u64,
    /// What is spent.
    pub spent: u64,
    /// What the call claims.
    pub needed: u64,
}

impl Spend {
    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cost: self.cost.plus(other.cost),
        }
    }

    fn minus(self, other: Self) -> Self {
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

    /// Checks a claim on top of what is spent.
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

/// One purse, below others.
#[derive(Debug, Clone)]
pub struct Account(Arc<Node>);

#[derive(Debug)]
struct Node {
    name: String,
    limits: BudgetLimits,
    parent: Option<Arc<Node>>,
    state: Mutex<State>,
    book: Arc<Book>,
}

#[derive(Debug, Default)]
struct State {
    spent: Spend,
    held: Spend,
}

/// What all accounts of a chain share: whoever looks at several of them holds the gate.
#[derive(Debug, Default)]
struct Book {
    gate: Mutex<()>,
    settled: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics under these locks; the amounts stay whole whatever happens elsewhere.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Account {
    /// An account with nothing above it; the name is shown in refusals.
    #[must_use]
    pub fn new(name: impl Into<String>, limits: BudgetLimits) -> Self {
        Self::make(name.into(), limits, None, Arc::default(), Spend::default())
    }

    /// The same, when something was spent before, as after a restart.
    #[must_use]
    pub fn with_spent(name: impl Into<String>, limits: BudgetLimits, spent: Spend) -> Self {
        Self::make(name.into(), limits, None, Arc::default(), spent)
    }

    /// An account below this one.
    #[must_use]
    pub fn child(&self, name: impl Into<String>, limits: BudgetLimits) -> Self {
        Self::make(name.into(), limits, Some(self.0.clone()), self.0.book.clone(), Spend::default())
    }

    /// An account below this one, when something was spent from it before. This one's own sum has to contain that already.
    #[must_use]
    pub fn child_with_spent(&self, name: impl Into<String>, limits: BudgetLimits, spent: Spend) -> Self {
        Self::make(name.into(), limits, Some(self.0.clone()), self.0.book.clone(), spent)
    }

    fn make(
        name: String,
        limits: BudgetLimits,
        parent: Option<Arc<Node>>,
        book: Arc<Book>,
        spent: Spend,
    ) -> Self {
        let state = Mutex::new(State { spent, held: Spend::default() });
        Self(Arc::new(Node { name, limits, parent, state, book }))
    }

    /// The name that refusals show.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What was spent so far, without calls that are still running.
    #[must_use]
    pub fn spent(&self) -> Spend {
        lock(&self.0.state).spent
    }

    /// Whether this account or one above it has a limit in money.
    #[must_use]
    pub fn limits_cost(&self) -> bool {
        self.chain().any(|node| node.limits.cost.is_some())
    }

    fn chain(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(Some(&*self.0), |node| node.parent.as_deref())
    }

    /// Holds a claim, waiting for others to be settled if it fits only then.
    pub(crate) async fn reserve(&self, claim: Spend) -> Result<Reservation, BudgetExceeded> {
        loop {
            let settled = self.0.book.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if self.try_reserve(&claim)? {
                return Ok(Reservation { account: self.clone(), claim, used: Spend::default() });
            }
            settled.await;
        }
    }

    /// Whether the claim is held now.
    fn try_reserve(&self, claim: &Spend) -> Result<bool, BudgetExceeded> {
        let _gate = lock(&self.0.book.gate);
        let mut fits = true;
        for node in self.chain() {
            let state = lock(&node.state);
            node.limits.check(&node.name, &state.spent, claim)?;
            fits &= node.limits.check(&node.name, &state.spent.plus(state.held), claim).is_ok();
        }
        if fits {
            for node in self.chain() {
                let mut state = lock(&node.state);
                state.held = state.held.plus(*claim);
            }
        }
        Ok(fits)
    }

    /// Charges what was used without a claim: calls that a cassette answers again.
    pub fn charge(&self, used: Spend) {
        self.settle(Spend::default(), used);
    }

    fn settle(&self, claim: Spend, used: Spend) {
        {
            let _gate = lock(&self.0.book.gate);
            for node in self.chain() {
                let mut state = lock(&node.state);
                state.held = state.held.minus(claim);
                state.spent = state.spent.plus(used);
            }
        }
        self.0.book.settled.notify_waiters();
    }
}

/// A claim that is held. Dropping it settles it with what was used by then.
#[derive(Debug)]
pub(crate) struct Reservation {
    account: Account,
    claim: Spend,
    used: Spend,
}

impl Reservation {
    /// Adds to what the call has used.
    pub(crate) fn add(&mut self, used: Spend) {
        self.used = self.used.plus(used);
    }

    pub(crate) fn used(&self) -> Spend {
        self.used
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.account.settle(self.claim, self.used);
    }
}

#[cfg(test)]
mod tests;
