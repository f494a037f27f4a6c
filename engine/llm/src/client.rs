//! The client: callable models with shared rate limits, circuit breakers and statistics.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::Mutex;
use tokio::sync::OnceCell;

use crate::account::Account;
use crate::budget::{BudgetLimits, ONE_CALL, Spend};
use crate::call::{CalledModel, PendingCall, RedactedAnswer};
use crate::check;
use crate::digest::RequestDigest;
use crate::effort::{CallStats, Effort};
use crate::error::{ChatError, ConfigError};
use crate::options::CallOptions;
use crate::redact::Redactor;
use crate::registry::Model;
use crate::time_source::TimeSource;
use crate::transport::Transport;
use crate::types::{ChatRequest, Usage, estimated_tokens};
use crate::wire;

/// Models that can be called. Clones share rate limits, circuit breakers and statistics.
#[derive(Clone)]
pub struct Models(Arc<ClientState>);

struct ClientState {
    models: BTreeMap<String, CalledModel>,
    transport: Transport,
    redactor: Redactor,
    clock: Arc<dyn TimeSource>,
    options: CallOptions,
    stats: Mutex<CallStats>,
    answers: Mutex<BTreeMap<RequestDigest, Arc<OnceCell<RedactedAnswer>>>>,
}

/// The origin of a call, and its budget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) stream: &'a str,
    pub(crate) sequence: u64,
    pub(crate) account: &'a Account,
    pub(crate) call_limits: &'a BudgetLimits,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Models").field(&self.0.models.keys().collect::<Vec<_>>()).finish()
    }
}

impl Models {
    /// Makes models callable.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for keys and headers that HTTP cannot carry, or if an `https` model is given and the system has no
    /// certificate store.
    pub fn new(
        models: Vec<Model>,
        options: CallOptions,
        clock: Arc<dyn TimeSource>,
    ) -> Result<Self, ConfigError> {
        let redactor = Redactor::new(models.iter().filter_map(|model| model.key.as_ref()));
        let transport = Transport::new(models.iter().any(|model| model.base_url.starts_with("https:")))?;
        let called = models.into_iter().map(|model| Ok((model.name.clone(), CalledModel::new(model)?)));
        let models = called.collect::<Result<_, ConfigError>>()?;
        let (stats, answers) = (Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(ClientState { models, transport, redactor, clock, options, stats, answers })))
    }

    /// Returns the names of the models.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.models.keys().map(String::as_str)
    }

    /// Returns the totals of all calls so far.
    #[must_use]
    pub fn stats(&self) -> CallStats {
        self.0.stats.lock().clone()
    }

    /// Removes the keys of these models from a text.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.0.redactor.text(text)
    }

    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.0.models.get(name).map(|called| &called.model)
    }

    /// Calls a model.
    pub(crate) async fn call(
        &self,
        request: &ChatRequest,
        caller: Caller<'_>,
    ) -> (Result<RedactedAnswer, ChatError>, Effort) {
        let mut effort = Effort::default();
        let result = self.answer(request, caller, &mut effort).await;
        let mut stats = self.0.stats.lock();
        stats.add(&effort, result.as_ref().map(|answered| &answered.answer));
        drop(stats);
        (result, effort)
    }

    async fn answer(
        &self,
        request: &ChatRequest,
        caller: Caller<'_>,
        effort: &mut Effort,
    ) -> Result<RedactedAnswer, ChatError> {
        check::check(request).map_err(ChatError::Invalid)?;
        let called = self.0.models.get(&request.model).ok_or_else(|| ChatError::NotAllowed {
            model: request.model.clone(),
            allowed: self.names().collect::<Vec<_>>().join(", "),
        })?;
        if !self.0.options.reuse_identical || request.temperature != Some(0.0) {
            return self.send(called, request, caller, effort).await;
        }
        let digest = RequestDigest::of(request).map_err(|error| ChatError::Invalid(error.to_string()))?;
        let cell = {
            let mut answers = self.0.answers.lock();
            answers.entry(digest).or_default().clone()
        };
        effort.reused = true;
        let answer = cell.get_or_try_init(|| {
            effort.reused = false;
            self.send(called, request, caller, effort)
        });
        answer.await.cloned()
    }

    /// Sends the request if the budget allows it.
    async fn send(
        &self,
        called: &CalledModel,
        request: &ChatRequest,
        caller: Caller<'_>,
        effort: &mut Effort,
    ) -> Result<RedactedAnswer, ChatError> {
        let most = called.model.max_output_tokens;
        let max_tokens = request.max_tokens.unwrap_or(most).min(most);
        let input_tokens = estimated_tokens(wire::body(&called.model, request, max_tokens).to_string().len());
        let usage = Usage { input_tokens, output_tokens: max_tokens, estimated: true };
        let claim = Spend { calls: 1, ..called.model.spend(usage) };
        caller.call_limits.check(ONE_CALL, &Spend::default(), &claim)?;
        let mut reservation = caller.account.reserve(claim).await?;
        reservation.add(Spend { calls: 1, ..Spend::default() });
        let call = PendingCall {
            transport: &self.0.transport,
            redactor: &self.0.redactor,
            clock: &*self.0.clock,
            options: self.0.options,
            called,
            stream: caller.stream,
            sequence: caller.sequence,
            request: request.clone(),
            max_tokens,
            patience_ms: self.0.options.retry.wait_ms_max,
            faults: 0,
        };
        let result = call.run(effort, &mut reservation).await;
        effort.spent = reservation.used();
        result
    }
}
