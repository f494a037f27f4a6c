//! Errors that stop a run. A fault of a candidate is never such an error: it is part of the record.

use hyperspace_core::PathError;
use hyperspace_eval::{EvalError, TaskError};
use hyperspace_llm::{ConfigError, SessionError};
use hyperspace_markspace::Refusal;
use hyperspace_sandbox::SandboxError;
use hyperspace_store::StoreError;
use thiserror::Error;
use tokio::task::JoinError;

use crate::record::event::EventError;
use crate::record::sharing_config::SharingRules;

/// An error with which a run cannot start or continue. Committed generations stay, and the run can be resumed from the last one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvolveError {
    /// An option is out of its range.
    #[error("{option} is {given}; expected {expected}")]
    Option {
        /// The option, as on the command line.
        option: &'static str,
        /// The value given.
        given: String,
        /// The possible values.
        expected: String,
    },
    /// The seed agent is unusable.
    #[error("agent {agent}: {why}")]
    SeedAgent {
        /// The agent's name.
        agent: String,
        /// The fault, and what to do about it.
        why: String,
    },
    /// The seed agent lacks the file that each agent needs.
    #[error("agent {agent}: it has no {file}; {why}")]
    SeedAgentFile {
        /// The agent's name.
        agent: String,
        /// The file.
        file: String,
        /// The purpose of the file.
        why: String,
    },
    /// The seed agent has no score, so nothing can be better than it.
    #[error("the seed agent cannot be scored on {split}: {outcome}{}", evidence.as_ref().map(|text| format!("\n{text}")).unwrap_or_default())]
    SeedScore {
        /// The split.
        split: &'static str,
        /// The outcome of its evaluation.
        outcome: String,
        /// Its traceback or last output.
        evidence: Option<String>,
        /// The name of the case that has no score.
        case: Option<String>,
    },
    /// The hash does not name a run of this store.
    #[error("{hash} is not a run of this store: {why}")]
    NoRun {
        /// The hash.
        hash: String,
        /// The object that was found there.
        why: String,
    },
    /// The run was recorded in another format.
    #[error("the run has format {recorded}, and this build reads 2 and 3; use the version that recorded it")]
    OtherFormat {
        /// The format of the run.
        recorded: u64,
    },
    /// The run was recorded with a later version of the policies on texts that agents see of each other.
    #[error(
        "the run was recorded with the sharing rules {recorded:?}, and this build has {}; update hyperspace",
        SharingRules::ALL.map(SharingRules::name).join(" and ")
    )]
    OtherSharingRules {
        /// The name in the run's configuration.
        recorded: String,
    },
    /// The run was recorded with another interpreter, SDK or engine.
    #[error(
        "this run was recorded with {what} {recorded}, and this build has {present}; it can only go on, or be replayed, with the build that recorded it"
    )]
    OtherRuntime {
        /// `runtime`, `SDK`, `the evaluator bridge` or `the agent layer`.
        what: &'static str,
        /// The digest in the run's configuration.
        recorded: String,
        /// The digest of this build.
        present: String,
    },
    /// The run has tools, and was recorded when the runtime digest did not cover them.
    #[error(
        "this run was recorded with the runtime {recorded}, whose shell was a part of the program; it can only go on, or be replayed, with {last}"
    )]
    OtherTools {
        /// The digest in the run's configuration.
        recorded: String,
        /// The last version that replays it.
        last: &'static str,
    },
    /// A record of the store cannot be read as the expected kind.
    #[error("{what} does not have the expected fields: {why}")]
    Record {
        /// The record.
        what: String,
        /// The cause.
        why: String,
    },
    /// Records of one run contradict each other.
    #[error("{what} contradicts the run: {why}")]
    Inconsistent {
        /// The record or journal.
        what: String,
        /// The contradiction.
        why: String,
    },
    /// An event of the journal cannot be read.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The mark space refused a command of the engine itself.
    #[error("the mark space of the run: {0}")]
    MarkSpace(Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The task cannot be read.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// An evaluation could not be made.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A name is not a valid path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A model's answer cannot be obtained, recorded, or found in the recording. Nothing of the current generation was recorded.
    #[error(transparent)]
    Model(#[from] SessionError),
    /// The models are configured wrongly.
    #[error(transparent)]
    Models(#[from] ConfigError),
    /// The run needs models, and none are configured.
    #[error("this run needs models {models}, but none are configured: pass their settings, or a recording")]
    NoModels {
        /// Their names.
        models: String,
    },
    /// Every population has had all generations that its rounds allow.
    #[error("every agent of the run had all of its rounds after generation {generations}")]
    RoundsSpent {
        /// The last generation.
        generations: u64,
    },
    /// A task of the async runtime was cancelled, because the runtime shut down.
    #[error("a candidate was cancelled: the async runtime shut down")]
    Cancelled,
    /// The engine violated a rule of its own, which is a bug.
    #[error("internal error: {what}: {why}")]
    Internal {
        /// The subject.
        what: String,
        /// The broken rule.
        why: String,
    },
}

/// The kind of an error, by what a caller can do about it. Exit codes are derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvolveErrorClass {
    /// The request makes no sense and has to be changed.
    Usage,
    /// A replay or recording does not match: the result differs from the record.
    Diverged,
    /// A budget is spent. Raise it and resume.
    Budget,
    /// A model's provider failed or refused. Resume later.
    Provider,
    /// The store is damaged. Run `fsck`.
    Damage,
    /// The seed agent did not end by itself or has no score.
    Guest,
    /// The engine or the machine failed.
    Internal,
}

impl EvolveError {
    /// Returns the class of the error.
    #[must_use]
    pub fn class(&self) -> EvolveErrorClass {
        match self {
            Self::Option { .. }
            | Self::SeedAgent { .. }
            | Self::SeedAgentFile { .. }
            | Self::NoRun { .. }
            | Self::OtherFormat { .. }
            | Self::OtherSharingRules { .. }
            | Self::OtherRuntime { .. }
            | Self::OtherTools { .. }
            | Self::Task(_)
            | Self::Path(_)
            | Self::Models(_)
            | Self::NoModels { .. } => EvolveErrorClass::Usage,
            Self::SeedScore { .. } => EvolveErrorClass::Guest,
            Self::Record { .. } | Self::Inconsistent { .. } | Self::Event(_) => EvolveErrorClass::Damage,
            Self::Store(error) => class_of_store(error),
            Self::Model(error) => class_of_session(error),
            Self::Eval(error) => class_of_eval(error),
            Self::Sandbox(error) => class_of_sandbox(error),
            Self::MarkSpace(_) | Self::RoundsSpent { .. } | Self::Cancelled | Self::Internal { .. } => {
                EvolveErrorClass::Internal
            }
        }
    }

    /// Returns the name of the case on which the seed agent has no score.
    #[must_use]
    pub fn failed_case(&self) -> Option<&str> {
        match self {
            Self::SeedScore { case, .. } => case.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn option(option: &'static str, given: impl ToString, expected: impl ToString) -> Self {
        Self::Option { option, given: given.to_string(), expected: expected.to_string() }
    }

    pub(crate) fn record(what: impl ToString, why: impl ToString) -> Self {
        Self::Record { what: what.to_string(), why: why.to_string() }
    }

    pub(crate) fn inconsistent(what: impl ToString, why: impl ToString) -> Self {
        Self::Inconsistent { what: what.to_string(), why: why.to_string() }
    }

    pub(crate) fn internal(what: impl ToString, why: impl ToString) -> Self {
        Self::Internal { what: what.to_string(), why: why.to_string() }
    }

    /// A run without its first generation.
    pub(crate) fn no_seed_generation() -> Self {
        Self::inconsistent("the journal", "it has no generation 0")
    }
}

impl From<JoinError> for EvolveError {
    fn from(error: JoinError) -> Self {
        if error.is_cancelled() { Self::Cancelled } else { Self::internal("a candidate", error) }
    }
}

fn class_of_store(error: &StoreError) -> EvolveErrorClass {
    match error {
        error if error.is_damage() => EvolveErrorClass::Damage,
        StoreError::Absent { .. } | StoreError::Foreign { .. } | StoreError::Format { .. } => {
            EvolveErrorClass::Usage
        }
        error if error.is_read_only() => EvolveErrorClass::Usage,
        _ => EvolveErrorClass::Internal,
    }
}

fn class_of_session(error: &SessionError) -> EvolveErrorClass {
    match error {
        SessionError::Missing { .. } | SessionError::Mismatch { .. } => EvolveErrorClass::Diverged,
        SessionError::Damaged { .. } => EvolveErrorClass::Damage,
        SessionError::Outage(_) => EvolveErrorClass::Provider,
        SessionError::Budget(_) => EvolveErrorClass::Budget,
        _ => EvolveErrorClass::Internal,
    }
}

fn class_of_eval(error: &EvalError) -> EvolveErrorClass {
    match error {
        EvalError::NoEntry { .. } | EvalError::NoSplit { .. } | EvalError::Models(_) => {
            EvolveErrorClass::Usage
        }
        EvalError::Model { source, .. } => class_of_session(source),
        EvalError::Sandbox(error) => class_of_sandbox(error),
        _ => EvolveErrorClass::Internal,
    }
}

fn class_of_sandbox(error: &SandboxError) -> EvolveErrorClass {
    match error {
        SandboxError::Job(_) | SandboxError::Config { .. } => EvolveErrorClass::Usage,
        _ => EvolveErrorClass::Internal,
    }
}
