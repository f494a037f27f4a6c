//! An ordered stream of model calls, answered live, from a cassette, or from a cassette and then live.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::account::Account;
use crate::budget::{BudgetLimits, ONE_CALL};
use crate::cassette::{Cassette, Exchange, ExchangeOutcome, StreamHead};
use crate::check;
use crate::client::{Caller, Models};
use crate::effort::Effort;
use crate::error::{ChatError, ConfigError, Failure, FailureKind, SessionError};
use crate::options::SessionOptions;
use crate::recall::Recall;
use crate::reply::Reply;
use crate::types::ChatRequest;

/// An ordered stream of model calls.
pub struct Session {
    source: AnswerSource,
    cassette: Arc<dyn Cassette>,
    stream: String,
    next: u64,
    /// Recorded exchanges before this number are not charged again.
    charged: u64,
    /// Answers of this session that later requests repeat.
    recall: Recall,
}

enum AnswerSource {
    /// Providers.
    Live(LiveCalls),
    /// The cassette until its end, and then providers.
    Continued(LiveCalls),
    /// Only the cassette.
    Replayed,
}

struct LiveCalls {
    models: Models,
    allowed: BTreeSet<String>,
    account: Account,
    call_limits: BudgetLimits,
    outages_stop: bool,
}

impl LiveCalls {
    /// Returns the session error for a failure that ends the session instead of being recorded.
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
    /// Creates a session that calls providers and appends every exchange to its stream.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoPrice`] if a budget limits cost and a model has no prices; [`ConfigError::UnknownModel`] for a model that
    /// is not among `models`.
    pub fn live(
        models: &Models,
        options: SessionOptions,
        cassette: Arc<dyn Cassette>,
    ) -> Result<Self, ConfigError> {
        let stream = options.stream.clone();
        // A stream that cannot be read cannot be appended to either; the first call reports the error.
        let next = cassette.head(&stream).map_or(0, |head| head.count);
        Ok(Self {
            source: AnswerSource::Live(live(models, options)?),
            cassette,
            stream,
            next,
            charged: 0,
            recall: Recall::default(),
        })
    }

    /// Creates a session that is answered from the stream's recorded exchanges first and by providers after them. Recorded
    /// calls are charged again, so budgets end up where they were.
    ///
    /// # Errors
    ///
    /// Same as [`Session::live`].
    pub fn continued(
        models: &Models,
        options: SessionOptions,
        cassette: Arc<dyn Cassette>,
    ) -> Result<Self, ConfigError> {
        Self::continued_from(models, options, cassette, 0..0)
    }

    /// Same as [`Session::continued`], for a session that begins within its stream and was charged before in this process:
    /// it starts at exchange `charged.start`, and exchanges before `charged.end` are not charged again.
    ///
    /// # Errors
    ///
    /// Same as [`Session::live`].
    pub fn continued_from(
        models: &Models,
        options: SessionOptions,
        cassette: Arc<dyn Cassette>,
        charged: Range<u64>,
    ) -> Result<Self, ConfigError> {
        let (stream, Range { start: next, end: charged }) = (options.stream.clone(), charged);
        Ok(Self {
            source: AnswerSource::Continued(live(models, options)?),
            cassette,
            stream,
            next,
            charged,
            recall: Recall::default(),
        })
    }

    /// Creates a session that is answered only from the cassette.
    #[must_use]
    pub fn replayed(stream: impl Into<String>, cassette: Arc<dyn Cassette>) -> Self {
        Self {
            source: AnswerSource::Replayed,
            cassette,
            stream: stream.into(),
            next: 0,
            charged: 0,
            recall: Recall::default(),
        }
    }

    /// Returns the number of exchanges in the stream, and the identifier of the last one, which covers all of them.
    ///
    /// # Errors
    ///
    /// An error of the cassette.
    pub fn head(&self) -> Result<StreamHead, SessionError> {
        self.cassette.head(&self.stream)
    }

