//! The error of the application layer: every failure has a class, a message, causes and optional hints.
//!
//! A candidate that fails, or a replay that differs, is not an error; the views report it
//! ([`EvaluationView::failure`](crate::EvaluationView::failure), [`ReplayView::failure`](crate::ReplayView::failure)).

use std::io;
use std::path::PathBuf;

use hyperspace_attack::{AttackError, HeaderError};
use hyperspace_core::PathError;
use hyperspace_eval::{EvalError, TaskError};
use hyperspace_evolve::EvolveError;
use hyperspace_interop::InteropError;
use hyperspace_llm::{ConfigError, SessionError};
use hyperspace_replay::ReplayError;
use hyperspace_sandbox::SandboxError;
use hyperspace_store::{ResolveError, StoreError};
use hyperspace_tools::WorkspaceError;
use serde::Serialize;
use thiserror::Error;

use crate::error_class;
use crate::model_hint::needs_model;
use crate::nearest::{did_you_mean, nearest_path};

/// The hint for a store that this user may not write to.
const READ_ONLY: &str = "this user may read the store and not write to it; `--store DIR` names another one";

/// The class of an error, from which a front end chooses an exit code, a status or an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorClass {
    /// The request is wrong and would fail again.
    Usage,
    /// A budget for models is spent; with a larger one, work can continue.
    Budget,
    /// The provider of a model failed or refused.
    Provider,
    /// An object of the store, or a file of recorded calls, is damaged or missing.
    Damage,
    /// Something recorded could not be reproduced.
    Differs,
    /// A guest failed where its success was needed, or has no score.
    Guest,
    /// Anything else: the machine, the disk, or a bug.
    Internal,
}

