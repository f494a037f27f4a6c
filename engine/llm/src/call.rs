//! One call of a model: attempts, circuit breaker, throttle, retries, lessons, trimming, accounting.
//!
//! Attacks that end here: T-PROV-13, T-PROV-14, T-PROV-15, T-PROV-16, T-PROV-17.

use std::sync::Arc;

use serde_json::Value;

use crate::account::Reservation;
use crate::adapt::{self, SentRequest};
use crate::breaker::ProviderHealth;
use crate::called_model::CalledModel;
use crate::effort::Effort;
use crate::error::ChatError;
use crate::events::{ModelEvent, ModelEvents};
use crate::fault::{FaultAction, FaultKind, HandledFault, ProviderAnswer, ProviderFault};
use crate::hint;
use crate::learned::Lesson;
use crate::options::CallOptions;
use crate::recall::Recall;
use crate::redact::Redactor;
use crate::registry::Model;
use crate::retry::JitterKey;
use crate::time_source::TimeSource;
use crate::transport::{HttpAttempt, Transport};
use crate::trim::Trimmer;
use crate::types::{ChatAnswer, ChatRequest, Message, Usage, estimated_tokens};
use crate::wire::{self, OutgoingRequest};

/// Maximum number of times that a useless answer is requested again.
const REASKS_MAX: u32 = 2;
/// Maximum number of times that a request is changed after a refusal.
const LESSONS_MAX: u32 = 12;
/// The smallest limit of an answer that is tried if a provider does not state its own.
const OUTPUT_LEAST: u64 = 512;
/// Maximum number of times that a paused answer is continued.
const PAUSES_MAX: usize = 4;
/// Maximum number of times that a conversation is trimmed to a window that a provider states. After that, half of the rest is
/// removed each time.
const AIMS_MAX: u32 = 2;

/// An answer without keys, together with the model's thinking.
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
    pub(crate) events: &'a ModelEvents,
    pub(crate) options: CallOptions,
    pub(crate) called: &'a CalledModel,
    pub(crate) stream: &'a str,
    pub(crate) sequence: u64,
    /// The request as it is sent; trimming shortens it.
    pub(crate) request: ChatRequest,
    /// Earlier answers of the stream.
    pub(crate) recall: &'a Recall,
    /// The limit of the answer; a window lowers it.
    pub(crate) max_tokens: u64,
    /// The remaining wait of the call in milliseconds.
    pub(crate) patience_ms: u64,
    pub(crate) count: FaultCount,
}

/// Faults of a call so far, by the action taken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FaultCount {
    /// Number of attempts that ended in a fault that is retried.
    retried: u32,
    /// Number of useless answers.
    reasked: u32,
    /// Number of refusals that changed the request.
    learned: u32,
    /// Number of refusals after which the conversation was trimmed to a window.
    aimed: u32,
    /// True if a request was repeated after a refusal that may have concerned only this request.
    doubted: bool,
    /// True if the field of the limit was sent under its other name.
    renamed: bool,
}

/// The result of one attempt.
struct Attempted {
    model: Arc<Model>,
    /// The limit of the answer that was sent.
    max_tokens: u64,
    /// Estimated tokens of the request.
    input_tokens: u64,
    answer: Result<ProviderAnswer, ProviderFault>,
    usage: Usage,
}

/// A body that is ready to be sent.
struct PreparedBody {
    text: String,
    max_tokens: u64,
    input_tokens: u64,
}

