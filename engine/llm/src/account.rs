//! Accounts: a chain of budgets, such as run → agent → generation.
//!
//! A call is charged to its account and to every account above it. Before the call its claim is held in all of them;
//! afterwards the claim is replaced by the amount used, so the sum spent is exact however many calls run concurrently. A claim
//! is an estimate of the input plus the limit of the output. A call that used more than its claim is charged in full, and the
//! next one is refused.
//!
//! **Invariant:** a call is refused only because of the amount spent and its own claim. If it does not fit because of claims
//! that are still held, it waits until they are settled.

use std::sync::Arc;

use hyperspace_core::Mutex;
use tokio::sync::Notify;

use crate::budget::{BudgetExceeded, BudgetLimits, Spend};

/// A budget in a chain of budgets. Clones share one balance.
#[derive(Debug, Clone)]
pub struct Account(Arc<AccountNode>);

#[derive(Debug)]
struct AccountNode {
    name: String,
    limits: BudgetLimits,
    parent: Option<Arc<AccountNode>>,
    balance: Mutex<Balance>,
    settlement: Arc<Settlement>,
}

#[derive(Debug, Default)]
struct Balance {
    spent: Spend,
    held: Spend,
}

/// State shared by all accounts of a chain. The gate is held while several balances are read or changed.
#[derive(Debug, Default)]
struct Settlement {
    gate: Mutex<()>,
    settled: Notify,
}

impl Account {
    /// Creates an account without a parent; `name` appears in refusals.
    #[must_use]
    pub fn new(name: impl Into<String>, limits: BudgetLimits) -> Self {
        Self::with_spent(name, limits, Spend::default())
    }

    /// Creates an account without a parent that has already spent `spent`, as after a restart.
    #[must_use]
    pub fn with_spent(name: impl Into<String>, limits: BudgetLimits, spent: Spend) -> Self {
        let balance = Mutex::new(Balance { spent, held: Spend::default() });
        let (name, settlement) = (name.into(), Arc::default());
        Self(Arc::new(AccountNode { name, limits, parent: None, balance, settlement }))
    }

    /// Creates an account below this one.
    #[must_use]
    pub fn child(&self, name: impl Into<String>, limits: BudgetLimits) -> Self {
        self.child_with_spent(name, limits, Spend::default())
    }

    /// Creates an account below this one that has already spent `spent`. The amount must be part of this account's own sum; it
    /// is not charged again.
    #[must_use]
    pub fn child_with_spent(&self, name: impl Into<String>, limits: BudgetLimits, spent: Spend) -> Self {
        let balance = Mutex::new(Balance { spent, held: Spend::default() });
        let (parent, settlement) = (Some(Arc::clone(&self.0)), Arc::clone(&self.0.settlement));
        Self(Arc::new(AccountNode { name: name.into(), limits, parent, balance, settlement }))
    }

    /// Returns the name that refusals show.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the amount spent, excluding calls in flight.
    #[must_use]
    pub fn spent(&self) -> Spend {
        self.0.balance.lock().spent
    }

    /// Returns whether this account or one above it limits cost.
    #[must_use]
    pub fn limits_cost(&self) -> bool {
        self.chain().any(|node| node.limits.cost.is_some())
    }

    fn chain(&self) -> impl Iterator<Item = &AccountNode> {
        std::iter::successors(Some(&*self.0), |node| node.parent.as_deref())
    }

    /// Holds a claim in the whole chain. If the claim only fits after other claims are settled, waits for that.
    pub(crate) async fn reserve(&self, claim: Spend) -> Result<Reservation, BudgetExceeded> {
        loop {
            let settled = self.0.settlement.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if self.try_reserve(&claim)? {
                return Ok(Reservation { account: self.clone(), claim, used: Spend::default() });
            }
            settled.await;
        }
    }

    /// Returns whether the claim could be held.
    fn try_reserve(&self, claim: &Spend) -> Result<bool, BudgetExceeded> {
        let _gate = self.0.settlement.gate.lock();
        let mut fits = true;
        for node in self.chain() {
            let balance = node.balance.lock();
            node.limits.check(&node.name, &balance.spent, claim)?;
            fits &= node.limits.check(&node.name, &balance.spent.plus(balance.held), claim).is_ok();
        }
        if fits {
            for node in self.chain() {
                let mut balance = node.balance.lock();
                balance.held = balance.held.plus(*claim);
            }
        }
        Ok(fits)
    }

    /// Charges an amount without a claim, as for calls that are answered from a cassette.
    pub fn charge(&self, used: Spend) {
        self.settle(Spend::default(), used);
    }

    fn settle(&self, claim: Spend, used: Spend) {
        {
            let _gate = self.0.settlement.gate.lock();
            for node in self.chain() {
                let mut balance = node.balance.lock();
                balance.held = balance.held.minus(claim);
                balance.spent = balance.spent.plus(used);
            }
        }
        self.0.settlement.settled.notify_waiters();
    }
}

/// A held claim. Dropping it settles the claim with the amount used so far.
#[derive(Debug)]
pub(crate) struct Reservation {
    account: Account,
    claim: Spend,
    used: Spend,
}

impl Reservation {
    /// Adds to the amount used.
    pub(crate) fn add(&mut self, used: Spend) {
        self.used = self.used.plus(used);
    }

    /// Returns the amount used so far.
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
