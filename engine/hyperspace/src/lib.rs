//! Evolve untrusted Python agents in a sandbox, and replay any generation from its hash.
//!
//! This is the crate that an embedder depends on: it re-exports everything that its signatures need. It has three uses, each
//! with one feature less than the one before:
//!
//! | use | start with | features |
//! |---|---|---|
//! | runs, replays, stores | [`Engine`] | `engine` (the default) |
//! | evaluating candidates whose rows may call models | [`Evaluator`], [`models`] | `models` |
//! | evaluating candidates, running programs; no network code is built | [`Evaluator`], [`Sandbox`] | none |
//!
//! # A run
//!
//! An [`Engine`] is one owned handle (`Clone`, `Send`, `'static`) to a store and an interpreter. A [`RunHandle`] is a stream of
//! [`RunEvent`]s; dropping it cancels the run, and everything committed so far stays.
//!
//! ```no_run
//! use hyperspace::{Engine, ReplayRequest, ResumeRequest, RunRequest};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::builder().store("runs").cache_dir("cache").workers(2).build()?;
//! let mut run = engine.start_blocking(RunRequest::new().task("bin-packing").generations(20))?;
//! println!("run {}", run.id());
//! while let Some(event) = run.next_blocking()? {
//!     println!("{event:?}");
//! }
//! let end = run.finish_blocking()?;
//! println!("best score {}", end.best.score);
//! assert!(engine.replay(ReplayRequest::new().hash(end.best.hash)).finish_blocking()?.failure().is_none());
//! # Ok(())
//! # }
//! ```
//!
//! Each method whose name ends in `_blocking` has an async twin that runs on the caller's tokio runtime. `examples/run.rs`
//! starts, watches, cancels, resumes and replays a run.
//!
//! # An evaluation
//!
//! ```no_run
//! use hyperspace::{Evaluator, FileSet, Sandbox, SandboxConfig, Split, Task};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let candidate = FileSet::from_files([("task_agent.py", "def priority(item, bins):\n    return [-b for b in bins]\n")])?;
//! let evaluator = Evaluator::new(Sandbox::new(&SandboxConfig::default())?)?;
//! let evaluation = evaluator.evaluate_blocking(&Task::bundled("bin-packing")?, &candidate, Split::Train)?;
//! println!("{:?}", evaluation.score);
//! # Ok(())
//! # }
//! ```
//!
//! A candidate that crashes, loops or returns junk still yields an [`Evaluation`], with evidence and without a score; an error
//! means that the evaluation could not be made.
//!
//! # Your own scorer, door or policy
//!
//! [`Task::builder`] takes cases and a [`scorer::Scorer`] written in Rust; [`CaseDoors`] gives each case host functions; a
//! [`FilePolicy`] decides on each change of a file in a [`Mount`].
//!
//! # A program
//!
//! ```no_run
//! use hyperspace::{Job, Limits, Sandbox, SandboxConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::new(&SandboxConfig::default())?;
//! let job = Job::source("hello.py", "print('hello')").limits(Limits::default().with_fuel(1_000_000_000));
//! let report = sandbox.run_blocking(job)?;
//! assert_eq!(report.stdout, b"hello\n");
//! # Ok(())
//! # }
//! ```

pub use hyperspace_core::{
    BlobId, EditScope, EventId, FileSet, FileSetError, MarkId, PathError, RecordId, RelPath, ScopeName,
    TreeId, exact_json,
};
pub use hyperspace_eval::{
    Case, CaseData, CaseDoor, CaseDoors, CaseName, CaseOutcome, CaseResult, ClassificationReport, Direction,
    EvalError, Evaluation, EvaluationCache, Evaluator, MemoryCache, Score, Split, Task, TaskBuilder,
    TaskEntry, TaskError, scorer,
};
pub use hyperspace_sandbox::{
    Decision, Denial, Door, DoorCall, DoorError, FileChange, FileOp, FilePolicy, GuestSession, Job, JobError,
    LimitError, Limits, Mount, Outcome, Report, Runtime, RuntimeArtifact, RuntimeName, Sandbox,
    SandboxConfig, SandboxError, async_trait,
};

#[cfg(feature = "engine")]
pub use hyperspace_evolve::{
    Arm, CandidateId, Champion, EvolveError, Fate, PlannedCandidate, RunConfig, RunOptions, SeedAgent,
    Selection,
};
#[cfg(feature = "engine")]
pub use hyperspace_replay::{Difference, GenerationReplay, ReplayError};
#[cfg(feature = "engine")]
pub use hyperspace_service::{
    AgentRef, CallSettings, Engine, EngineBuilder, Environment, ErrorClass, EvalRequest, EvaluationView,
    ExecutionRequest, ExecutionView, ReplayEvent, ReplayHandle, ReplayRequest, ReplayView, ResumeRequest,
    RunEvent, RunHandle, RunRequest, RunSettings, RunView, ServiceError, Settings, Target, TaskRef,
};
#[cfg(feature = "engine")]
pub use hyperspace_store::{Store, StoreError};

/// Language models: settings, keys, clocks, and the doors through which rows call them.
#[cfg(feature = "models")]
pub mod models {
    pub use hyperspace_eval::{CaseDoors, ModelDoors, ModelGrant};
    pub use hyperspace_llm::{
        Account, BudgetLimits, CallOptions, Cost, FileCassette, MemoryCassette, ModelConfig,
        ModelEnvironment, Models, Registry, Secret, TimeSource,
    };
}

/// The rest of the application layer: requests and views of marks, logs, files, imports and checks.
#[cfg(feature = "engine")]
pub mod service {
    pub use hyperspace_service::*;
}

/// The events of a run's journal, as they are recorded.
#[cfg(feature = "engine")]
pub mod journal {
    pub use hyperspace_evolve::{Event, EventError, JournalEvent, journal};
}

/// A run without the application layer, and its seams: executors, search strategies, records.
#[cfg(feature = "engine")]
pub mod evolution {
    pub use hyperspace_evolve::*;
}
