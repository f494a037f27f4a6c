//! One conversation partner's calls in order: live, from a cassette, or from a cassette as far as it goes.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::budget::{Account, BudgetLimits, ONE_CALL};
use crate::cassette::{Cassette, Exchange, ExchangeOutcome, StreamHead};
use crate::check;
use crate::client::{Caller, Models};
use crate::effort::Effort;
use crate::error::{ChatError, ConfigError, Failure, FailureKind, SessionError};
use crate::types::{ChatAnswer, ChatRequest};

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
    /// What becomes of a failure that says nothing about the conversation: `false`, it is recorded and answered like any other;
    /// `true`, it ends the session as [`SessionError::Outage`] or [`SessionError::Budget`], is not recorded, and a session
    /// that continues the stream asks again. Such are a provider that fails after all attempts, or refuses key, model or
    /// payment, and a budget above the session's own account.
    pub outages_stop: bool,
}

impl SessionOptions {
    /// Creates options without limits of a single call; outages are recorded as failures.
    #[must_use]
    pub fn new(stream: impl Into<String>, models: BTreeSet<String>, account: Account) -> Self {
        let call_limits = BudgetLimits::default();
        Self { stream: stream.into(), models, account, call_limits, outages_stop: false }
    }

    /// Limits each call on its own.
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

/// What a caller gets: an answer, or a failure as data.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// An answer.
    Answer(ChatAnswer),
    /// A failure.
    Failure(Failure),
}

impl Serialize for Reply {
    /// The answer itself, or `{"error": {"kind", "message"}}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Answer(answer) => answer.serialize(serializer),
            Self::Failure(failure) => json!({ "error": failure }).serialize(serializer),
        }
    }
}

/// Calls in order.
pub struct Session {
    source: Source,
    cassette: Arc<dyn Cassette>,
    stream: String,
    next: u64,
    /// Recorded exchanges before this one were charged already.
    charged: u64,
}

enum Source {
    /// Providers answer.
    Live(Live),
    /// The cassette answers, as far as it goes; then providers do.
    Continued(Live),
    /// The cassette answers.
    Replayed,
}

struct Live {
    models: Models,
    allowed: BTreeSet<String>,
    account: Account,
    call_limits: BudgetLimits,
    outages_stop: bool,
}

impl Live {
    /// The error that a failure is, if it does not belong into the record.
    fn stop(&self, error: &ChatError) -> Option<SessionError> {
        if !self.outages_stop {
            return None;
        }
        match error {
            ChatError::Budget(spent) if spent.account != self.account.name() && spent.account != ONE_CALL => {
                Some(SessionError::Budget(spent.clone()))
            }
            _ if error.is_outage() => Some(SessionError::Outage(error.clone())),
            _ => None,
        }
    }
}

impl Session {
    /// Calls providers and records every exchange, behind what the stream has already.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoPrice`] for a budget in money and a model without prices; [`ConfigError::UnknownModel`] for a model that
    /// is not among `models`.
    pub fn live(
        models: &Models,
        options: SessionOptions,
        cassette: Arc<dyn Cassette>,
    ) -> Result<Self, ConfigError> {
        let stream = options.stream.clone();
        // A stream that cannot be read cannot be appended to either, which the first call tells.
        let next = cassette.head(&stream).map_or(0, |head| head.count);
        Ok(Self { source: Source::Live(live(models, options)?), cassette, stream, next, charged: 0 })
    }

    /// Answers what the cassette has, from the beginning of the stream, and calls providers for the rest. What recorded calls
    /// took is charged again, so that budgets stand as they stood.
    ///
    /// # Errors
    ///
    /// As [`Session::live`].
    pub fn continued(
        models: &Models,
        options: SessionOptions,
        cassette: Arc<dyn Cassette>,
    ) -> Result<Self, ConfigError> {
        Self::continued_from(models, options, cassette, 0..0)
    }

    /// As [`Session::continued`], for a conversation that begins within its stream and was held before in this process: exchanges
    /// are answered from `charged.start` on, and those before `charged.end` are not charged again.
    ///
    /// # Errors
    ///
    /// As [`Session::live`].
    pub fn continued_from(
        models: &Models,
        options: SessionOptions,
        cassette: Arc<dyn Cassette>,
        charged: Range<u64>,
    ) -> Result<Self, ConfigError> {
        let (stream, Range { start: next, end: charged }) = (options.stream.clone(), charged);
        Ok(Self { source: Source::Continued(live(models, options)?), cassette, stream, next, charged })
    }

    /// Answers from the cassette alone.
    #[must_use]
    pub fn replayed(stream: impl Into<String>, cassette: Arc<dyn Cassette>) -> Self {
        Self { source: Source::Replayed, cassette, stream: stream.into(), next: 0, charged: 0 }
    }

    /// How many calls were made in the stream, and the identifier of the last one, which covers all of them.
    ///
    /// # Errors
    ///
    /// [`SessionError`] of the cassette.
    pub fn head(&self) -> Result<StreamHead, SessionError> {
        self.cassette.head(&self.stream)
    }

