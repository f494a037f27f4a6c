//! A call from beginning to end: budget, breaker, throttle, attempts, trimming, accounting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, Semaphore};

use crate::breaker::Breaker;
use crate::budget::{Account, BudgetLimits, ONE_CALL, Reservation, Spend};
use crate::check;
use crate::digest::RequestDigest;
use crate::effort::{CallStats, Effort};
use crate::error::{ChatError, ConfigError};
use crate::fault::{Fault, FaultAction, FaultKind, HandledFault, Said};
use crate::price::Cost;
use crate::redact::Redactor;
use crate::registry::Model;
use crate::retry::{Jitter, RetryPolicy};
use crate::throttle::Throttle;
use crate::time_source::TimeSource;
use crate::transport::{Ask, Endpoint, Transport};
use crate::trim::Trimmer;
use crate::types::{ChatAnswer, ChatRequest, Usage, estimated_tokens};
use crate::wire;

/// Retry and reuse settings of all calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// The retry policy.
    pub retry: RetryPolicy,
    /// The seed of the jitter of waits.
    pub seed: u64,
    /// Answers a request at temperature 0 that is equal to an earlier one with the earlier answer, without a call.
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

/// Models that can be called. Clones share limits, breakers and statistics.
#[derive(Clone)]
pub struct Models(Arc<Inner>);

struct Inner {
    entries: BTreeMap<String, Entry>,
    transport: Transport,
    redactor: Redactor,
    clock: Arc<dyn TimeSource>,
    options: CallOptions,
    stats: Mutex<CallStats>,
    answered: Mutex<BTreeMap<RequestDigest, Arc<OnceCell<Answered>>>>,
}

struct Entry {
    model: Model,
    endpoint: Endpoint,
    breaker: Breaker,
    throttle: Throttle,
    gate: Semaphore,
}

/// An answer, and what the model thought on the way.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) answer: ChatAnswer,
    pub(crate) thinking: Option<String>,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) stream: &'a str,
    pub(crate) sequence: u64,
    pub(crate) account: &'a Account,
    pub(crate) call_limits: &'a BudgetLimits,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Models").field(&self.0.entries.keys().collect::<Vec<_>>()).finish()
    }
}

