//! The check of a model: a conversation with a tool over two turns, as a run has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hyperspace_llm::{
    Account, BudgetLimits, CallStats, ChatRequest, MemoryCassette, Message, Reply, Session, SessionOptions,
    Tool,
};
use serde::Serialize;
use serde_json::json;

use super::{callable, lessons, options};
use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};
use crate::guest::CheckView;

/// Tokens of an answer that a run asks for.
const MAX_TOKENS: u64 = 16_384;
/// Attempts of each call.
const ATTEMPTS: u32 = 3;
/// The output of the tool.
const OUTPUT: &str = "hyperspace";

/// The check of a model: the document of `doctor --model --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelCheckView {
    /// True if the model can be used by agents with tools.
    pub passed: bool,
    /// The model.
    pub model: String,
    /// The checks.
    pub checks: Vec<CheckView>,
    /// Lines for the section of each model in the settings, with what was left out or changed; models without any are left out.
    pub settings: BTreeMap<String, Vec<String>>,
    /// Tokens of answers per second; null without a clock.
    pub tokens_per_second: Option<f64>,
    /// Statistics and cost of the check.
    pub stats: CallStats,
}

impl ModelCheckView {
    /// Returns the class of the result: `Provider` when a check failed.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.passed).then_some(ErrorClass::Provider)
    }
}

fn bash() -> Tool {
    let parameters = json!({"type": "object", "required": ["command"],
        "properties": {"command": {"type": "string", "description": "The command to run."}}});
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    Tool::new("bash", "Run a command in a bash shell.", parameters)
}

fn check(name: &'static str, passed: bool, seen: impl Into<String>) -> CheckView {
    CheckView { check: name, passed, seen: seen.into() }
}

impl Engine {
    /// Checks a model with a real conversation of two turns with a tool, at a run's temperature and length. Lessons of the provider
    /// are kept.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the model is not known or has no key. A model that does not answer is in the view.
    pub async fn check_model(&self, model: &str) -> Result<ModelCheckView, ServiceError> {
        let names = BTreeSet::from([model.to_owned()]);
        let models = callable(self, &names, options(ATTEMPTS)?)?;
        let account = Account::new("this check", BudgetLimits::default());
        let cassette = Arc::new(MemoryCassette::default());
        let mut session = Session::live(&models, SessionOptions::new("check", names, account), cassette)?;
        let watch = self.environment().stopwatch();
        let question = format!(
            "Call the tool `bash` once with the command `echo {OUTPUT}`, then say in one word what it printed."
        );
        let messages = vec![Message::system("You test tools. Be brief."), Message::user(question)];
        let request =
            ChatRequest::new(model, messages).tools(vec![bash()]).temperature(0.0).max_tokens(MAX_TOKENS);
        let mut checks = Vec::new();
        let first = session.chat(request.clone()).await?;
        if let Some(next) = first_turn(&first, request, &mut checks) {
            let second = session.chat(next).await?;
            checks.push(second_turn(&second));
        }
        let stats = models.stats();
        if checks.iter().all(|check| check.passed) {
            // Whoever counts, the model can be used: budgets then hold to the estimate.
            let seen = if estimated(&first) { "by this program, from the length" } else { "by the provider" };
            checks.push(check("tokens are counted", true, seen));
        }
        lessons::keep(self, &models);
        let lines = |name: &str| Some((name.to_owned(), models.learned_of(name)?.lines()));
        let learned = models.names().filter_map(lines).filter(|(_, lines)| !lines.is_empty()).collect();
        let seconds = watch.millis().map(|ms| ms as f64 / 1_000.0).filter(|seconds| *seconds > 0.0);
        Ok(ModelCheckView {
            passed: checks.iter().all(|check| check.passed),
            model: model.to_owned(),
            checks,
            settings: learned,
            tokens_per_second: seconds.map(|seconds| stats.spent.output_tokens as f64 / seconds),
            stats,
        })
    }

    /// As [`Engine::check_model`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::check_model`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// Inside of a tokio runtime.
    pub fn check_model_blocking(&self, model: &str) -> Result<ModelCheckView, ServiceError> {
        self.block_on(self.check_model(model))?
    }
}

fn estimated(reply: &Reply) -> bool {
    matches!(reply, Reply::Answer(answer) if answer.usage.estimated)
}

/// Checks the first answer. Returns the request of the second turn, if there is a call to answer.
fn first_turn(reply: &Reply, mut request: ChatRequest, checks: &mut Vec<CheckView>) -> Option<ChatRequest> {
    let answer = match reply {
        Reply::Failure(failure) => {
            checks.push(check("the model answers", false, &failure.message));
            return None;
        }
        Reply::Answer(answer) => answer,
    };
    let seen = answer.why_empty().unwrap_or("yes");
    checks.push(check("the model answers", !answer.is_empty(), seen));
    let Message::Assistant { tool_calls, .. } = &answer.message else { return None };
    let repaired: Vec<&str> = answer.repairs.iter().map(|repair| repair.describe()).collect();
    let seen = match (tool_calls.first(), repaired.is_empty()) {
        (None, _) => {
            "it called no tool, although it was asked to; styles edits and rewrite need none".to_owned()
        }
        (Some(call), true) => format!("{:?}", call.name),
        (Some(call), false) => format!("{:?}, after repairs: {}", call.name, repaired.join(", ")),
    };
    checks.push(check("it calls a tool", !tool_calls.is_empty(), seen));
    request.messages.push(answer.message.clone());
    request.messages.extend(tool_calls.iter().map(|call| Message::tool(call.id.clone(), OUTPUT)));
    (!tool_calls.is_empty()).then_some(request)
}

/// Checks the answer after the result of the tool.
fn second_turn(reply: &Reply) -> CheckView {
    match reply {
        Reply::Failure(failure) => check("it takes the result", false, &failure.message),
        Reply::Answer(answer) => check("it takes the result", true, answer.why_empty().unwrap_or("yes")),
    }
}