/// A request that could not be carried out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A setting is out of range.
    #[error("{setting} is {given}; expected {expected}")]
    Range {
        /// The setting in kebab case, which is its name in the settings file and that of the flag without `--`.
        setting: &'static str,
        /// The value.
        given: String,
        /// The possible values.
        expected: String,
    },
    /// A setting has a meaningless value.
    #[error("{setting}{}: {problem}", given.as_ref().map(|given| format!(" {given:?}")).unwrap_or_default())]
    Setting {
        /// As in [`ServiceError::Range`].
        setting: &'static str,
        /// The value, if the problem does not quote it.
        given: Option<String>,
        /// The problem.
        problem: String,
    },
    /// Two settings exclude each other.
    #[error("{setting} conflicts with {other}: {why}")]
    Conflict {
        /// As in [`ServiceError::Range`].
        setting: &'static str,
        /// The other setting.
        other: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// A setting has no effect without another one.
    #[error("{setting} requires {other}: {why}")]
    Requires {
        /// As in [`ServiceError::Range`].
        setting: &'static str,
        /// The setting that is missing.
        other: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// The request names something that does not exist, or that cannot be used for this purpose.
    #[error("{message}")]
    Request {
        /// The problem.
        message: String,
        /// The remedy.
        hint: Option<String>,
    },
    /// The request names a record or an object that is not in the store.
    #[error("{message}")]
    Unknown {
        /// The problem.
        message: String,
        /// The remedy.
        hint: Option<String>,
    },
    /// A file or folder of the user cannot be used.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The problem, and what was expected.
        problem: String,
    },
    /// A file or folder that the user named does not exist.
    #[error("{}: no such {kind}", path.display())]
    Missing {
        /// The file or folder.
        path: PathBuf,
        /// The kind of file that was expected.
        kind: &'static str,
    },
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// An evaluation with recorded calls stopped.
    #[error("{message}")]
    Recording {
        /// The remaining use of the file of recorded calls.
        message: String,
        /// The cause.
        source: Box<EvalError>,
    },
    /// The store failed, or an object of it is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A hash, or the beginning of one, names no record.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A task cannot be understood.
    #[error(transparent)]
    Task(Box<TaskError>),
    /// An evaluation could not be made.
    #[error(transparent)]
    Eval(Box<EvalError>),
    /// A run cannot start or continue.
    #[error(transparent)]
    Evolve(Box<EvolveError>),
    /// A replay could not be made.
    #[error(transparent)]
    Replay(Box<ReplayError>),
    /// Outcome files cannot be written or read.
    #[error(transparent)]
    Interop(Box<InteropError>),
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A request for a workspace, for a command in one or for a file of one cannot be fulfilled.
    #[error(transparent)]
    Workspace(Box<WorkspaceError>),
    /// A model cannot be called as requested.
    #[error(transparent)]
    Models(#[from] ConfigError),
    /// A model of a run failed the check before the run.
    #[error("model {model} cannot be used, and nothing was started: {problem}")]
    ModelCheck {
        /// The model.
        model: String,
        /// The check that failed, and what was observed.
        problem: String,
    },
    /// A call of a model cannot be answered or recorded.
    #[error(transparent)]
    Session(Box<SessionError>),
    /// A name is not a valid path in a tree of files.
    #[error(transparent)]
    Path(#[from] PathError),
    /// An attack could not be tried.
    #[error(transparent)]
    Attack(Box<AttackError>),
    /// The catalogue of attacks is broken, which means that the build is.
    #[error(transparent)]
    AttackHeader(#[from] HeaderError),
    /// Calls of functions of the host differ from those of the record that answers them.
    #[error("the calls of functions differ: {0}")]
    FunctionCalls(String),
    /// The threads of the engine cannot be started.
    #[error("threads cannot be started: {0}")]
    Threads(io::Error),
}

/// Boxes errors of other crates, so that results stay small.
macro_rules! boxed {
    ($( $error:ident in $variant:ident, )+) => {
        $( impl From<$error> for ServiceError {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        } )+
    };
}

boxed! {
    EvalError in Eval,
    EvolveError in Evolve,
    ReplayError in Replay,
    InteropError in Interop,
    TaskError in Task,
    SessionError in Session,
    AttackError in Attack,
    WorkspaceError in Workspace,
}

impl ServiceError {
    pub(crate) fn range(setting: &'static str, given: impl ToString, expected: impl ToString) -> Self {
        Self::Range { setting, given: given.to_string(), expected: expected.to_string() }
    }

    pub(crate) fn setting(setting: &'static str, problem: impl ToString) -> Self {
        Self::Setting { setting, given: None, problem: problem.to_string() }
    }

    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self::Request { message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Request { message: message.into(), hint: Some(hint.into()) }
    }

    pub(crate) fn file(path: impl Into<PathBuf>, problem: impl ToString) -> Self {
        Self::File { path: path.into(), problem: problem.to_string() }
    }

    pub(crate) fn missing(path: impl Into<PathBuf>, kind: &'static str) -> Self {
        Self::Missing { path: path.into(), kind }
    }

    pub(crate) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    /// Returns the error for a model that cannot be called. `configured` are the models in the settings.
    pub(crate) fn unknown_model<'a>(
        source: ConfigError,
        configured: impl IntoIterator<Item = &'a String>,
    ) -> Self {
        let names: Vec<&str> = configured.into_iter().map(String::as_str).collect();
        let hint = match &source {
            ConfigError::UnknownModel { model, .. } => {
                let all = (!names.is_empty()).then(|| format!("the settings have {}", names.join(", ")));
                did_you_mean(model, names).or(all)
            }
            _ => None,
        };
        match hint {
            Some(hint) => Self::with_hint(source.to_string(), hint),
            None => Self::Models(source),
        }
    }

    /// Returns the message with its causes in one line, without causes that it already quotes.
    #[must_use]
    pub fn with_causes(&self) -> String {
        let mut message = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let text = cause.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            next = cause.source();
        }
        message
    }

    /// Returns the class.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        error_class::of(self)
    }

    /// Returns whether another process is at work in the same place, so that the same request may succeed later.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Store(StoreError::Locked { .. }))
            || matches!(self, Self::Evolve(error) if matches!(**error, EvolveError::Store(StoreError::Locked { .. })))
    }

    /// Returns whether the error is about a store that does not exist, or about a record or object that the request names and the
    /// store does not have.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Resolve(ResolveError::Unknown { .. }) | Self::Unknown { .. } => true,
            _ => self.is_without_store(),
        }
    }

    /// Returns whether there is no store at all, as opposed to one that is empty or damaged.
    #[must_use]
    pub fn is_without_store(&self) -> bool {
        let error = match self {
            Self::Resolve(ResolveError::Store(error)) | Self::Store(error) => error,
            _ => return false,
        };
        matches!(error, StoreError::Absent { .. })
    }

    /// Returns what the user may do about the error, which is not part of the message.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Request { hint, .. } | Self::Unknown { hint, .. } => hint.iter().cloned().collect(),
            Self::Task(error) => match &**error {
                TaskError::Unknown { name, known } => {
                    did_you_mean(name, known.iter().copied()).into_iter().collect()
                }
                _ => Vec::new(),
            },
            Self::Evolve(error) => match &**error {
                EvolveError::SeedAgentFile { .. } => {
                    vec!["an agent is a folder with a meta_agent.py, with the program that the task calls, or both".to_owned()]
                }
                EvolveError::Store(error) if error.is_read_only() => vec![READ_ONLY.to_owned()],
                EvolveError::SeedScore { evidence: Some(evidence), .. } => {
                    needs_model(evidence).into_iter().collect()
                }
                _ => Vec::new(),
            },
            Self::ModelCheck { model, .. } => vec![
                format!(
                    "`doctor --model {model:?}` shows the whole check, and settings with which it passes"
                ),
                "`check_models` of the calls decides whether it is made".to_owned(),
            ],
            Self::Store(error) if error.is_read_only() => vec![READ_ONLY.to_owned()],
            Self::Missing { path, .. } => nearest_path(path).into_iter().collect(),
            Self::Requires { setting, other, .. } => vec![format!("set {other}, or leave {setting} out")],
            Self::Conflict { setting, other, .. } => vec![format!("leave {setting} or {other} out")],
            _ => Vec::new(),
        }
    }
}
