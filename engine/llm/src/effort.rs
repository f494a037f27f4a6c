//! What calls took: attempts, faults, tokens, money.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::budget::Spend;
use crate::error::ChatError;
use crate::fault::{FaultAction, FaultKind, HandledFault};
use crate::types::ChatAnswer;

/// What one call took. It depends on the provider's day, so it is no part of what an exchange is named by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effort {
    /// Requests that were sent.
    pub attempts: u32,
    /// What went wrong on the way, in order.
    pub faults: Vec<HandledFault>,
    /// What was charged, of attempts that failed as well.
    pub spent: Spend,
    /// Whether an earlier answer was given again.
    pub reused: bool,
}

/// Sums over calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CallStats {
    /// Calls.
    pub calls: u64,
    /// Calls with an answer.
    pub answered: u64,
    /// Calls that got an earlier answer again.
    pub reused: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Requests that were sent.
    pub attempts: u64,
    /// Faults by kind.
    pub faults: BTreeMap<FaultKind, u64>,
    /// Faults after which the same was asked again.
    pub retried: u64,
    /// Faults after which a shorter conversation was asked.
    pub trimmed: u64,
    /// Faults that were given to the caller.
    pub reported: u64,
    /// Messages that models did not get.
    pub trimmed_messages: u64,
    /// Tokens and money, as accounts are charged. `calls` are those that were sent to a provider.
    pub spent: Spend,
}

impl CallStats {
    pub(crate) fn add(&mut self, effort: &Effort, result: Result<&ChatAnswer, &ChatError>) {
        self.calls += 1;
        self.reused += u64::from(effort.reused);
        self.attempts += u64::from(effort.attempts);
        for handled in &effort.faults {
            *self.faults.entry(handled.fault).or_default() += 1;
            match handled.handled {
                FaultAction::Retried { .. } => self.retried += 1,
                FaultAction::Trimmed { .. } => self.trimmed += 1,
                FaultAction::Reported => self.reported += 1,
            }
        }
        match result {
            Ok(answer) => {
                self.answered += 1;
                self.trimmed_messages += answer.trimmed_messages;
            }
            Err(_) => self.failed += 1,
        }
        self.spent = self.spent.plus(effort.spent);
    }
}
