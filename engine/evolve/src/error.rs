//! What can stop a run. What a candidate does wrong never does; it is part of the record.

use hyperspace_core::PathError;
use hyperspace_eval::{EvalError, TaskError};
use hyperspace_llm::{ConfigError, SessionError};
use hyperspace_sandbox::SandboxError;
use hyperspace_store::StoreError;
use thiserror::Error;

use crate::record::event::EventError;

/// A run that cannot start, or cannot go on. What was committed stays; `resume` continues from there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvolveError {
    /// An option out of its range.
    #[error("{option} is {given}; expected {expected}")]
    Option {
        /// The option, as on the command line.
        option: &'static str,
        /// What was given.
        given: String,
        /// What is possible.
        expected: String,
    },
    /// The seed agent lacks something.
    #[error("agent {agent}: {why}")]
    SeedAgent {
        /// The agent's name.
        agent: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The seed agent has no score, so that nothing can be better than it.
    #[error("the seed agent cannot be scored on {split}: {outcome}{}", evidence.as_ref().map(|text| format!("\n{text}")).unwrap_or_default())]
    SeedScore {
        /// The split.
        split: &'static str,
        /// How it ended.
        outcome: String,
        /// Its traceback or last words.
        evidence: Option<String>,
    },
    /// The store holds no such run, or something else under that hash.
    #[error("{hash} is no run of this store: {why}")]
    NoRun {
        /// The hash.
        hash: String,
        /// What is there.
        why: String,
    },
    /// The run was recorded with another interpreter, SDK or engine.
    #[error(
        "this run was recorded with {what} {recorded}, and this build has {present}; it can only go on, or be replayed, with the build that recorded it"
    )]
    OtherRuntime {
        /// `runtime` or `SDK`.
        what: &'static str,
        /// The digest in the run's configuration.
        recorded: String,
        /// The digest of this build.
        present: String,
    },
    /// A record of the store cannot be understood.
    #[error("{what} does not have the expected fields: {why}")]
    Record {
        /// The record.
        what: String,
        /// The cause.
        why: String,
    },
    /// An event of the journal cannot be understood.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The journal and the generation records disagree.
    #[error("the journal is not that of this run: {0}")]
    Journal(String),
    /// The mark space refused what the engine itself does in it.
    #[error("the mark space of the run: {0}")]
    Marks(hyperspace_markspace::Refusal),
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
    /// A name that is no path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A model's answer cannot be had, recorded or found in the record. Nothing of the generation at work was recorded.
    #[error(transparent)]
    Model(#[from] SessionError),
    /// Models that cannot be called as it was asked.
    #[error(transparent)]
    Models(#[from] ConfigError),
    /// A run with models, and nobody who answers them.
    #[error("this run asks the models {models}, and nobody was named who answers them")]
    NoModels {
        /// Their names.
        models: String,
    },
    /// Every agent had the generations that its rounds allow.
    #[error("every agent of the run had all of its rounds after generation {generations}")]
    Done {
        /// The last generation.
        generations: u64,
    },
    /// A task of the runtime is gone.
    #[error("a candidate was given up: {0}")]
    Lost(String),
}

impl EvolveError {
    pub(crate) fn option(option: &'static str, given: impl ToString, expected: impl ToString) -> Self {
        Self::Option { option, given: given.to_string(), expected: expected.to_string() }
    }

    pub(crate) fn record(what: impl ToString, why: impl ToString) -> Self {
        Self::Record { what: what.to_string(), why: why.to_string() }
    }
}
