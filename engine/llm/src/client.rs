//! The client: callable models with shared rate limits, circuit breakers and statistics.

mod listing;

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::Mutex;
use tokio::sync::OnceCell;

use crate::account::Account;
use crate::budget::{BudgetLimits, ONE_CALL, Spend};
use crate::call::{FaultCount, PendingCall, RedactedAnswer};
use crate::called_model::CalledModel;
use crate::check;
use crate::digest::RequestDigest;
use crate::effort::{CallStats, Effort};
use crate::error::{ChatError, ConfigError};
use crate::events::{ModelEvent, ModelEvents, ModelObserver};
use crate::learned::Learned;
use crate::options::CallOptions;
use crate::recall::Recall;
use crate::redact::Redactor;
use crate::registry::Model;
use crate::route::Route;
use crate::time_source::TimeSource;
use crate::transport::Transport;
use crate::types::{ChatRequest, Usage, estimated_tokens};
use crate::wire::{self, OutgoingRequest};

pub use self::listing::ProviderListing;

/// Models that can be called. Clones share rate limits, circuit breakers and statistics.
#[derive(Clone)]
pub struct Models(Arc<ClientState>);

struct ClientState {
    models: BTreeMap<String, CalledModel>,
    routes: BTreeMap<String, Route>,
    events: ModelEvents,
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
    pub(crate) recall: &'a Recall,
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
        Self::with_routes(
            models.into_iter().map(|model| (model, Learned::default())).collect(),
            Vec::new(),
            options,
            clock,
        )
    }

    /// Makes models callable, with earlier lessons about each and names that stand for several of them.
    ///
    /// # Errors
    ///
    /// As [`Models::new`]; [`ConfigError::UnknownModel`] for a name that stands for a model that is not given.
    pub fn with_routes(
        models: Vec<(Model, Learned)>,
        routes: Vec<Route>,
        options: CallOptions,
        clock: Arc<dyn TimeSource>,
    ) -> Result<Self, ConfigError> {
        let redactor = Redactor::of_models(models.iter().map(|(model, _)| model));
        let transport = Transport::new(models.iter().any(|(model, _)| model.base_url.starts_with("https:")))?;
        let called = models
            .into_iter()
            .map(|(model, learned)| Ok((model.name.clone(), CalledModel::new(model, learned)?)));
        let models = called.collect::<Result<BTreeMap<_, _>, ConfigError>>()?;
        if let Some(name) = routes.iter().flat_map(Route::models).find(|name| !models.contains_key(*name)) {
            let variables = "the models that were made callable".to_owned();
            return Err(ConfigError::UnknownModel { model: name.to_owned(), variables });
        }
        let routes = routes.into_iter().map(|route| (route.name().to_owned(), route)).collect();
        let (stats, answers, events) = (Mutex::default(), Mutex::default(), ModelEvents::default());
        let state =
            ClientState { models, routes, events, transport, redactor, clock, options, stats, answers };
        Ok(Self(Arc::new(state)))
    }

    /// Returns the names of the models, and the names that stand for several.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.models.keys().chain(self.0.routes.keys()).map(String::as_str)
    }

    /// Sets the observer, which is called with the events of calls from now on.
    pub fn observe(&self, observer: ModelObserver) {
        self.0.events.observe(observer);
    }

    /// Returns the lessons of each model's provider, under [`Model::lesson_key`]; models without lessons are left out.
    #[must_use]
    pub fn learned(&self) -> BTreeMap<String, Learned> {
        let all = self.0.models.values().map(|called| (called.base.lesson_key(), called.learned()));
        all.filter(|(_, learned)| !learned.is_empty()).collect()
    }

    /// Returns the lessons of a model's provider.
    #[must_use]
    pub fn learned_of(&self, name: &str) -> Option<Learned> {
        self.0.models.get(name).map(CalledModel::learned)
    }

    /// Records that a model has answered a request before, with tools or without, according to a recording. See
    /// [`SessionOptions::outages_stop`](crate::SessionOptions::outages_stop).
    pub fn note_answered(&self, name: &str, tools: bool) {
        for called in self.constituents(name) {
            called.note_answer(tools);
        }
    }

    /// Returns whether a model, or one of those that a name stands for, has ever answered.
    #[must_use]
    pub fn has_answered(&self, name: &str) -> bool {
        self.constituents(name).any(CalledModel::has_answered)
    }

    /// Returns whether a model that never answered was replaced by another one of a chain, which did.
    #[must_use]
    pub fn has_substitute(&self, name: &str) -> bool {
        let chains = self.0.routes.values().flat_map(Route::chains);
        let mut own = chains.filter(|chain| chain.iter().any(|one| one == name)).peekable();
        own.peek().is_some() && own.all(|chain| chain.iter().any(|one| self.has_answered(one)))
    }

    fn constituents<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a CalledModel> {
        let several = self.0.routes.get(name).into_iter().flat_map(Route::models);
        several.chain(std::iter::once(name)).filter_map(|name| self.0.models.get(name))
    }

    /// Returns the spend of all calls so far.
    #[must_use]
    pub fn spent(&self) -> Spend {
        self.0.stats.lock().spent
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

    /// Returns the models that a name stands for; none if the name is unknown.
    pub fn models_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Model> {
        self.constituents(name).map(|called| &*called.base)
    }

    /// Calls a model, or the models of the chain that a name stands for, one after the other until one is available.
    pub(crate) async fn call(
        &self,
        request: &ChatRequest,
        caller: Caller<'_>,
    ) -> (Result<RedactedAnswer, ChatError>, Effort) {
        let mut effort = Effort::default();
        let Some(route) = self.0.routes.get(&request.model) else {
            let result = self.call_one(&request.model, request, caller, &mut effort).await;
            return (result, effort);
        };
        let (clock, chain) = (&*self.0.clock, route.chain(self.0.options.seed, caller.stream));
        let there = |name: &String| self.0.models.get(name).is_some_and(|called| !called.is_gone(clock));
        let first = chain.iter().position(there).unwrap_or(0);
        let mut names = chain[first..].iter().peekable();
        while let Some(name) = names.next() {
            let mut one = Effort::default();
            let result = self.call_one(name, request, caller, &mut one).await;
            effort.add(one);
            match (result, names.peek()) {
                (Err(error), Some(next)) if error.is_outage() => {
                    if let Some(called) = self.0.models.get(name) {
                        called.gone(clock);
                    }
                    let (model, to) = (name.clone(), String::clone(next));
                    tracing::warn!(model, to, "a model is gone; the next one of its chain is called");
                    self.0.events.emit(|| ModelEvent::Switched { model, to, reason: error.to_string() });
                }
                (Ok(mut answered), _) => {
                    answered.answer.answered_by = Some(name.clone());
                    return (Ok(answered), effort);
                }
                (failed, _) => return (failed, effort),
            }
        }
        (Err(ChatError::Invalid(format!("{:?} stands for no model", request.model))), effort)
    }

    async fn call_one(
        &self,
        name: &str,
        request: &ChatRequest,
        caller: Caller<'_>,
        effort: &mut Effort,
    ) -> Result<RedactedAnswer, ChatError> {
        let result = self.answer(name, request, caller, effort).await;
        if let (Ok(_), Some(called)) = (&result, self.0.models.get(name)) {
            called.note_answer(!request.tools.is_empty());
        }
        let mut stats = self.0.stats.lock();
        stats.add(name, effort, result.as_ref().map(|answered| &answered.answer));
        drop(stats);
        result
    }

    async fn answer(
        &self,
        name: &str,
        request: &ChatRequest,
        caller: Caller<'_>,
        effort: &mut Effort,
    ) -> Result<RedactedAnswer, ChatError> {
        check::check(request).map_err(ChatError::Invalid)?;
        let called = self.0.models.get(name).ok_or_else(|| ChatError::NotAllowed {
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
        let model = &*called.base;
        let most = model.max_output_tokens;
        let max_tokens = request.max_tokens.unwrap_or(most).max(wire::max_tokens_least(model.api)).min(most);
        // The claim depends only on settings and recording, so whether a call fits into a budget does not depend on lessons
        // learned in the meantime.
        let outgoing = OutgoingRequest { model, request, recall: caller.recall, max_tokens };
        let input_tokens = estimated_tokens(wire::body(outgoing).to_string().len());
        let usage = Usage { input_tokens, output_tokens: max_tokens, estimated: true, ..Usage::default() };
        let claim = Spend { calls: 1, ..model.spend(usage) };
        caller.call_limits.check(ONE_CALL, &Spend::default(), &claim)?;
        let mut reservation = caller.account.reserve(claim).await?;
        reservation.add(Spend { calls: 1, ..Spend::default() });
        let call = PendingCall {
            transport: &self.0.transport,
            redactor: &self.0.redactor,
            clock: &*self.0.clock,
            events: &self.0.events,
            options: self.0.options,
            called,
            stream: caller.stream,
            sequence: caller.sequence,
            request: request.clone(),
            recall: caller.recall,
            max_tokens,
            patience_ms: self.0.options.retry.wait_ms_max,
            count: FaultCount::default(),
        };
        let result = call.run(effort, &mut reservation).await;
        effort.spent = reservation.used();
        result
    }
}
