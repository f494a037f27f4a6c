//! The next prompt of a run: the first request of a meta agent, without sending it.
//!
//! The next generation is executed with an empty recording of models, and stops at the first call. Nothing of it is committed.

use std::sync::Arc;

use hyperspace_eval::EvalError;
use hyperspace_evolve::{EvolveError, ModelResources, ModelSource, Run, RunResources};
use hyperspace_llm::{BudgetLimits, MemoryCassette, SessionError, Spend};
use hyperspace_store::{Store, StoreError};
use serde::Serialize;
use serde_json::Value;

use super::checked::CheckedRequest;
use super::request::RunRequest;
use crate::engine::Engine;
use crate::error::ServiceError;

/// The first call of a meta agent in the next generation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PromptView {
    /// The stream of the call, which names generation and candidate.
    pub stream: String,
    /// The model.
    pub model: String,
    /// The messages.
    pub messages: Vec<PromptMessageView>,
    /// Names of the tools that are offered to the model.
    pub tools: Vec<String>,
    /// The whole request, as a provider would receive it.
    pub request: Value,
}

/// A message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PromptMessageView {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// Its text.
    pub content: String,
}

impl Engine {
    /// Returns the next prompt of the run that `request` describes: that of its next generation if the store has the run,
    /// otherwise that of its first. No model is called, and nothing is recorded.
    ///
    /// # Errors
    ///
    /// Class `Usage` when no meta agent calls a model, or when the seed itself needs answers of a model.
    pub async fn next_prompt(&self, request: RunRequest) -> Result<PromptView, ServiceError> {
        let checked = CheckedRequest::plan(self, request)?;
        checked.needs_model()?;
        let evaluator = self.prepared(checked.task.runtime(), 0).await?;
        let models = ModelResources {
            source: ModelSource::Recording(Arc::new(MemoryCassette::default())),
            conversations: 1,
            run: BudgetLimits::default(),
            population: BudgetLimits::default(),
            before: Spend::default(),
        };
        let resources = RunResources::new(checked.limited(evaluator)?, self.workers()).models(models);
        let stored = match self.reader() {
            Ok(store) => Some(store),
            Err(ServiceError::Store(StoreError::Absent { .. })) => None,
            Err(error) => return Err(error),
        };
        let (task, agent, options) = checked.parts();
        let known = match &stored {
            Some(store) => Run::find(store, &task, &agent, &options, &resources)?,
            None => None,
        };
        let opened = match (stored, known) {
            (Some(store), Some(id)) => Run::open(store, &id, resources).await,
            _ => Run::start(Store::in_memory(), task, agent, &options, resources).await,
        };
        let asked = match opened {
            Ok(mut run) => run.rehearse().await,
            Err(error) => Err(error),
        };
        match asked {
            Err(EvolveError::Model(SessionError::Missing { stream, asked, .. })) => prompt(stream, &asked),
            Err(EvolveError::Eval(EvalError::Model { source: SessionError::Missing { .. }, .. })) => {
                Err(seed_unknown())
            }
            Err(error) => Err(error.into()),
            Ok(()) => Err(ServiceError::with_hint(
                "no meta agent of the next generation asks a model",
                "`log` shows whether they fail; the bundled agent evolver asks",
            )),
        }
    }

    /// As [`Engine::next_prompt`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::next_prompt`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn next_prompt_blocking(&self, request: RunRequest) -> Result<PromptView, ServiceError> {
        self.block_on(self.next_prompt(request))?
    }
}

/// Returns the error for a run whose seed calls a model.
fn seed_unknown() -> ServiceError {
    ServiceError::with_hint(
        "the cases of this task ask a model, so nothing is known of the seed yet",
        "run one generation with the model, then ask for the next prompt",
    )
}

fn prompt(stream: String, asked: &str) -> Result<PromptView, ServiceError> {
    if !stream.contains("/meta/") {
        return Err(seed_unknown());
    }
    let request: Value =
        serde_json::from_str(asked).map_err(|error| ServiceError::request(error.to_string()))?;
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let messages = request["messages"].as_array().into_iter().flatten();
    let messages = messages.map(|message| PromptMessageView {
        role: text(&message["role"]),
        content: text(&message["content"]),
    });
    let tools = request["tools"].as_array().into_iter().flatten();
    let tools = tools.map(|tool| match &tool["function"]["name"] {
        Value::Null => text(&tool["name"]),
        name => text(name),
    });
    Ok(PromptView {
        stream,
        model: text(&request["model"]),
        messages: messages.collect(),
        tools: tools.collect(),
        request,
    })
}
