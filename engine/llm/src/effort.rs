//! The effort of calls: attempts, faults, tokens, money.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::budget::Spend;
use crate::error::ChatError;
use crate::fault::{FaultAction, FaultKind, HandledFault};
use crate::repair::Repair;
use crate::types::{ChatAnswer, FinishReason, Usage};

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

impl Effort {
    /// Returns the waits between attempts in milliseconds.
    #[must_use]
    pub fn waited_ms(&self) -> u64 {
        let waits = self.faults.iter().map(|fault| match fault.handled {
            FaultAction::Retried { after_ms } => after_ms,
            _ => 0,
        });
        waits.sum()
    }

    /// Adds the effort of a later part of the same call.
    pub(crate) fn add(&mut self, later: Self) {
        self.attempts += later.attempts;
        self.faults.extend(later.faults);
        self.spent = self.spent.plus(later.spent);
        self.reused = later.reused;
    }
}

/// Totals over calls of one model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelStats {
    /// Calls.
    pub calls: u64,
    /// Calls with an answer.
    pub answered: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Calls that the provider refused.
    pub refused: u64,
    /// Answers with neither text nor calls.
    pub empty: u64,
    /// Answers that were repaired.
    pub repaired: u64,
    /// Faults after which the same request was sent again.
    pub retried: u64,
    /// Waits between attempts in milliseconds.
    pub waited_ms: u64,
    /// Tokens of requests that the provider had from before; part of `spent`.
    pub cached_tokens: u64,
    /// Tokens of hidden reasoning; part of `spent`.
    pub reasoning_tokens: u64,
    /// Tokens and money.
    pub spent: Spend,
    /// The last failure, in the provider's words.
    pub last_failure: Option<String>,
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
    /// Calls that the provider refused, filtered ones among them.
    pub refused: u64,
    /// Calls whose request or answer a filter held back.
    pub filtered: u64,
    /// Answers with neither text nor calls.
    pub empty: u64,
    /// Answers that were repaired.
    pub repaired: u64,
    /// Repairs by kind.
    pub repairs: BTreeMap<Repair, u64>,
    /// Requests sent.
    pub attempts: u64,
    /// Faults by kind.
    pub faults: BTreeMap<FaultKind, u64>,
    /// Faults after which the same request was sent again.
    pub retried: u64,
    /// Waits between attempts in milliseconds.
    pub waited_ms: u64,
    /// Faults after which the request was sent in another form.
    pub adapted: u64,
    /// Faults after which a shorter conversation was sent.
    pub trimmed: u64,
    /// Faults that were returned to the caller.
    pub reported: u64,
    /// Messages that were left out of requests.
    pub trimmed_messages: u64,
    /// The last refusal, in the provider's words.
    pub last_refusal: Option<String>,
    /// Tokens and money, as charged to accounts. `calls` counts those sent to a provider.
    pub spent: Spend,
    /// Totals by model.
    pub models: BTreeMap<String, ModelStats>,
}

impl CallStats {
    pub(crate) fn add(&mut self, model: &str, effort: &Effort, result: Result<&ChatAnswer, &ChatError>) {
        self.calls += 1;
        self.reused += u64::from(effort.reused);
        self.attempts += u64::from(effort.attempts);
        let retried_before = self.retried;
        for handled in &effort.faults {
            *self.faults.entry(handled.fault).or_default() += 1;
            match handled.handled {
                FaultAction::Retried { .. } => self.retried += 1,
                FaultAction::Trimmed { .. } => self.trimmed += 1,
                FaultAction::Adapted { .. } => self.adapted += 1,
                FaultAction::Reported => self.reported += 1,
            }
        }
        self.waited_ms += effort.waited_ms();
        let one = self.models.entry(model.to_owned()).or_default();
        one.calls += 1;
        one.retried += self.retried - retried_before;
        one.waited_ms += effort.waited_ms();
        match result {
            Ok(answer) => {
                self.answered += 1;
                one.answered += 1;
                self.trimmed_messages += answer.trimmed_messages;
                let (empty, repaired) = (u64::from(answer.is_empty()), u64::from(!answer.repairs.is_empty()));
                self.empty += empty;
                self.repaired += repaired;
                self.filtered += u64::from(answer.finish_reason == FinishReason::ContentFilter);
                one.empty += empty;
                one.repaired += repaired;
                let Usage { cached_tokens, reasoning_tokens, .. } = answer.usage;
                one.cached_tokens = one.cached_tokens.saturating_add(cached_tokens);
                one.reasoning_tokens = one.reasoning_tokens.saturating_add(reasoning_tokens);
                for repair in &answer.repairs {
                    *self.repairs.entry(*repair).or_default() += 1;
                }
            }
            Err(error) => {
                self.failed += 1;
                one.failed += 1;
                one.last_failure = Some(error.to_string());
                if error.is_refusal() {
                    self.refused += 1;
                    one.refused += 1;
                    self.filtered += u64::from(matches!(error, ChatError::Filtered { .. }));
                    self.last_refusal = Some(error.to_string());
                }
            }
        }
        self.spent = self.spent.plus(effort.spent);
        one.spent = one.spent.plus(effort.spent);
    }
}