impl PendingCall<'_> {
    /// Sends the request until it is answered or a fault is reported.
    ///
    /// # Errors
    ///
    /// The fault that is reported.
    pub(crate) async fn run(
        mut self,
        effort: &mut Effort,
        reservation: &mut Reservation,
    ) -> Result<RedactedAnswer, ChatError> {
        let mut trimmer = Trimmer::new(&self.request);
        let mut last: Option<ProviderFault> = None;
        let mut before = AnswerBefore::default();
        loop {
            let wait_ms = self.called.breaker.wait_ms(self.clock.now_ms());
            if let Some(fault) = last.as_ref().filter(|_| wait_ms > 0) {
                self.emit_wait(wait_ms, fault);
            }
            let Some(attempted) = self.attempt(effort, reservation).await else {
                let open = "the circuit breaker is open after repeated failures";
                let last =
                    last.map_or_else(|| open.to_owned(), |fault| format!("{} ({open})", fault.message));
                return Err(self.gave_up(last, effort.attempts));
            };
            let Attempted { answer, usage, .. } = &attempted;
            let fault = match answer {
                Ok(answer) if before.takes(answer, *usage) => {
                    self.request.messages.push(answer.message.clone());
                    continue;
                }
                Ok(answer) => {
                    self.called.prove(&attempted.model);
                    return Ok(before.answered(answer.clone(), *usage, &trimmer));
                }
                Err(fault) => fault.clone(),
            };
            if let Some(answer) = fault.answer.as_deref().filter(|_| self.count.reasked >= REASKS_MAX) {
                return Ok(before.answered(answer.clone(), *usage, &trimmer));
            }
            let handled = self.handle(&attempted, &fault, &mut trimmer);
            effort.faults.push(HandledFault { fault: fault.kind, handled: handled.clone() });
            tracing::debug!(model = self.called.base.name, ?handled, "{}", fault.message);
            match handled {
                FaultAction::Retried { after_ms } => {
                    self.emit_wait(after_ms, &fault);
                    self.clock.sleep(after_ms).await;
                }
                FaultAction::Trimmed { .. } => {
                    self.request.messages = trimmer.messages();
                    self.request.messages.extend(before.messages.iter().cloned());
                }
                FaultAction::Adapted { setting } => {
                    let model = self.called.base.name.clone();
                    tracing::info!(model, setting, "a request was refused and is sent in another form");
                    self.events.emit(|| ModelEvent::Adapted {
                        model,
                        setting,
                        reason: fault.message.clone(),
                    });
                }
                FaultAction::Reported => {
                    let error = self.reported(&attempted, &fault, effort.attempts);
                    if self.count.learned > 0 {
                        self.called.forget_unproved();
                    }
                    return Err(error);
                }
            }
            last = Some(fault);
        }
    }

    fn emit_wait(&self, wait_ms: u64, fault: &ProviderFault) {
        self.events.emit(|| ModelEvent::Waiting {
            model: self.called.base.name.clone(),
            wait_ms,
            fault: fault.kind,
            reason: fault.message.clone(),
        });
    }

    /// Makes one attempt. Returns `None` if the circuit breaker does not admit it in time.
    async fn attempt(&mut self, effort: &mut Effort, reservation: &mut Reservation) -> Option<Attempted> {
        let called = self.called;
        let model = called.current();
        let PreparedBody { text, max_tokens, input_tokens } = self.prepare(&model);
        let permit = called.concurrency.acquire().await.expect("the semaphore is never closed");
        let admitted = called.breaker.admit(self.clock, &mut self.patience_ms).await?;
        let number = called.throttle.admit(self.clock, input_tokens.saturating_add(max_tokens)).await;
        called.pause(self.clock, self.patience_ms).await;
        effort.attempts += 1;
        let request = HttpAttempt {
            endpoint: &called.endpoint,
            model: &model,
            request: &self.request,
            redactor: self.redactor,
            clock: self.clock,
        };
        let attempt = self.transport.send(request, text).await;
        drop(permit);
        let health =
            attempt.answer.as_ref().map_or_else(|fault| fault.kind.health(), |_| ProviderHealth::Working);
        admitted.report(health, self.clock.now_ms());
        let said = attempt.answer.as_ref().map_or_else(|fault| fault.answer.as_deref(), Some);
        let estimated = said.map(|answer| {
            let bytes = serde_json::to_string(&answer.message).map_or(0, |text| text.len());
            Usage {
                input_tokens,
                output_tokens: estimated_tokens(bytes),
                estimated: true,
                ..Usage::default()
            }
        });
        let usage = match (attempt.usage, estimated) {
            (Some(usage), estimated) => {
                if usage.input_tokens > 0 {
                    called.calibrate(input_tokens, usage.input_tokens);
                }
                // No answer takes zero tokens: the provider did not count them.
                let written = said.is_some_and(|answer| !answer.is_empty());
                estimated.filter(|_| written).map_or(usage, |estimated| usage.or_where_zero(estimated))
            }
            (None, Some(estimated)) => estimated,
            // The tokens of a lost answer are unknown.
            (None, None) => Usage::default(),
        };
        called.throttle.correct(number, usage.input_tokens.saturating_add(usage.output_tokens));
        reservation.add(called.base.spend(usage));
        Some(Attempted { model, max_tokens, input_tokens, answer: attempt.answer, usage })
    }

    /// Builds the body, with a limit of the answer for which the window leaves room.
    fn prepare(&self, model: &Model) -> PreparedBody {
        let wanted = self.max_tokens.min(model.max_output_tokens);
        let mut body = self.body(model, wanted);
        let mut text = body.to_string();
        let input_tokens = estimated_tokens(text.len());
        let max_tokens = fitted(model.context_window, wanted, self.called.calibrated(input_tokens));
        let field = wire::max_tokens_field(model);
        if max_tokens != wanted && body.get(field).is_some() {
            body[field] = Value::from(max_tokens);
            text = body.to_string();
        }
        PreparedBody { text, max_tokens, input_tokens }
    }

    fn body(&self, model: &Model, max_tokens: u64) -> Value {
        wire::body(OutgoingRequest { model, request: &self.request, recall: self.recall, max_tokens })
    }

    /// Returns the facts about a refused request, before it is changed.
    fn sent(&self, attempted: &Attempted) -> SentRequest {
        let Attempted { model, max_tokens, input_tokens, .. } = attempted;
        let messages = &self.request.messages;
        let body = self.body(model, *max_tokens);
        let attachments = self.recall.of(messages).into_iter().flatten();
        let attachments =
            attachments.filter_map(|answer| answer.answer.attachment.as_ref()?.fields.get("message"));
        SentRequest {
            fields: body.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect(),
            echoed: attachments
                .filter_map(Value::as_object)
                .flat_map(|fields| fields.keys().cloned())
                .collect(),
            max_tokens: *max_tokens,
            input_tokens: *input_tokens,
            tools: !self.request.tools.is_empty(),
            several_calls: messages.iter().any(
                |message| matches!(message, Message::Assistant { tool_calls, .. } if tool_calls.len() > 1),
            ),
            system: messages.iter().any(|message| matches!(message, Message::System { .. })),
            null_content: body["messages"].as_array().is_some_and(|messages| {
                messages.iter().any(|message| message.get("content") == Some(&Value::Null))
            }),
        }
    }

    /// Decides the action on a fault.
    fn handle(&mut self, attempted: &Attempted, fault: &ProviderFault, trimmer: &mut Trimmer) -> FaultAction {
        match fault.kind {
            FaultKind::ContextOverflow => self.shorten(attempted, fault, trimmer),
            FaultKind::Refused => self.learn(attempted, fault).unwrap_or(FaultAction::Reported),
            kind if kind.is_useless_answer() => {
                self.count.reasked += 1;
                self.wait(self.count.reasked, None)
            }
            kind if !kind.is_retried() || self.count.retried + 1 >= self.options.retry.attempts_max => {
                FaultAction::Reported
            }
            kind => {
                self.count.retried += 1;
                let action = self.wait(self.count.retried, fault.retry_after_ms);
                if let (FaultKind::RateLimited, FaultAction::Retried { after_ms }) = (kind, &action) {
                    self.called.pause_until(self.clock.now_ms().saturating_add(*after_ms));
                }
                action
            }
        }
    }

    /// Waits before attempt number `attempt` is repeated, unless that would take longer than the call may.
    fn wait(&mut self, attempt: u32, retry_after_ms: Option<u64>) -> FaultAction {
        let key = JitterKey { seed: self.options.seed, stream: self.stream, sequence: self.sequence };
        let after_ms = self.options.retry.wait_ms(attempt, retry_after_ms, key);
        if after_ms > self.patience_ms {
            return FaultAction::Reported;
        }
        self.patience_ms -= after_ms;
        FaultAction::Retried { after_ms }
    }

    /// Changes the request according to the lesson of a refusal.
    fn learn(&mut self, attempted: &Attempted, fault: &ProviderFault) -> Option<FaultAction> {
        const OF_THE_FORM: [u16; 5] = [400, 404, 405, 422, 500];
        if !OF_THE_FORM.contains(&fault.status) || self.count.learned >= LESSONS_MAX {
            return None;
        }
        let lesson = adapt::lesson(&attempted.model, &self.sent(attempted), fault)?;
        // A lesson with large effects is not believed at once: a router may have used another model for one request.
        if lesson == Lesson::ToolsInText && !std::mem::replace(&mut self.count.doubted, true) {
            return Some(self.wait(1, fault.retry_after_ms));
        }
        // A field that is refused under both of its names is not sent at all.
        let lesson = match lesson {
            Lesson::MaxTokensField(_) if std::mem::replace(&mut self.count.renamed, true) => {
                Lesson::LeaveOut(wire::max_tokens_field(&attempted.model).to_owned())
            }
            lesson => lesson,
        };
        // Another call may have learned it in the meantime.
        let news = self.called.learn(&lesson) || !Arc::ptr_eq(&attempted.model, &self.called.current());
        self.count.learned += 1;
        news.then(|| FaultAction::Adapted { setting: lesson.setting() })
    }

    /// Shortens the answer or the conversation so that both fit into the window.
    fn shorten(
        &mut self,
        attempted: &Attempted,
        fault: &ProviderFault,
        trimmer: &mut Trimmer,
    ) -> FaultAction {
        let fit = adapt::window(&self.sent(attempted), &fault.message);
        let lesson = fit.window.map(Lesson::ContextWindow);
        if let Some(lesson) = &lesson {
            self.called.learn(lesson);
        }
        if let Some(output) =
            fit.output.filter(|output| *output < attempted.max_tokens && self.count.learned < LESSONS_MAX)
        {
            self.count.learned += 1;
            self.max_tokens = self.max_tokens.min(output);
            let setting = lesson.map(|lesson| lesson.setting()).unwrap_or_default();
            return FaultAction::Adapted { setting };
        }
        // A short request cannot be too long, so the answer is, by a limit that is not stated.
        if fit.output.is_none() && !self.is_long(attempted, fault) && self.count.learned < LESSONS_MAX {
            let less = attempted.max_tokens / 4;
            if less >= OUTPUT_LEAST {
                self.count.learned += 1;
                let lesson = Lesson::MaxOutputTokens(less);
                self.called.learn(&lesson);
                return FaultAction::Adapted { setting: lesson.setting() };
            }
        }
        // A provider that refuses repeatedly means another window than it states.
        let window = self.called.current().context_window.filter(|_| self.count.aimed < AIMS_MAX);
        self.count.aimed += 1;
        let room = window.map(|window| window.saturating_sub(self.max_tokens.min(window / 4)));
        let room = room.map(|room| self.called.uncalibrated(room));
        trimmer.shorten(room).map_or(FaultAction::Reported, |messages| FaultAction::Trimmed { messages })
    }

    fn reported(&self, attempted: &Attempted, fault: &ProviderFault, attempts: u32) -> ChatError {
        let model = self.called.base.name.clone();
        let hint = hint::of(&self.called.base, fault.status, fault.words()).map(|hint| format!(" ({hint})"));
        let message = format!("{}{}", fault.words(), hint.unwrap_or_default());
        let sent = self.sent(attempted);
        let misfit = match fault.kind {
            FaultKind::ContextOverflow => !self.is_long(attempted, fault),
            FaultKind::Refused => {
                matches!(fault.status, 400 | 422 | 500) && adapt::concerns_form(&sent, fault)
            }
            _ => false,
        };
        match fault.kind {
            // If a model that accepted tools before refuses these, the agent has defined them wrongly.
            FaultKind::Refused if self.called.took_tools() && adapt::concerns_tools(&sent, fault) => {
                ChatError::Tool { model, message }
            }
            _ if misfit => ChatError::Misfit { model, status: fault.status, message },
            FaultKind::ContextOverflow => ChatError::Context { model, message: fault.message.clone() },
            FaultKind::Filtered => ChatError::Filtered { model, message: fault.message.clone() },
            FaultKind::Refused => ChatError::Refused { model, status: fault.status, message },
            _ => self.gave_up(self.with_wait(fault), attempts),
        }
    }

    /// Returns the words of a fault, with the reason why it was not waited for.
    fn with_wait(&self, fault: &ProviderFault) -> String {
        match fault.retry_after_ms.filter(|wait| *wait > self.patience_ms) {
            Some(wait) => {
                let (wait, most) = (wait / 1_000, self.options.retry.wait_ms_max / 1_000);
                format!(
                    "{}; it asks for a wait of {wait} seconds, and a call waits {most} in all",
                    fault.message
                )
            }
            None => fault.message.clone(),
        }
    }

    /// Returns whether a conversation that is refused as too long may really be too long, and not our limit of the answer.
    fn is_long(&self, attempted: &Attempted, fault: &ProviderFault) -> bool {
        const SHORT: u64 = 1_024;
        let window = adapt::window(&self.sent(attempted), &fault.message).window;
        let tokens = self.called.calibrated(attempted.input_tokens);
        window.map_or(tokens >= SHORT, |window| tokens >= window / 4)
    }

    fn gave_up(&self, last: String, attempts: u32) -> ChatError {
        ChatError::Provider { model: self.called.base.name.clone(), last, attempts }
    }
}

