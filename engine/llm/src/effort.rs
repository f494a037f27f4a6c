//! The effort of calls: attempts, faults, tokens, money.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::budget::Spend;
use crate::cassette::{Exchange, ExchangeOutcome};
use crate::error::{ChatError, Failure, FailureKind};
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
    /// Number of calls.
    pub calls: u64,
    /// Number of calls with an answer.
    pub answered: u64,
    /// Number of calls that failed.
    pub failed: u64,
    /// Number of calls that the provider refused.
    pub refused: u64,
    /// Number of answers with neither text nor calls.
    pub empty: u64,
    /// Number of answers that were repaired.
    pub repaired: u64,
    /// Number of answers whose tokens the provider did not count, so that they are estimates.
    pub estimated: u64,
    /// Number of faults after which the same request was sent again.
    pub retried: u64,
    /// Waits between attempts in milliseconds.
    pub waited_ms: u64,
    /// Tokens of requests that the provider had cached, which are part of `spent`.
    pub cached_tokens: u64,
    /// Tokens of hidden reasoning, which are part of `spent`.
    pub reasoning_tokens: u64,
    /// Tokens and money.
    pub spent: Spend,
    /// The last failure, in the provider's words.
    pub last_failure: Option<String>,
}

impl ModelStats {
    fn add(&mut self, later: &Self) {
        self.calls += later.calls;
        self.answered += later.answered;
        self.failed += later.failed;
        self.refused += later.refused;
        self.empty += later.empty;
        self.repaired += later.repaired;
        self.estimated += later.estimated;
        self.retried += later.retried;
        self.waited_ms += later.waited_ms;
        self.cached_tokens = self.cached_tokens.saturating_add(later.cached_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(later.reasoning_tokens);
        self.spent = self.spent.plus(later.spent);
        if later.last_failure.is_some() {
            self.last_failure.clone_from(&later.last_failure);
        }
    }
}

/// Totals over calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CallStats {
    /// Number of calls.
    pub calls: u64,
    /// Number of calls with an answer.
    pub answered: u64,
    /// Number of calls that reused an earlier answer.
    pub reused: u64,
    /// Number of calls that failed.
    pub failed: u64,
    /// Number of calls that the provider refused, including filtered ones.
    pub refused: u64,
    /// Number of calls whose request or answer a filter held back.
    pub filtered: u64,
    /// Number of answers with neither text nor calls.
    pub empty: u64,
    /// Number of answers with text or calls that ended at their limit.
    pub cut: u64,
    /// Number of answers that were repaired.
    pub repaired: u64,
    /// Number of answers whose tokens the provider did not count, so that they are estimates.
    pub estimated: u64,
    /// Repairs by kind.
    pub repairs: BTreeMap<Repair, u64>,
    /// Number of requests sent.
    pub attempts: u64,
    /// Faults by kind.
    pub faults: BTreeMap<FaultKind, u64>,
    /// Number of faults after which the same request was sent again.
    pub retried: u64,
    /// Waits between attempts in milliseconds.
    pub waited_ms: u64,
    /// Number of faults after which the request was sent in another form.
    pub adapted: u64,
    /// Number of faults after which a shorter conversation was sent.
    pub trimmed: u64,
    /// Number of faults that were returned to the caller.
    pub reported: u64,
    /// Number of messages that were left out of requests.
    pub trimmed_messages: u64,
    /// The last refusal, in the provider's words.
    pub last_refusal: Option<String>,
    /// Tokens and money, as charged to accounts. `calls` counts those sent to a provider.
    pub spent: Spend,
    /// Totals by model.
    pub models: BTreeMap<String, ModelStats>,
}

impl CallStats {
    /// Adds the totals of later calls.
    #[must_use]
    pub fn plus(mut self, later: &Self) -> Self {
        self.calls += later.calls;
        self.answered += later.answered;
        self.reused += later.reused;
        self.failed += later.failed;
        self.refused += later.refused;
        self.filtered += later.filtered;
        self.empty += later.empty;
        self.cut += later.cut;
        self.repaired += later.repaired;
        self.estimated += later.estimated;
        self.attempts += later.attempts;
        self.retried += later.retried;
        self.waited_ms += later.waited_ms;
        self.adapted += later.adapted;
        self.trimmed += later.trimmed;
        self.reported += later.reported;
        self.trimmed_messages += later.trimmed_messages;
        self.spent = self.spent.plus(later.spent);
        for (repair, count) in &later.repairs {
            *self.repairs.entry(*repair).or_default() += count;
        }
        for (fault, count) in &later.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
        for (name, one) in &later.models {
            self.models.entry(name.clone()).or_default().add(one);
        }
        if later.last_refusal.is_some() {
            self.last_refusal.clone_from(&later.last_refusal);
        }
        self
    }

