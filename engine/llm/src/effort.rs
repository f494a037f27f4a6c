//! The effort of calls: attempts, faults, tokens, money.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::budget::Spend;
use crate::error::ChatError;
use crate::fault::{FaultAction, FaultKind, HandledFault};
use crate::types::ChatAnswer;

/// The effort of one call. It depends on the provider's behaviour at the time, so it is not part of an exchange's identifier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effort {
    /// Number of requests sent.
    pub attempts: u32,
    /// Faults, in order.
    pub faults: Vec<HandledFault>,
    /// The amount charged, including failed attempts.
    pub spent: Spend,
    /// True if an earlier answer was reused.
    pub reused: bool,
}

/// Totals over calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CallStats {
    /// Calls.
    pub calls: u64,
    /// Calls with an answer.
    pub answered: u64,
    /// Calls that reused an earlier answer.
    pub reused: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Requests sent.
    pub attempts: u64,
    /// Faults by kind.
    pub faults: BTreeMap<FaultKind, u64>,
    /// Faults after which the same request was sent again.
    pub retried: u64,
    /// Faults after which a shorter conversation was sent.
    pub trimmed: u64,
    /// Faults that were returned to the caller.
    pub reported: u64,
    /// Messages that were left out of requests.
    pub trimmed_messages: u64,
    /// Tokens and money, as charged to accounts. `calls` counts those sent to a provider.
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
