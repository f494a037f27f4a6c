//! The sandbox: the public interface for running programs.

use std::sync::Arc;

use crate::config::SandboxConfig;
use crate::error::SandboxError;
use crate::files::Files;
use crate::job::{Job, Setup};
use crate::place::Place;
use crate::report::Report;
use crate::runner::Runner;
use crate::runtime_name::RuntimeName;
use crate::shell::{ShellGuest, ShellLoader, ShellStart};
use crate::template::{Template, TemplateCache};

/// Runs Python in WebAssembly. Cheap to clone; all clones share one engine and one pool of instances.
#[derive(Clone)]
pub struct Sandbox {
    runner: Arc<Runner>,
    templates: Arc<TemplateCache>,
    shells: Arc<ShellLoader>,
}

impl Sandbox {
    /// Loads the interpreter.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Config`] for a setting out of range; [`SandboxError::Interpreter`] when the runtime does not fit this
    /// sandbox; [`SandboxError::Engine`] when the engine cannot be created.
    pub fn new(config: &SandboxConfig) -> Result<Self, SandboxError> {
        Ok(Self {
            runner: Arc::new(Runner::new(config)?),
            templates: Arc::new(TemplateCache::new(config.templates_max, config.template_bytes_max)),
            shells: Arc::new(ShellLoader::new(config)),
        })
    }

    /// Returns the digest of everything that determines what a run computes, in hexadecimal: interpreter, library, engine, prices.
    #[must_use]
    pub fn runtime_digest(&self) -> &str {
        self.runner.digest()
    }

    /// Returns the name of the runtime, if it comes with this crate.
    #[must_use]
    pub fn runtime_name(&self) -> Option<RuntimeName> {
        self.runner.runtime_name()
    }

    /// Runs a job. The report contains everything that the guest did.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future ends the run.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Job`] when the job is invalid; the other kinds when the sandbox itself failed.
    pub async fn run(&self, job: Job) -> Result<Report, SandboxError> {
        self.runner.run(job, Place::Own).await
    }

    /// Runs a job beside a guest that is waiting for its door; see [`Template::fork_beside`].
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`].
    pub async fn run_beside(&self, job: Job) -> Result<Report, SandboxError> {
        self.runner.run(job, Place::Beside).await
    }

    /// Runs a job on the files of another guest that is waiting for its door, with the same mounts, policies and quotas.
    ///
    /// Its changes and refusals are part of the other guest's report, not of this one.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`]; [`JobError::MountsNested`](crate::JobError::MountsNested) when the job brings mounts;
    /// [`SandboxError::Lost`] when the other guest has already taken its files back.
    pub async fn run_nested(&self, files: &Files, job: Job) -> Result<Report, SandboxError> {
        self.runner.run_nested(files, job).await
    }

    /// Starts a shell. The first shell of a sandbox loads the shell's module, and compiles it if it is not in the cache (about 10
    /// seconds).
    ///
    /// Needs a tokio runtime with time enabled.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Job`] when a limit is out of its range; the other kinds when the sandbox itself failed.
    pub async fn start_shell(&self, start: ShellStart) -> Result<ShellGuest, SandboxError> {
        self.shells.start(start).await
    }

    /// Returns the digest of the bundled shell's module, in hexadecimal. Everything else that determines what a shell computes is
    /// part of [`Sandbox::runtime_digest`].
    #[must_use]
    pub fn shell_digest() -> &'static str {
        hyperspace_shell::module_digest()
    }

    /// Runs a job on this thread; the caller needs no tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::run`].
    ///
    /// # Panics
    ///
    /// When called from within a tokio runtime.
    pub fn run_blocking(&self, job: Job) -> Result<Report, SandboxError> {
        crate::blocking::block_on(self.run(job))
    }

    /// Computes something of the host on a thread for that, as one of the runs that may compute at the same time
    /// ([`SandboxConfig::computing_max`]). Panics are passed on.
    ///
    /// Dropping the future does not end what has begun: `work` has to look itself whether it is still wanted.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Lost`] when the tokio runtime is shutting down.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SandboxError> {
        self.runner.compute(work).await
    }

    /// Creates a template from this set-up. Nothing runs yet.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Job`] when the set-up is invalid.
    pub fn template(&self, setup: Setup) -> Result<Template, SandboxError> {
        self.runner.check(&setup.environment.limits)?;
        setup.encode()?;
        Ok(Template::new(Arc::clone(&self.runner), Arc::clone(&self.templates), setup))
    }

    /// Returns the number of templates that currently hold a state, and approximately how many bytes these states take.
    #[must_use]
    pub fn templates_kept(&self) -> (usize, usize) {
        self.templates.filled()
    }
}
