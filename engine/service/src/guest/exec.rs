//! A single Python program in the sandbox.

use std::path::Path;

use hyperspace_core::BlobId;
use hyperspace_sandbox::{Denial, Outcome, Report};
use serde::Serialize;
use serde_json::Value;

use super::exec_request::{ExecutionRequest, GuestProgram};
use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};
use crate::history::lossy;

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
    /// True if a function was called, which completes by returning.
    #[serde(skip)]
    pub called: bool,
    /// The value that the called function returned; absent without a call, or when it did not return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Advice about a module that was not found; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
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
    /// Returns the class of the result: `Guest` when the program did not complete, or the function that was called did not return.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.detail.is_completed() || self.left()).then_some(ErrorClass::Guest)
    }

    /// Returns whether the guest left, as with `sys.exit(0)`, before the function that was called returned.
    fn left(&self) -> bool {
        self.called && self.result.is_none()
    }

    /// Returns the outcome in words, such as `exception ValueError`. It may quote the guest.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.detail {
            Outcome::Exception { exception, .. } => format!("exception {exception}"),
            Outcome::Trap { trap } => format!("trap: {trap}"),
            Outcome::Quota { quota } => format!("quota {quota} exceeded"),
            Outcome::Exit { code } => format!("exit with code {code}"),
            Outcome::Completed if self.left() => "exit with code 0 before the function returned".to_owned(),
            other => other.name().to_owned(),
        }
    }

    fn of(report: Report, called: bool, origin: Option<&Path>) -> Self {
        let hint = origin.and_then(|origin| lies_beside(&report.outcome, origin));
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
            called,
            result: report.result,
            hint,
        }
    }
}

/// Returns the advice for a module that was not found and lies beside the program.
fn lies_beside(outcome: &Outcome, origin: &Path) -> Option<String> {
    let Outcome::Exception { exception, message } = outcome else { return None };
    let name = message.strip_prefix("No module named '")?.split(['\'', '.']).next()?;
    let file = origin.join(format!("{name}.py"));
    let found =
        if file.is_file() { Some(file) } else { Some(origin.join(name)).filter(|path| path.is_dir()) };
    let found = found.filter(|_| exception == "ModuleNotFoundError" && !name.is_empty())?;
    // A package is found in the folder that holds it.
    let mount = if found.is_dir() { origin } else { &found };
    Some(format!("{} is not in the guest; --mount {} lets it be imported", found.display(), mount.display()))
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
        let origin = request.origin.clone();
        let called = matches!(request.program, GuestProgram::Call { .. });
        let job = request.job(evaluator.sdk().clone())?;
        Ok(ExecutionView::of(evaluator.sandbox().run(job).await?, called, origin.as_deref()))
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
