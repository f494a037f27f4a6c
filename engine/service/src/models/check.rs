//! The check of a model: a conversation of two turns with a tool, as in a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hyperspace_llm::{
    Account, BudgetLimits, CallStats, ChatRequest, FailureKind, MemoryCassette, Message, Reply, Session,
    SessionOptions, Tool,
};
use serde::Serialize;
use serde_json::json;

use super::{callable, chains, lessons, options};
use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};
use crate::guest::CheckView;

/// Maximum number of tokens of an answer, as in a run.
const MAX_TOKENS: u64 = 16_384;
/// Number of attempts of each call.
const ATTEMPTS: u32 = 3;
/// The name of the check of the first answer.
pub(crate) const ANSWERS: &str = "the model answers";
/// The name of the check of a tool call.
pub(crate) const CALLS_A_TOOL: &str = "it calls a tool";
/// The name of the check of the answer to a tool's result.
pub(crate) const TAKES_RESULT: &str = "it takes the result";
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
    /// Lines for the section of each model in the settings, which describe what was left out or changed. Models without such
    /// lines are left out.
    pub settings: BTreeMap<String, Vec<String>>,
    /// Tokens of answers per second; null without a clock.
    pub tokens_per_second: Option<f64>,
    /// The reason why a budget ended the check before it had a result; null if none did.
    pub ended_by_budget: Option<String>,
    /// Statistics and cost of the check.
    pub stats: CallStats,
}

/// The checks of all models that a name stands for: the document of `doctor --model --json` if there are several.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelChecksView {
    /// True if each of them can be used by agents with tools.
    pub passed: bool,
    /// The name.
    pub model: String,
    /// The check of each model.
    pub models: Vec<ModelCheckView>,
}

impl ModelChecksView {
    /// Returns the class of the result: `Provider` if a check failed.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.passed).then_some(ErrorClass::Provider)
    }
}

/// The conversation of a check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckPlan {
    /// True if a tool is offered, as to meta agents; otherwise there is a single answer.
    pub(crate) tool: bool,
    /// The temperature of the calls.
    pub(crate) temperature: f64,
    /// Number of attempts of each call.
    pub(crate) attempts: u32,
    /// The budget of the whole check.
    pub(crate) budget: BudgetLimits,
    /// The budget of each call.
    pub(crate) call: BudgetLimits,
}

impl Default for CheckPlan {
    fn default() -> Self {
        let budget = BudgetLimits::default();
        Self { tool: true, temperature: 0.0, attempts: ATTEMPTS, budget, call: budget }
    }
}

impl ModelCheckView {
    /// Returns whether the model answers, even if it cannot call tools.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.checks.iter().all(|check| check.passed || check.check == CALLS_A_TOOL)
    }

    /// Returns the first check that failed.
    #[must_use]
    pub fn first_failure(&self) -> Option<&CheckView> {
        self.checks.iter().find(|check| !check.passed)
    }

    /// Returns whether the model gave no answer at all.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.first_failure().is_some_and(|check| check.check == ANSWERS)
    }

    /// Returns the class of the result: `Provider` if a check failed.
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
    /// Checks a model with a real conversation of two turns with a tool, at the temperature and length of a run. Lessons of the
    /// provider are kept.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the model is unknown or has no key. A model that does not answer is in the view.
    pub async fn check_model(&self, model: &str) -> Result<ModelCheckView, ServiceError> {
        check_model(self, model, CheckPlan::default()).await
    }

    /// Checks every model that a name stands for like [`Engine::check_model`], those of an ensemble or a chain in order.
    ///
    /// # Errors
    ///
    /// As [`Engine::check_model`].
    pub async fn check_models(&self, name: &str) -> Result<ModelChecksView, ServiceError> {
        let mut names: Vec<String> = Vec::new();
        for one in chains(self, name)?.into_iter().flatten() {
            if !names.contains(&one) {
                names.push(one);
            }
        }
        let mut models = Vec::new();
        for (number, one) in (1..).zip(&names) {
            if names.len() > 1 {
                self.tell_model_check(one, number, names.len());
            }
            models.push(self.check_model(one).await?);
        }
        let passed = models.iter().all(|model| model.passed);
        Ok(ModelChecksView { passed, model: name.to_owned(), models })
    }

    /// As [`Engine::check_models`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::check_models`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn check_models_blocking(&self, name: &str) -> Result<ModelChecksView, ServiceError> {
        self.block_on(self.check_models(name))?
    }
}

