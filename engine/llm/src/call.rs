//! One call of a model: attempts, circuit breaker, throttle, retries, trimming, accounting.

use tokio::sync::Semaphore;

use crate::account::Reservation;
use crate::breaker::{Breaker, ProviderHealth};
use crate::effort::Effort;
use crate::error::{ChatError, ConfigError};
use crate::fault::{FaultAction, FaultKind, HandledFault, ProviderAnswer, ProviderFault};
use crate::options::CallOptions;
use crate::redact::Redactor;
use crate::registry::Model;
use crate::retry::JitterKey;
use crate::throttle::Throttle;
use crate::time_source::TimeSource;
use crate::transport::{Endpoint, HttpAttempt, Transport};
use crate::trim::Trimmer;
use crate::types::{ChatAnswer, ChatRequest, Usage, estimated_tokens};
use crate::wire;

/// A model with the state that its calls share.
pub(crate) struct CalledModel {
    pub(crate) model: Model,
    endpoint: Endpoint,
    breaker: Breaker,
    throttle: Throttle,
    /// Permits for concurrent requests.
    concurrency: Semaphore,
}

impl CalledModel {
    /// # Errors
    ///
    /// [`ConfigError`] for keys and headers that HTTP cannot carry.
    pub(crate) fn new(model: Model) -> Result<Self, ConfigError> {
        Ok(Self {
            endpoint: Endpoint::new(&model)?,
            breaker: Breaker::default(),
            throttle: Throttle::new(model.requests_per_minute, model.tokens_per_minute),
            concurrency: Semaphore::new(model.concurrency as usize),
            model,
        })
    }
}

/// An answer without keys, and the model's thinking.
#[derive(Debug, Clone)]
pub(crate) struct RedactedAnswer {
    pub(crate) answer: ChatAnswer,
    pub(crate) thinking: Option<String>,
}

/// A call in progress.
pub(crate) struct PendingCall<'a> {
    pub(crate) transport: &'a Transport,
    pub(crate) redactor: &'a Redactor,
    pub(crate) clock: &'a dyn TimeSource,
    pub(crate) options: CallOptions,
    pub(crate) called: &'a CalledModel,
    pub(crate) stream: &'a str,
    pub(crate) sequence: u64,
    /// The request as it is sent; trimming shortens it.
    pub(crate) request: ChatRequest,
    pub(crate) max_tokens: u64,
    /// The remaining wait of the call in milliseconds.
    pub(crate) patience_ms: u64,
    /// Attempts that ended in a fault that is retried.
    pub(crate) faults: u32,
}

