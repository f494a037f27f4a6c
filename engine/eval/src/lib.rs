//! Evaluates untrusted candidates on tasks, with scores computed outside of the sandbox.
//!
//! A [`Task`] is a set of named cases and the [`Scorer`](scorer::Scorer) that measures answers to them: a folder with a
//! `task.toml` ([`Task::from_files`]), or built in code ([`Task::builder`]). A candidate is a set of Python files. An
//! [`Evaluator`] runs each case of a [`Split`] in a sandbox that no other case can see, and returns an [`Evaluation`]: an exact
//! score, or evidence for why there is none. `examples/evaluate.rs` shows all of this.
//!
//! Features: `models` adds doors to language models (`ModelDoors`); without it, nothing here can reach a network.

mod agent_layer;
mod cache;
mod cache_key;
mod case;
mod case_room;
mod case_runner;
mod doors;
mod dyadic;
mod error;
mod evaluation;
mod evaluator;
mod evidence;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod python;
mod report;
mod result_buffer;
mod row_watch;
mod score;
pub mod scorer;
mod sdk_with_limits;
mod split;
mod stage;
mod task;
#[cfg(test)]
mod tests_support;
mod uniform;

pub use self::agent_layer::{OwnModules, SdkPlaces, agent_layer_id, needs_agent_layer};
pub use self::cache::{CacheError, CacheKey, EvaluationCache, MemoryCache};
pub use self::case::{Case, CaseData, CaseName};
pub use self::doors::{CaseDoor, CaseDoors, EvalStop};
#[cfg(feature = "models")]
pub use self::doors::{MODEL_OPERATIONS, ModelDoor, ModelDoors, ModelGrant, RequestRules};
pub use self::error::EvalError;
pub use self::evaluation::{CaseOutcome, CaseResult, Evaluation};
pub use self::evaluator::Evaluator;
pub use self::evidence::EvidenceRules;
pub use self::python::{
    Artifact, ArtifactObject, CaseDetails, EvaluatorCall, Isolation, NumpyImport, Packages, PythonScoring,
    Separation, numpy_imports, numpy_needed,
};
pub use self::report::{ClassificationReport, LabelReport};
pub use self::row_watch::RowWatch;
pub use self::score::{Direction, ParseScoreError, Score};
pub use self::sdk_with_limits::sdk_with_limits;
pub use self::split::{ParseSplitError, Split};
pub use self::task::{
    CodeLimits, DataFile, DataRow, Fitness, OnFailure, RowScoring, RowShapes, RowTable, ScorerKind, Stage,
    Task, TaskBuilder, TaskEntry, TaskError, TaskLimits, TaskLoader, UserData, whole_rows,
};

// Types that appear in signatures of this crate.
pub use hyperspace_core::{FileSet, RelPath, TreeId};
pub use hyperspace_sandbox::{
    Door, DoorCall, DoorError, Limits, Outcome, Sandbox, SandboxConfig, SandboxError, async_trait,
};
pub use serde_json::{Value, json};