/// Checks a model with the conversation of `plan`.
pub(crate) async fn check_model(
    engine: &Engine,
    model: &str,
    plan: CheckPlan,
) -> Result<ModelCheckView, ServiceError> {
    let names = BTreeSet::from([model.to_owned()]);
    let models = callable(engine, &names, options(plan.attempts)?)?;
    let account = Account::new("this check", plan.budget);
    let cassette = Arc::new(MemoryCassette::default());
    let options = SessionOptions::new("check", names, account).call_limits(plan.call);
    let mut session = Session::live(&models, options, cassette)?;
    let watch = engine.environment().stopwatch();
    let request = opening(model, plan);
    let mut checks = Vec::new();
    let first = session.chat(request.clone()).await?;
    let mut ended_by_budget = budget(&first);
    if ended_by_budget.is_none()
        && let Some(next) = first_turn(&first, request, &mut checks)
    {
        let second = session.chat(next).await?;
        ended_by_budget = budget(&second);
        if ended_by_budget.is_none() {
            checks.push(second_turn(&second));
        }
    }
    let stats = models.stats();
    if ended_by_budget.is_none() && checks.iter().all(|check| check.passed) {
        // Whoever counts the tokens, the model can be used: budgets then apply to the estimate.
        let seen = if estimated(&first) { "by this program, from the length" } else { "by the provider" };
        checks.push(check("tokens are counted", true, seen));
    }
    lessons::keep(engine, &models);
    let lines = |name: &str| Some((name.to_owned(), models.learned_of(name)?.lines()));
    let learned = models.names().filter_map(lines).filter(|(_, lines)| !lines.is_empty()).collect();
    let seconds = watch.millis().map(|ms| ms as f64 / 1_000.0).filter(|seconds| *seconds > 0.0);
    Ok(ModelCheckView {
        passed: checks.iter().all(|check| check.passed),
        model: model.to_owned(),
        checks,
        settings: learned,
        tokens_per_second: seconds.map(|seconds| stats.spent.output_tokens as f64 / seconds),
        ended_by_budget,
        stats,
    })
}

/// Returns the first request.
fn opening(model: &str, plan: CheckPlan) -> ChatRequest {
    let (question, tools) = if plan.tool {
        let asked = format!(
            "Call the tool `bash` once with the command `echo {OUTPUT}`, then say in one word what it printed."
        );
        (asked, vec![bash()])
    } else {
        ("Say in one word that you are ready.".to_owned(), Vec::new())
    };
    let messages = vec![Message::system("You test tools. Be brief."), Message::user(question)];
    ChatRequest::new(model, messages).tools(tools).temperature(plan.temperature).max_tokens(MAX_TOKENS)
}

/// Returns the description of a budget that does not allow a call.
fn budget(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Failure(failure) if failure.kind == FailureKind::Budget => Some(failure.message.clone()),
        _ => None,
    }
}

fn estimated(reply: &Reply) -> bool {
    matches!(reply, Reply::Answer(answer) if answer.usage.estimated)
}

/// Checks the first answer. Returns the request of the second turn, if the answer has a call.
fn first_turn(reply: &Reply, mut request: ChatRequest, checks: &mut Vec<CheckView>) -> Option<ChatRequest> {
    let answer = match reply {
        Reply::Failure(failure) => {
            checks.push(check(ANSWERS, false, &failure.message));
            return None;
        }
        Reply::Answer(answer) => answer,
    };
    let seen = answer.why_empty().unwrap_or("yes");
    checks.push(check(ANSWERS, !answer.is_empty(), seen));
    if request.tools.is_empty() {
        return None;
    }
    let Message::Assistant { tool_calls, .. } = &answer.message else { return None };
    let repaired: Vec<&str> = answer.repairs.iter().map(|repair| repair.describe()).collect();
    let seen = match (tool_calls.first(), repaired.is_empty()) {
        (None, _) => {
            "it called no tool, although it was asked to; styles edits and rewrite need none".to_owned()
        }
        (Some(call), true) => format!("{:?}", call.name),
        (Some(call), false) => format!("{:?}, after repairs: {}", call.name, repaired.join(", ")),
    };
    checks.push(check(CALLS_A_TOOL, !tool_calls.is_empty(), seen));
    request.messages.push(answer.message.clone());
    request.messages.extend(tool_calls.iter().map(|call| Message::tool(call.id.clone(), OUTPUT)));
    (!tool_calls.is_empty()).then_some(request)
}

/// Checks the answer after the result of the tool.
fn second_turn(reply: &Reply) -> CheckView {
    match reply {
        Reply::Failure(failure) => check(TAKES_RESULT, false, &failure.message),
        Reply::Answer(answer) => check(TAKES_RESULT, true, answer.why_empty().unwrap_or("yes")),
    }
}
