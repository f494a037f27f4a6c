//! Settings of clients and sessions.

use std::collections::BTreeSet;

use crate::account::Account;
use crate::budget::BudgetLimits;
use crate::retry::RetryPolicy;

/// Retry and reuse settings of all calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// The retry policy.
    pub retry: RetryPolicy,
    /// The seed of the jitter of waits.
    pub seed: u64,
    /// Answers a request at temperature 0 that equals an earlier one with the earlier answer, without a call.
    pub reuse_identical: bool,
}

impl CallOptions {
    /// Sets the retry policy.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets the seed of the jitter of waits.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets whether equal requests at temperature 0 share one answer.
    #[must_use]
    pub fn reuse_identical(mut self, reuse: bool) -> Self {
        self.reuse_identical = reuse;
        self
    }
}

/// The stream, models and budget of a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionOptions {
    /// The name of the session's stream in the cassette; each guest has its own.
    pub stream: String,
    /// The models that the session may call.
    pub models: BTreeSet<String>,
    /// The account that calls are charged to.
    pub account: Account,
    /// Limits of a single call.
    pub call_limits: BudgetLimits,
    /// Ends the session on an outage. If true, the outage is returned as [`SessionError::Outage`](crate::SessionError::Outage) or
    /// [`SessionError::Budget`](crate::SessionError::Budget) and not recorded, so a session that continues the stream asks again;
    /// if false, it is recorded and returned like any other failure. Outages are a provider that fails in all attempts, that
    /// refuses key, model, payment or the form of a request, or that refuses a call of a model that has never answered; and an
    /// exhausted budget above the session's own account.
    pub outages_stop: bool,
}

impl SessionOptions {
    /// Creates options without limits of a single call; outages are recorded as failures.
    #[must_use]
    pub fn new(stream: impl Into<String>, models: BTreeSet<String>, account: Account) -> Self {
        let call_limits = BudgetLimits::default();
        Self { stream: stream.into(), models, account, call_limits, outages_stop: false }
    }

    /// Sets the limits of each single call.
    #[must_use]
    pub fn call_limits(mut self, limits: BudgetLimits) -> Self {
        self.call_limits = limits;
        self
    }

    /// Sets whether an outage ends the session: see [`SessionOptions::outages_stop`](#structfield.outages_stop).
    #[must_use]
    pub fn outages_stop(mut self, stop: bool) -> Self {
        self.outages_stop = stop;
        self
    }
}
