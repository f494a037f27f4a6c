//! Workspaces: persistent files, and shell commands on them.

use std::path::PathBuf;
use std::sync::Arc;

use hyperspace_core::RelPath;
use hyperspace_eval::sdk_with_limits;
use hyperspace_sandbox::{Limits, Mount, RuntimeName};
use hyperspace_tools::{Workspace, WorkspaceCommand, WorkspaceReport};
use serde::Serialize;
use tokio::sync::Mutex;

use super::exec_request::ExecutionRequest;
use super::execution_view::framed_digest;
use super::runtime_choice::RuntimeChoice;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::history::lossy;

/// A request for a workspace. By default: one folder, `/tmp`, the limits of the sandbox for each command, and seed 0.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkspaceRequest {
    /// Absolute folders below which commands may write; they start in the first one.
    pub folders: Vec<String>,
    /// The initial files, by path, either absolute or relative to the first folder.
    pub files: Vec<(String, Vec<u8>)>,
    /// Limits of each command; quotas of files apply to each folder.
    pub limits: Limits,
    /// The seed of the randomness of all commands.
    pub seed: u64,
    /// The runtime of `python3`. `None` means the science runtime if a package imports numpy or scipy, and the plain one
    /// otherwise.
    pub runtime: Option<RuntimeName>,
    /// Folders and wheels of pure Python that `python3` can import.
    pub packages: Vec<PathBuf>,
}

impl Default for WorkspaceRequest {
    fn default() -> Self {
        Self {
            folders: vec!["/tmp".to_owned()],
            files: Vec::new(),
            limits: Limits::default(),
            seed: 0,
            runtime: None,
            packages: Vec::new(),
        }
    }
}

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CommandView {
    /// Its exit code; 124 if it took too long, and 137 if another limit stopped it.
    pub exit_code: i32,
    /// The limit that stopped it, in words; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// True if it exceeded its virtual time.
    pub timed_out: bool,
    /// Its standard output; serialised as text.
    #[serde(serialize_with = "lossy")]
    pub stdout: Vec<u8>,
    /// Its standard error; serialised as text.
    #[serde(serialize_with = "lossy")]
    pub stderr: Vec<u8>,
    /// True if one of them exceeded the limit on output and was cut there.
    pub truncated: bool,
    /// Fuel used, including that of every `python3`.
    pub fuel: u64,
    /// Virtual time that passed, in nanoseconds.
    pub virtual_ns: u64,
    /// The digest of the runtime and of everything above, in hexadecimal.
    pub digest: String,
}

impl CommandView {
    fn of(report: WorkspaceReport, runtime: &str) -> Self {
        let mut view = Self {
            exit_code: report.exit_code,
            stopped: report.stopped,
            timed_out: report.timed_out,
            stdout: report.stdout,
            stderr: report.stderr,
            truncated: report.truncated,
            fuel: report.fuel,
            virtual_ns: report.virtual_ns,
            digest: String::new(),
        };
        // A view can always be written.
        let document = serde_json::to_vec(&view).unwrap_or_default();
        let parts = [runtime.as_bytes(), &document, &view.stdout, &view.stderr];
        view.digest = framed_digest("hyperspace v1 command", &parts);
        view
    }
}

/// Files that persist, and shell commands on them, one after the other. Cheap to clone; the files are removed with the last
/// handle.
#[derive(Debug, Clone)]
pub struct WorkspaceHandle {
    workspace: Arc<Mutex<Workspace>>,
    runtime: Arc<str>,
}

impl WorkspaceHandle {
    /// Runs a command after earlier ones have ended. Dropping the future ends it, but what it has written stays.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Workspace`] when the command cannot be run. Its behaviour is in the view.
    pub async fn run(&self, command: &WorkspaceCommand) -> Result<CommandView, ServiceError> {
        let report = self.workspace.lock().await.run(command).await?;
        Ok(CommandView::of(report, &self.runtime))
    }

    /// Reads a file while no command runs. Here and in the methods below, a relative path is below the first folder.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Workspace`], here and in the methods below.
    pub async fn read(&self, path: &str) -> Result<Vec<u8>, ServiceError> {
        Ok(self.workspace.lock().await.read(path)?)
    }

    /// Writes a file, creating the folders that it needs.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Workspace`].
    pub async fn write(&self, path: &str, bytes: &[u8]) -> Result<(), ServiceError> {
        Ok(self.workspace.lock().await.write(path, bytes)?)
    }

    /// Removes a file, or a folder with everything in it.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Workspace`].
    pub async fn remove(&self, path: &str) -> Result<(), ServiceError> {
        Ok(self.workspace.lock().await.remove(path)?)
    }

    /// Lists a folder: sorted names, and whether each is a folder.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Workspace`].
    pub async fn list(&self, path: &str) -> Result<Vec<(String, bool)>, ServiceError> {
        let entries = self.workspace.lock().await.list(path)?;
        Ok(entries.into_iter().map(|entry| (entry.name, entry.is_folder)).collect())
    }
}

impl Engine {
    /// Creates a workspace.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the request is wrong.
    pub async fn workspace(&self, request: WorkspaceRequest) -> Result<WorkspaceHandle, ServiceError> {
        let WorkspaceRequest { folders, files, limits, seed, runtime, packages } = request;
        // The runtime and the packages are chosen as for any other program.
        let mut program = ExecutionRequest::new("", "");
        program.runtime = runtime;
        program.packages = packages;
        let RuntimeChoice { name, packages, .. } = program.chosen_runtime()?;
        let evaluator = self.prepared(name, 0).await?;
        let sandbox = evaluator.sandbox().clone();
        let sdk = sdk_with_limits(evaluator.sdk(), &limits);
        let mut others = vec![Mount::read_only(RelPath::new("sdk")?, sdk)];
        others.extend(packages.mount()?);
        let runtime = sandbox.runtime_digest().into();
        let workspace = Workspace::new(sandbox, &folders, others, packages.path().to_vec(), limits, seed)?;
        for (path, content) in &files {
            workspace.write(path, content)?;
        }
        Ok(WorkspaceHandle { workspace: Arc::new(Mutex::new(workspace)), runtime })
    }
}