impl PendingCall<'_> {
    /// Sends the request until it is answered or a fault is reported.
    ///
    /// # Errors
    ///
    /// The reported fault.
    pub(crate) async fn run(
        mut self,
        effort: &mut Effort,
        reservation: &mut Reservation,
    ) -> Result<RedactedAnswer, ChatError> {
        let mut trimmer = Trimmer::new(&self.request);
        let mut last: Option<ProviderFault> = None;
        loop {
            let Some((answer, usage)) = self.attempt(effort, reservation).await else {
                let open = "the circuit breaker is open after repeated failures";
                let last =
                    last.map_or_else(|| open.to_owned(), |fault| format!("{} ({open})", fault.message));
                return Err(self.gave_up(last, effort.attempts));
            };
            let fault = match answer {
                Ok(answer) => return Ok(answered(answer, usage, &trimmer)),
                Err(fault) => fault,
            };
            let handled = self.handle(&fault, &mut trimmer);
            effort.faults.push(HandledFault { fault: fault.kind, handled });
            tracing::debug!(model = self.called.model.name, ?handled, "{}", fault.message);
            match handled {
                FaultAction::Retried { after_ms } => self.clock.sleep(after_ms).await,
                FaultAction::Trimmed { .. } => self.request.messages = trimmer.messages(),
                FaultAction::Reported => return Err(self.reported(&fault, effort.attempts)),
            }
            last = Some(fault);
        }
    }

    /// Makes one attempt. Returns `None` if the circuit breaker does not admit it in time.
    async fn attempt(
        &mut self,
        effort: &mut Effort,
        reservation: &mut Reservation,
    ) -> Option<(Result<ProviderAnswer, ProviderFault>, Usage)> {
        let called = self.called;
        let model = &called.model;
        let body_bytes = wire::body(model, &self.request, self.max_tokens).to_string().len();
        let estimate = estimated_tokens(body_bytes);
        let permit = called.concurrency.acquire().await.expect("the semaphore is never closed");
        let admitted = called.breaker.admit(self.clock, &mut self.patience_ms).await?;
        let number = called.throttle.admit(self.clock, estimate.saturating_add(self.max_tokens)).await;
        effort.attempts += 1;
        let request = HttpAttempt {
            endpoint: &called.endpoint,
            model,
            request: &self.request,
            max_tokens: self.max_tokens,
            redactor: self.redactor,
            clock: self.clock,
        };
        let attempt = self.transport.send(request).await;
        drop(permit);
        let health =
            attempt.answer.as_ref().map_or_else(|fault| fault.kind.health(), |_| ProviderHealth::Working);
        admitted.report(health, self.clock.now_ms());
        let usage = match (&attempt.usage, &attempt.answer) {
            (Some(usage), _) => *usage,
            (None, Ok(answer)) => {
                let bytes = serde_json::to_string(&answer.message).map_or(0, |text| text.len());
                Usage { input_tokens: estimate, output_tokens: estimated_tokens(bytes), estimated: true }
            }
            // The tokens of a lost answer are unknown.
            (None, Err(_)) => Usage::default(),
        };
        called.throttle.correct(number, usage.input_tokens.saturating_add(usage.output_tokens));
        reservation.add(model.spend(usage));
        Some((attempt.answer, usage))
    }

    /// Decides the action on a fault.
    fn handle(&mut self, fault: &ProviderFault, trimmer: &mut Trimmer) -> FaultAction {
        if fault.kind == FaultKind::ContextOverflow {
            let window = self.called.model.context_window;
            let room = window.map(|window| window.saturating_sub(self.max_tokens));
            return trimmer
                .shorten(room)
                .map_or(FaultAction::Reported, |messages| FaultAction::Trimmed { messages });
        }
        let policy = &self.options.retry;
        if !fault.kind.is_retried() || self.faults + 1 >= policy.attempts_max {
            return FaultAction::Reported;
        }
        self.faults += 1;
        let key = JitterKey { seed: self.options.seed, stream: self.stream, sequence: self.sequence };
        let after_ms = policy.wait_ms(self.faults, fault.retry_after_ms, key);
        if after_ms > self.patience_ms {
            return FaultAction::Reported;
        }
        self.patience_ms -= after_ms;
        FaultAction::Retried { after_ms }
    }

    fn reported(&self, fault: &ProviderFault, attempts: u32) -> ChatError {
        let (model, message) = (self.called.model.name.clone(), fault.message.clone());
        match fault.kind {
            FaultKind::ContextOverflow => ChatError::Context { model, message },
            FaultKind::Refused => ChatError::Refused { model, status: fault.status, message },
            _ => self.gave_up(message, attempts),
        }
    }

    fn gave_up(&self, last: String, attempts: u32) -> ChatError {
        ChatError::Provider { model: self.called.model.name.clone(), last, attempts }
    }
}

fn answered(answer: ProviderAnswer, usage: Usage, trimmer: &Trimmer) -> RedactedAnswer {
    let ProviderAnswer { message, finish, thinking } = answer;
    let trimmed_messages = trimmer.dropped();
    let answer = ChatAnswer { message, finish_reason: finish, usage, trimmed_messages };
    RedactedAnswer { answer, thinking }
}
