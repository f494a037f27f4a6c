//! A single Python program in the sandbox.

use std::path::PathBuf;

use hyperspace_core::{BlobId, FileSet, RelPath};
use hyperspace_sandbox::{Denial, Job, Limits, Mount, Outcome, Report};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};
use crate::files;
use crate::history::lossy;

/// A request to run a Python program: no arguments, environment or input, the limits of the sandbox, seed 0.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ExecutionRequest {
    /// The name of the program in tracebacks.
    pub name: String,
    /// Its source.
    pub source: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment, `NAME=VALUE` each.
    pub env: Vec<String>,
    /// Its standard input.
    pub stdin: Option<Vec<u8>>,
    /// Its limits.
    pub limits: Limits,
    /// Keys its randomness.
    pub seed: u64,
    /// Folders that the program can read, at `/NAME`; modules in them can be imported.
    pub folders: Vec<PathBuf>,
}

impl ExecutionRequest {
    /// Makes a request for a program.
    #[must_use]
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self { name: name.into(), source: source.into(), ..Self::default() }
    }

    /// Sets the arguments.
    #[must_use]
    pub fn args(mut self, args: Vec<String>) -> Self {
        self.args = args;
        self
    }

    /// Sets the environment, `NAME=VALUE` each.
    #[must_use]
    pub fn env(mut self, env: Vec<String>) -> Self {
        self.env = env;
        self
    }

    /// Sets the standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = Some(bytes);
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a folder that the program can read, at `/NAME` with the last part of its path; modules in it can be imported.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    fn job(self, sdk: FileSet) -> Result<Job, ServiceError> {
        let mut job = Job::source(&self.name, &self.source)
            .args(self.args)
            .limits(self.limits)
            .seed(self.seed)
            .mount(Mount::read_only(RelPath::new("sdk")?, sdk))
            .mount(Mount::read_write(RelPath::new("tmp")?, FileSet::new()))
            .python_path("/sdk");
        for variable in &self.env {
            let (name, value) = variable.split_once('=').ok_or_else(|| ServiceError::Setting {
                setting: "env",
                given: Some(variable.clone()),
                problem: "expected NAME=VALUE".to_owned(),
            })?;
            job = job.env(name, value);
        }
        for folder in &self.folders {
            let label = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            let name = label.file_name().map(|name| name.display().to_string()).unwrap_or_default();
            let at = RelPath::new(&name).ok().filter(|_| !["sdk", "tmp"].contains(&name.as_str()));
            let at = at.ok_or_else(|| {
                ServiceError::file(folder, "expected a folder with a name of its own, other than sdk and tmp")
            })?;
            let path = format!("/{name}");
            job = job.mount(Mount::read_only(at, files::read_set(folder)?)).python_path(&path);
        }
        if let Some(input) = self.stdin {
            job = job.stdin(input);
        }
        Ok(job)
    }
}

/// A program that ended: the document of `exec --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExecutionView {
    /// Its outcome, as a short name.
    pub outcome: &'static str,
    /// The same with its details.
    pub detail: Outcome,
    /// The code that a Python process would have left with; null if there is none.
    pub exit_code: Option<u32>,
    /// Its standard output; serialised as text.
    #[serde(serialize_with = "lossy")]
    pub stdout: Vec<u8>,
    /// Its standard error; serialised as text.
    #[serde(serialize_with = "lossy")]
    pub stderr: Vec<u8>,
    /// Fuel used.
    pub fuel: u64,
    /// Virtual time that passed, in nanoseconds.
    pub virtual_ns: u64,
    /// The largest size of its memory, in bytes.
    pub memory_bytes_peak: u64,
    /// Files that it left.
    pub files: Vec<GuestFileView>,
    /// Accesses that were refused.
    pub denials: Vec<Denial>,
}

/// A file that a program left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GuestFileView {
    /// Its path in the guest.
    pub path: String,
    /// Its size.
    pub bytes: usize,
    /// The digest of its content.
    pub blob: BlobId,
}

impl ExecutionView {
    /// Returns the class of the result: `Guest` when the program did not complete.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.detail.is_completed()).then_some(ErrorClass::Guest)
    }

    /// Returns the outcome in words, such as `exception ValueError`. It may quote the guest.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.detail {
            Outcome::Exception { exception, .. } => format!("exception {exception}"),
            Outcome::Trap { trap } => format!("trap: {trap}"),
            Outcome::Quota { quota } => format!("quota {quota} exceeded"),
            Outcome::Exit { code } => format!("exit with code {code}"),
            other => other.name().to_owned(),
        }
    }

    fn of(report: Report) -> Self {
        let files = report.changes.iter().filter_map(|change| {
            let content = change.content.as_ref()?;
            let path = format!("/{}/{}", change.mount, change.path);
            Some(GuestFileView { path, bytes: content.len(), blob: BlobId::of(content) })
        });
        Self {
            outcome: report.outcome.name(),
            exit_code: exit_code(&report.outcome),
            files: files.collect(),
            detail: report.outcome,
            stdout: report.stdout,
            stderr: report.stderr,
            fuel: report.fuel_used,
            virtual_ns: report.virtual_ns,
            memory_bytes_peak: report.memory_bytes_peak,
            denials: report.denials,
        }
    }
}

fn exit_code(outcome: &Outcome) -> Option<u32> {
    match outcome {
        Outcome::Completed => Some(0),
        Outcome::Exit { code } => Some(*code),
        Outcome::Exception { .. } => Some(1),
        _ => None,
    }
}

impl Engine {
    /// Runs a Python program. It sees its library, the SDK at `/sdk`, an empty `/tmp`, and nothing else.
    ///
    /// # Errors
    ///
    /// Class `Usage` for the request. What the program does is in the view.
    pub async fn execute(&self, request: ExecutionRequest) -> Result<ExecutionView, ServiceError> {
        let evaluator = self.prepared(0).await?;
        let job = request.job(evaluator.sdk().clone())?;
        Ok(ExecutionView::of(evaluator.sandbox().run(job).await?))
    }

    /// As [`Engine::execute`], on the threads of the engine.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::ExecutionRequest;
    ///
    /// let view = engine.execute_blocking(ExecutionRequest::new("hello.py", "print('hello')"))?;
    /// assert_eq!(view.stdout, b"hello\n");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::execute`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// Inside of a tokio runtime.
    pub fn execute_blocking(&self, request: ExecutionRequest) -> Result<ExecutionView, ServiceError> {
        self.block_on(self.execute(request))?
    }
}