impl Models {
    /// Makes models callable.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for keys and headers that HTTP cannot carry, or if there is no certificate store for `https`.
    pub fn new(
        models: Vec<Model>,
        options: CallOptions,
        clock: Arc<dyn TimeSource>,
    ) -> Result<Self, ConfigError> {
        let redactor = Redactor::new(models.iter().filter_map(|model| model.key.as_ref()));
        let transport = Transport::new(models.iter().any(|model| model.base_url.starts_with("https:")))?;
        let mut entries = BTreeMap::new();
        for model in models {
            let entry = Entry {
                endpoint: Endpoint::new(&model)?,
                breaker: Breaker::default(),
                throttle: Throttle::new(model.requests_per_minute, model.tokens_per_minute),
                gate: Semaphore::new(model.concurrency as usize),
                model,
            };
            entries.insert(entry.model.name.clone(), entry);
        }
        let (stats, answered) = (Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { entries, transport, redactor, clock, options, stats, answered })))
    }

    /// Names of the models.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.entries.keys().map(String::as_str)
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> CallStats {
        self.0.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A text without the keys of these models.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.0.redactor.text(text)
    }

    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.0.entries.get(name).map(|entry| &entry.model)
    }

    /// Calls a model.
    pub(crate) async fn call(
        &self,
        request: &ChatRequest,
        caller: Caller<'_>,
    ) -> (Result<Answered, ChatError>, Effort) {
        let mut effort = Effort::default();
        let result = self.answer(request, caller, &mut effort).await;
        let mut stats = self.0.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.add(&effort, result.as_ref().map(|answered| &answered.answer));
        drop(stats);
        (result, effort)
    }

    async fn answer(
        &self,
        request: &ChatRequest,
        caller: Caller<'_>,
        effort: &mut Effort,
    ) -> Result<Answered, ChatError> {
        check::check(request).map_err(ChatError::Invalid)?;
        let entry = self.0.entries.get(&request.model).ok_or_else(|| ChatError::NotAllowed {
            model: request.model.clone(),
            allowed: self.names().collect::<Vec<_>>().join(", "),
        })?;
        if !self.0.options.reuse_identical || request.temperature != Some(0.0) {
            return self.ask(entry, request, caller, effort).await;
        }
        let digest = RequestDigest::of(request).map_err(|error| ChatError::Invalid(error.to_string()))?;
        let cell = {
            let mut answered = self.0.answered.lock().unwrap_or_else(PoisonError::into_inner);
            answered.entry(digest).or_default().clone()
        };
        effort.reused = true;
        let answered = cell.get_or_try_init(|| {
            effort.reused = false;
            self.ask(entry, request, caller, effort)
        });
        answered.await.cloned()
    }

    /// Asks, within the budget.
    async fn ask(
        &self,
        entry: &Entry,
        request: &ChatRequest,
        caller: Caller<'_>,
        effort: &mut Effort,
    ) -> Result<Answered, ChatError> {
        let most = entry.model.max_output_tokens;
        let max_tokens = request.max_tokens.unwrap_or(most).min(most);
        let input_tokens = estimated_tokens(wire::body(&entry.model, request, max_tokens).to_string().len());
        let usage = Usage { input_tokens, output_tokens: max_tokens, estimated: true };
        let claim = spent(&entry.model, usage, 1);
        caller.call_limits.check(ONE_CALL, &Spend::default(), &claim)?;
        let mut reservation = caller.account.reserve(claim).await?;
        reservation.add(Spend { calls: 1, ..Spend::default() });
        let mut work = Work {
            models: &self.0,
            entry,
            caller,
            request: request.clone(),
            max_tokens,
            patience_ms: 0,
            faults: 0,
        };
        work.patience_ms = self.0.options.retry.wait_ms_max;
        let result = work.attempts(effort, &mut reservation).await;
        effort.spent = reservation.used();
        result
    }
}

/// What usage comes to.
fn spent(model: &Model, usage: Usage, calls: u64) -> Spend {
    let cost = model.prices.map_or(Cost::default(), |(input, output)| {
        input.of(usage.input_tokens).plus(output.of(usage.output_tokens))
    });
    Spend { calls, input_tokens: usage.input_tokens, output_tokens: usage.output_tokens, cost }
}

/// A call under way.
struct Work<'a> {
    models: &'a Inner,
    entry: &'a Entry,
    caller: Caller<'a>,
    /// As it is sent; trimming shortens it.
    request: ChatRequest,
    max_tokens: u64,
    /// What may still be waited.
    patience_ms: u64,
    /// Attempts that ended in a fault that is retried.
    faults: u32,
}