    /// How many calls were answered in this session, those of the stream before it included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.next
    }

    /// Answers a request in its serialised form, with the serialised [`Reply`]. A request of another form is a failure
    /// of kind `invalid`, and no call.
    ///
    /// # Errors
    ///
    /// As [`Session::chat`].
    pub async fn chat_json(&mut self, request: &Value) -> Result<Value, SessionError> {
        let reply = match serde_json::from_value::<ChatRequest>(request.clone()) {
            Ok(request) => self.chat(request).await?,
            Err(error) => Reply::Failure(invalid(&error.to_string())),
        };
        serde_json::to_value(&reply).map_err(|error| self.form(&error.to_string()))
    }

    /// Answers a request. A call that fails is a [`Reply`], too, and is recorded like an answer; a request that makes no sense is
    /// neither sent nor recorded.
    ///
    /// # Errors
    ///
    /// The cassette cannot be read or written, or says something else than what is asked: the run cannot go on.
    pub async fn chat(&mut self, request: ChatRequest) -> Result<Reply, SessionError> {
        if let Err(problem) = check::check(&request) {
            return Ok(Reply::Failure(invalid(&problem)));
        }
        let recorded = match &self.source {
            Source::Live(_) => None,
            Source::Continued(_) | Source::Replayed => self.recorded(&request)?,
        };
        let outcome = match (&self.source, recorded) {
            (Source::Continued(live), Some((outcome, effort))) => {
                if self.next >= self.charged {
                    live.account.charge(effort.spent);
                }
                outcome
            }
            (_, Some((outcome, _))) => outcome,
            (Source::Live(live) | Source::Continued(live), None) => self.call(live, request).await?,
            (Source::Replayed, None) => return Err(self.missing(&request)),
        };
        self.next += 1;
        Ok(match outcome {
            ExchangeOutcome::Answer(answer) => Reply::Answer(answer),
            ExchangeOutcome::Error(failure) => Reply::Failure(failure),
        })
    }

    /// What was recorded for this request, which must be the one that was recorded.
    fn recorded(&self, request: &ChatRequest) -> Result<Option<(ExchangeOutcome, Effort)>, SessionError> {
        let Some((exchange, effort)) = self.cassette.get(&self.stream, self.next)? else { return Ok(None) };
        if exchange.request != *request {
            return Err(SessionError::Mismatch {
                stream: self.stream.clone(),
                sequence: self.next,
                recorded: shown(&exchange.request),
                asked: shown(request),
            });
        }
        Ok(Some((exchange.outcome, effort)))
    }

    async fn call(&self, live: &Live, request: ChatRequest) -> Result<ExchangeOutcome, SessionError> {
        let caller = Caller {
            stream: &self.stream,
            sequence: self.next,
            account: &live.account,
            call_limits: &live.call_limits,
        };
        let (result, effort) = if live.allowed.contains(&request.model) {
            live.models.call(&request, caller).await
        } else {
            let allowed = live.allowed.iter().cloned().collect::<Vec<_>>().join(", ");
            (Err(ChatError::NotAllowed { model: request.model.clone(), allowed }), Effort::default())
        };
        let (outcome, thinking) = match result {
            Ok(answered) => (ExchangeOutcome::Answer(answered.answer), answered.thinking),
            Err(error) => match live.stop(&error) {
                Some(stop) => return Err(stop),
                None => (ExchangeOutcome::Error(Failure::from(&error)), None),
            },
        };
        let prev = self.head()?.last;
        let stream = self.stream.clone();
        let exchange = Exchange { stream, sequence: self.next, prev, request, outcome, thinking };
        self.cassette.append(&exchange, &effort)?;
        Ok(exchange.outcome)
    }

    fn missing(&self, request: &ChatRequest) -> SessionError {
        SessionError::Missing { stream: self.stream.clone(), sequence: self.next, asked: shown(request) }
    }

    fn form(&self, problem: &str) -> SessionError {
        SessionError::Form { stream: self.stream.clone(), problem: problem.to_owned() }
    }
}

fn live(models: &Models, options: SessionOptions) -> Result<Live, ConfigError> {
    let money = options.account.limits_cost() || options.call_limits.cost.is_some();
    for name in &options.models {
        match models.model(name) {
            None => {
                let variables = "the models that were made callable".to_owned();
                return Err(ConfigError::UnknownModel { model: name.clone(), variables });
            }
            Some(model) if money && !model.is_priced() => {
                return Err(ConfigError::NoPrice { model: name.clone() });
            }
            Some(_) => {}
        }
    }
    let SessionOptions { models: allowed, account, call_limits, outages_stop, .. } = options;
    Ok(Live { models: models.clone(), allowed, account, call_limits, outages_stop })
}

fn invalid(problem: &str) -> Failure {
    Failure { kind: FailureKind::Invalid, message: ChatError::Invalid(problem.to_owned()).to_string() }
}

fn shown(request: &ChatRequest) -> String {
    serde_json::to_string(request).unwrap_or_default()
}