    /// Returns the number of the next exchange, which counts the calls answered by this session and those of the stream before
    /// it.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.next
    }

    /// Answers a serialised request with the serialised [`Reply`] as a guest receives it: without attachments, repairs and
    /// details of the usage. A value that is not a request is answered by a failure of kind `invalid`, without a call.
    ///
    /// # Errors
    ///
    /// Same as [`Session::chat`].
    pub async fn chat_json(&mut self, request: &Value) -> Result<Value, SessionError> {
        let reply = match serde_json::from_value::<ChatRequest>(request.clone()) {
            Ok(request) => match self.chat(request).await? {
                Reply::Answer(answer) => Reply::Answer(answer.for_guest()),
                failure => failure,
            },
            Err(error) => Reply::Failure(invalid(&error.to_string())),
        };
        serde_json::to_value(&reply).map_err(|error| self.form(&error.to_string()))
    }

    /// Answers a request. A failed call is also a [`Reply`] and is recorded like an answer. An invalid request is neither sent
    /// nor recorded.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if the session cannot continue: the cassette cannot be read or written, or holds another request.
    pub async fn chat(&mut self, request: ChatRequest) -> Result<Reply, SessionError> {
        if let Err(problem) = check::check(&request) {
            return Ok(Reply::Failure(invalid(&problem)));
        }
        let recorded = match &self.source {
            AnswerSource::Live(_) => None,
            AnswerSource::Continued(_) | AnswerSource::Replayed => self.recorded(&request)?,
        };
        let (model, tools) = (request.model.clone(), !request.tools.is_empty());
        let outcome = match (&self.source, recorded) {
            (AnswerSource::Continued(live), Some((outcome, effort))) => {
                if let ExchangeOutcome::Answer(answer) = &outcome {
                    live.models.note_answered(answer.model(&model), tools);
                }
                if self.next >= self.charged {
                    live.account.charge(effort.spent);
                }
                outcome
            }
            (_, Some((outcome, _))) => outcome,
            (AnswerSource::Live(live) | AnswerSource::Continued(live), None) => {
                self.call(live, request).await?
            }
            (AnswerSource::Replayed, None) => return Err(self.missing(&request)),
        };
        self.next += 1;
        Ok(match outcome {
            ExchangeOutcome::Answer(answer) => {
                self.recall.add(&model, &answer);
                Reply::Answer(answer)
            }
            ExchangeOutcome::Error(failure) => Reply::Failure(failure),
        })
    }

    /// Returns the recorded outcome of this request. The recorded request must be equal.
    fn recorded(&self, request: &ChatRequest) -> Result<Option<(ExchangeOutcome, Effort)>, SessionError> {
        let Some((exchange, effort)) = self.cassette.get(&self.stream, self.next)? else { return Ok(None) };
        if exchange.request != *request {
            return Err(SessionError::Mismatch {
                stream: self.stream.clone(),
                sequence: self.next,
                recorded: json(&exchange.request),
                asked: json(request),
            });
        }
        Ok(Some((exchange.outcome, effort)))
    }

    async fn call(&self, live: &LiveCalls, request: ChatRequest) -> Result<ExchangeOutcome, SessionError> {
        let caller = Caller {
            stream: &self.stream,
            sequence: self.next,
            account: &live.account,
            call_limits: &live.call_limits,
            recall: &self.recall,
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
        SessionError::Missing { stream: self.stream.clone(), sequence: self.next, asked: json(request) }
    }

    fn form(&self, problem: &str) -> SessionError {
        SessionError::Form { stream: self.stream.clone(), problem: problem.to_owned() }
    }
}

/// Checks that the models are known and, if a budget limits cost, have prices.
fn live(models: &Models, options: SessionOptions) -> Result<LiveCalls, ConfigError> {
    let money = options.account.limits_cost() || options.call_limits.cost.is_some();
    for name in &options.models {
        let mut known = models.models_of(name).peekable();
        if known.peek().is_none() {
            let variables = "the models that were made callable".to_owned();
            return Err(ConfigError::UnknownModel { model: name.clone(), variables });
        }
        if let Some(model) = known.find(|model| money && !model.is_priced()) {
            return Err(ConfigError::NoPrice { model: model.name.clone() });
        }
    }
    let SessionOptions { models: allowed, account, call_limits, outages_stop, .. } = options;
    Ok(LiveCalls { models: models.clone(), allowed, account, call_limits, outages_stop })
}

fn invalid(problem: &str) -> Failure {
    Failure { kind: FailureKind::Invalid, message: ChatError::Invalid(problem.to_owned()).to_string() }
}

fn json(request: &ChatRequest) -> String {
    serde_json::to_string(request).unwrap_or_default()
}