impl Work<'_> {
    async fn attempts(
        &mut self,
        effort: &mut Effort,
        reservation: &mut Reservation,
    ) -> Result<Answered, ChatError> {
        let mut trimmer = Trimmer::new(&self.request);
        let mut last: Option<Fault> = None;
        loop {
            let Some((said, usage)) = self.attempt(effort, reservation).await else {
                let open = "the circuit breaker is open after repeated failures";
                let last =
                    last.map_or_else(|| open.to_owned(), |fault| format!("{} ({open})", fault.message));
                return Err(self.gave_up(last, effort.attempts));
            };
            let fault = match said {
                Ok(said) => return Ok(self.answered(said, usage, &trimmer)),
                Err(fault) => fault,
            };
            let handled = self.handle(&fault, &mut trimmer);
            effort.faults.push(HandledFault { fault: fault.kind, handled });
            tracing::debug!(model = self.entry.model.name, ?handled, "{}", fault.message);
            match handled {
                FaultAction::Retried { after_ms } => self.models.clock.sleep(after_ms).await,
                FaultAction::Trimmed { .. } => self.request.messages = trimmer.messages(),
                FaultAction::Reported => return Err(self.reported(&fault, effort.attempts)),
            }
            last = Some(fault);
        }
    }

    /// One attempt; nothing when the breaker does not let it through in time.
    async fn attempt(
        &mut self,
        effort: &mut Effort,
        reservation: &mut Reservation,
    ) -> Option<(Result<Said, Fault>, Usage)> {
        let (entry, clock) = (self.entry, &*self.models.clock);
        let model = &entry.model;
        let body_bytes = wire::body(model, &self.request, self.max_tokens).to_string().len();
        let estimate = estimated_tokens(body_bytes);
        let permit = entry.gate.acquire().await.expect("the semaphore is never closed");
        let pass = entry.breaker.admit(clock, &mut self.patience_ms).await?;
        let slot = entry.throttle.admit(clock, estimate.saturating_add(self.max_tokens)).await;
        effort.attempts += 1;
        let ask = Ask {
            endpoint: &entry.endpoint,
            model,
            request: &self.request,
            max_tokens: self.max_tokens,
            redactor: &self.models.redactor,
            clock,
        };
        let attempt = self.models.transport.ask(ask).await;
        drop(permit);
        let failed =
            attempt.result.as_ref().map_or_else(|fault| fault.kind.counts_for_breaker(), |_| Some(false));
        pass.report(failed, clock.now_ms());
        let usage = match (&attempt.usage, &attempt.result) {
            (Some(usage), _) => *usage,
            (None, Ok(said)) => {
                let bytes = serde_json::to_string(&said.message).map_or(0, |text| text.len());
                Usage { input_tokens: estimate, output_tokens: estimated_tokens(bytes), estimated: true }
            }
            // Nobody can tell what a lost answer took.
            (None, Err(_)) => Usage::default(),
        };
        entry.throttle.correct(slot, usage.input_tokens.saturating_add(usage.output_tokens));
        reservation.add(spent(model, usage, 0));
        Some((attempt.result, usage))
    }

    /// What is done about a fault.
    fn handle(&mut self, fault: &Fault, trimmer: &mut Trimmer) -> FaultAction {
        if fault.kind == FaultKind::ContextOverflow {
            let window = self.entry.model.context_window;
            let room = window.map(|window| window.saturating_sub(self.max_tokens));
            return trimmer
                .shorten(room)
                .map_or(FaultAction::Reported, |messages| FaultAction::Trimmed { messages });
        }
        let policy = &self.models.options.retry;
        if !fault.kind.is_retried() || self.faults + 1 >= policy.attempts_max {
            return FaultAction::Reported;
        }
        self.faults += 1;
        let seed = self.models.options.seed;
        let jitter = Jitter { seed, stream: self.caller.stream, sequence: self.caller.sequence };
        let after_ms = policy.wait_ms(self.faults, fault.retry_after_ms, jitter);
        if after_ms > self.patience_ms {
            return FaultAction::Reported;
        }
        self.patience_ms -= after_ms;
        FaultAction::Retried { after_ms }
    }

    fn reported(&self, fault: &Fault, attempts: u32) -> ChatError {
        let (model, message) = (self.entry.model.name.clone(), fault.message.clone());
        match fault.kind {
            FaultKind::ContextOverflow => ChatError::Context { model, message },
            FaultKind::Refused => ChatError::Refused { model, status: fault.status, message },
            _ => self.gave_up(message, attempts),
        }
    }

    fn gave_up(&self, last: String, attempts: u32) -> ChatError {
        ChatError::Provider { model: self.entry.model.name.clone(), last, attempts }
    }

    fn answered(&self, said: Said, usage: Usage, trimmer: &Trimmer) -> Answered {
        let answer = ChatAnswer {
            message: said.message,
            finish_reason: said.finish,
            usage,
            trimmed_messages: trimmer.dropped(),
        };
        Answered { answer, thinking: said.thinking }
    }
}