/// Returns the limit of an answer for which a window leaves room beside a request of about `input` tokens. A window that leaves
/// next to nothing has no effect: the provider refuses, and the conversation is trimmed.
fn fitted(window: Option<u64>, wanted: u64, input: u64) -> u64 {
    const LEAST: u64 = 256;
    const SPARE: u64 = 64;
    let Some(window) = window else { return wanted };
    let room = window.saturating_sub(input.saturating_add(input / 8).saturating_add(SPARE));
    if room >= wanted.min(LEAST) { room.min(wanted) } else { wanted }
}

/// The parts of an answer that the provider paused before its end.
#[derive(Default)]
struct AnswerBefore {
    messages: Vec<Message>,
    usage: Usage,
}

impl AnswerBefore {
    /// Keeps an answer that has to be continued. Returns whether it is one.
    fn takes(&mut self, answer: &ProviderAnswer, usage: Usage) -> bool {
        let goes_on = answer.paused && !answer.has_calls() && self.messages.len() < PAUSES_MAX;
        if goes_on {
            self.messages.push(answer.message.clone());
            self.usage = self.usage.plus(usage);
        }
        goes_on
    }

    /// Returns the answer of which `last` is the last part, with the tokens of all parts.
    fn answered(&self, last: ProviderAnswer, usage: Usage, trimmer: &Trimmer) -> RedactedAnswer {
        let ProviderAnswer { mut message, finish, thinking, attachment, repairs, paused: _ } = last;
        if let Message::Assistant { content, .. } = &mut message
            && !self.messages.is_empty()
        {
            let texts = self.messages.iter().filter_map(Message::text).chain(content.as_deref());
            *content = Some(texts.collect());
        }
        let mut answer = ChatAnswer::new(message, finish, self.usage.plus(usage));
        answer.trimmed_messages = trimmer.dropped();
        (answer.attachment, answer.repairs) = (attachment, repairs);
        RedactedAnswer { answer, thinking }
    }
}
