//! An evaluation as a front end shows it.

use hyperspace_core::TreeId;
use hyperspace_eval::scorer::bin_packing::MeanBins;
use hyperspace_eval::{
    CaseDetails, CaseOutcome, CaseResult, ClassificationReport, Evaluation, Score, Split, Task,
};
use hyperspace_llm::{CallStats, Spend};
use hyperspace_sandbox::{Outcome, RuntimeName, virtual_seconds};
use serde::{Serialize, Serializer};

use crate::error::ErrorClass;
use crate::guest::other_runtime;
use crate::model_hint::needs_model;
use crate::sources::runtime_notice;

/// An evaluation. Serialised, it is the document of `eval --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EvaluationView {
    /// The task's name.
    pub task: String,
    /// The task's title.
    pub title: String,
    /// The unit of scores, if the task names one.
    pub unit: Option<String>,
    /// The part of the data.
    pub split: Split,
    /// The agent's files.
    pub agent: TreeId,
    /// The score; null if there is none.
    pub score: Option<f64>,
    /// The exact score.
    pub score_exact: Option<Score>,
    /// The outcome, as a short name.
    pub outcome: &'static str,
    /// The outcome in one line of text.
    pub detail: String,
    /// Advice about an outcome without a score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// A sentence on why guests do not have the plain runtime, if the task does not name the runtime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Mean number of bins per case; only for bin packing.
    pub mean_bins: Option<f64>,
    /// Mean lower bound per case; only for bin packing.
    pub mean_bound: Option<f64>,
    /// Accuracy by label; only for tasks with labels.
    #[serde(serialize_with = "report")]
    pub report: Option<ClassificationReport>,
    /// Number of cases in the split.
    pub cases: usize,
    /// Cases that ran, in order.
    pub rows: Vec<CaseView>,
    /// Fuel used by all cases that ran.
    pub fuel: u64,
    /// Calls of models; absent if rows may not call any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<EvaluationModelsView>,
}

/// One case of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CaseView {
    /// Its name.
    pub case: String,
    /// Its outcome.
    pub outcome: CaseOutcome,
    /// Its score; null if there is none.
    pub score: Option<f64>,
    /// Fuel used.
    pub fuel: u64,
    /// The last output of a candidate that did not answer.
    pub evidence: Option<String>,
    /// The answer.
    pub answer: Option<String>,
    /// Details that an evaluator in Python reported besides the score; absent for other scorers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<CaseDetails>,
    /// Spend on models; absent if rows may not call any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spend>,
}

/// The model calls of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EvaluationModelsView {
    /// The model that the agent was given.
    pub model: Option<String>,
    /// True if a recording answered every call.
    pub replayed: bool,
    /// True if identical requests were made only once.
    pub reuse_identical: bool,
    /// Spend on all calls.
    pub spent: Spend,
    /// Models that refused calls and never answered any.
    pub unanswered: Vec<String>,
    /// Statistics of the calls; null if a recording answered.
    pub stats: Option<CallStats>,
}

fn report<S: Serializer>(report: &Option<ClassificationReport>, serializer: S) -> Result<S::Ok, S::Error> {
    report.as_ref().map(ClassificationReport::to_json).serialize(serializer)
}

/// Advice about a module that a candidate cannot import.
const NO_SUCH_MODULE: &str = "a candidate has its own files, the standard library and the packages of the task, nothing else; packages = \
    [\"...\"] in task.toml and --packages PATH add a folder or wheel of pure Python";

/// Advice about `exit()` and `quit()`, which Python provides for interactive use.
const NO_EXIT: &str = "programs of tasks have no exit() and quit(), as under `python3 -S`; a function that is called returns its answer, and \
    sys.exit() ends the program without one";

/// Returns whether a message says that `exit` or `quit` is undefined.
fn is_exit(message: &str) -> bool {
    ["exit", "quit"].iter().any(|name| message.starts_with(&format!("name '{name}' is not defined")))
}

impl EvaluationView {
    /// Returns the class of the result: `Provider` if a model never answered, `Guest` if there is no score.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        if self.models.as_ref().is_some_and(|models| !models.unanswered.is_empty()) {
            return Some(ErrorClass::Provider);
        }
        self.score_exact.is_none().then_some(ErrorClass::Guest)
    }

    /// Returns advice if there is no score and the reason is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.rows.iter().filter_map(|row| row.evidence.as_deref()).find_map(needs_model)
    }

    pub(super) fn of(task: &Task, evaluation: &Evaluation) -> Self {
        let measures = evaluation.cases.iter().map(|result| result.measure.as_ref());
        let mean = MeanBins::of(&task.cases(evaluation.split), measures);
        Self {
            task: evaluation.task.clone(),
            title: task.title().to_owned(),
            unit: task.unit().map(str::to_owned),
            split: evaluation.split,
            agent: evaluation.agent,
            score: evaluation.score.as_ref().map(Score::to_f64),
            score_exact: evaluation.score.clone(),
            outcome: evaluation.outcome.name(),
            detail: evaluation.outcome.describe(),
            hint: None,
            notice: runtime_notice(task),
            mean_bins: mean.as_ref().map(|mean| mean.used),
            mean_bound: mean.as_ref().map(|mean| mean.bound),
            report: ClassificationReport::of(task, evaluation),
            cases: task.cases(evaluation.split).len(),
            rows: evaluation.cases.iter().map(CaseView::of).collect(),
            fuel: evaluation.fuel,
            models: None,
        }
    }

    /// Adds advice about the outcome of the last case, which had `fuel`.
    pub(super) fn with_hint(mut self, fuel: u64, runtime: RuntimeName) -> Self {
        let last = self.rows.last().map(|row| &row.outcome);
        let Some(CaseOutcome::Failed { outcome }) = last.filter(|_| self.score_exact.is_none()) else {
            return self;
        };
        self.hint = match outcome {
            Outcome::OutOfFuel => Some(format!(
                "a case has {fuel} units of fuel, which are {} s of the candidate's own clock; fuel in [limits] of task.toml gives more",
                virtual_seconds(fuel)
            )),
            Outcome::Exception { exception, message } if exception == "ModuleNotFoundError" => {
                let other = other_runtime(
                    message,
                    runtime,
                    "runtime = \"science\" before the tables of task.toml gives it to guests",
                );
                other.or_else(|| Some(NO_SUCH_MODULE.to_owned()))
            }
            Outcome::Exception { exception, message } if exception == "NameError" && is_exit(message) => {
                Some(NO_EXIT.to_owned())
            }
            _ => None,
        };
        self
    }
}

impl CaseView {
    pub(crate) fn of(row: &CaseResult) -> Self {
        let score = row.measure.as_ref().and_then(|measure| measure.score());
        Self {
            case: row.case.clone(),
            outcome: row.outcome.clone(),
            score: score.map(|score| score.to_f64()),
            fuel: row.fuel,
            evidence: row.evidence.clone(),
            answer: row.answer.clone(),
            details: row.details.clone(),
            spent: None,
        }
    }
}