    /// Adds a call.
    pub(crate) fn add(&mut self, model: &str, effort: &Effort, result: Result<&ChatAnswer, &ChatError>) {
        self.add_result(model, effort, result.map_err(FailedCall::of));
    }

    /// Adds a recorded call.
    pub fn add_recorded(&mut self, exchange: &Exchange, effort: &Effort) {
        let asked = &exchange.request.model;
        match &exchange.outcome {
            ExchangeOutcome::Answer(answer) => self.add_result(answer.model(asked), effort, Ok(answer)),
            ExchangeOutcome::Error(failure) => {
                self.add_result(asked, effort, Err(FailedCall::recorded(failure)))
            }
        }
    }

    fn add_result(&mut self, model: &str, effort: &Effort, result: Result<&ChatAnswer, FailedCall>) {
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
                self.cut += u64::from(answer.is_cut());
                self.repaired += repaired;
                self.filtered += u64::from(answer.finish_reason == FinishReason::ContentFilter);
                one.empty += empty;
                one.repaired += repaired;
                let Usage { cached_tokens, reasoning_tokens, estimated, .. } = answer.usage;
                self.estimated += u64::from(estimated);
                one.estimated += u64::from(estimated);
                one.cached_tokens = one.cached_tokens.saturating_add(cached_tokens);
                one.reasoning_tokens = one.reasoning_tokens.saturating_add(reasoning_tokens);
                for repair in &answer.repairs {
                    *self.repairs.entry(*repair).or_default() += 1;
                }
            }
            Err(failed) => {
                self.failed += 1;
                one.failed += 1;
                one.last_failure = Some(failed.message.clone());
                if failed.refused {
                    self.refused += 1;
                    one.refused += 1;
                    self.filtered += u64::from(failed.filtered);
                    self.last_refusal = Some(failed.message);
                }
            }
        }
        self.spent = self.spent.plus(effort.spent);
        one.spent = one.spent.plus(effort.spent);
    }
}

/// A call without an answer.
struct FailedCall {
    message: String,
    refused: bool,
    filtered: bool,
}

impl FailedCall {
    fn of(error: &ChatError) -> Self {
        let filtered = matches!(error, ChatError::Filtered { .. });
        Self { message: error.to_string(), refused: error.is_refusal(), filtered }
    }

    /// Returns what a record still tells about a failure: its words distinguish refusals of a provider from those of the host.
    fn recorded(failure: &Failure) -> Self {
        let says = |words: &str| failure.message.contains(words);
        let refused = match failure.kind {
            FailureKind::Refused => says("refused with status") || says("a filter refused"),
            FailureKind::Context => true,
            FailureKind::Invalid => says(" refuses a tool: "),
            _ => false,
        };
        Self { message: failure.message.clone(), refused, filtered: refused && says("a filter refused") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_refusals_as_the_calls_did() {
        let (model, message) = ("m".to_owned(), "no".to_owned());
        for error in [
            ChatError::Refused { model: model.clone(), status: 400, message: message.clone() },
            ChatError::Misfit { model: model.clone(), status: 400, message: message.clone() },
            ChatError::Filtered { model: model.clone(), message: message.clone() },
            ChatError::Context { model: model.clone(), message: message.clone() },
            ChatError::Tool { model: model.clone(), message: message.clone() },
            ChatError::Invalid(message.clone()),
            ChatError::NotAllowed { model: model.clone(), allowed: "n".to_owned() },
            ChatError::Provider { model, last: message, attempts: 3 },
        ] {
            let (told, read) = (FailedCall::of(&error), FailedCall::recorded(&Failure::from(&error)));
            assert_eq!((told.refused, told.filtered), (read.refused, read.filtered), "{error}");
        }
    }
}
