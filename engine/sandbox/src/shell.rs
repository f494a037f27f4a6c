//! The shell as a guest: one instance of the bundled shell on the files of another guest, called again and again.
//!
//! A [`ShellGuest`] keeps its instance between two commands, so variables, functions and the current directory persist. A waiting shell
//! takes 0.17 MiB of its own (measured over 32 of them). A kept state, as templates have, would take as much, and would have to be
//! captured and restored around every command. A shell begins in a state that was captured once for its folder, after the interpreter
//! started.
//!
//! Invariants:
//! - A call takes the files of the other guest, which waits, and puts them back, whatever ends the call.
//! - It computes with the other guest's permit, and its fuel is charged to the other guest.
//! - After any end but a normal one, the instance is dropped: the next command needs another shell.
//!
//! Attacks that end here: T-SH-01, T-SH-02, T-SH-03, T-SH-04, T-SH-05, T-SH-06, T-SH-07, T-SH-09, T-SH-10, T-SH-11,
//! T-SH-12, T-SH-13, T-SH-14, T-SH-15, T-SH-16, T-SH-17, T-SH-18, T-SH-19, T-SH-20, T-SH-21, T-SH-22, T-SH-23,
//! T-SH-24, T-SH-25, T-SH-26, T-SH-27, T-SH-28, T-SH-29, T-SH-30, T-SH-31, T-SH-32, T-SH-33, T-SH-34, T-SH-38.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::Mutex;
use serde_json::json;

use crate::config::SandboxConfig;
use crate::door::Door;
use crate::error::SandboxError;
use crate::files::Files;
use crate::instances::{GuestState, InstanceLease};
use crate::job::{GuestEnvironment, ProgramInput};
use crate::limits::Limits;
use crate::report::{Outcome, Report};
use crate::runner::Runner;
use crate::runtime::Runtime;

/// Fuel charged for the start of a shell: the host's work of bringing an instance into its state, about 0.2 ms.
pub const SHELL_START_FUEL: u64 = 1_000_000;
/// Fuel for the start that is done once per folder, which is charged to nobody.
const BOOT_FUEL: u64 = 10_000_000_000;

/// The settings with which a shell starts.
pub struct ShellStart {
    root: String,
    seed: u64,
    limits: Limits,
    operations: Vec<String>,
    door: Option<Box<dyn Door>>,
}

impl ShellStart {
    /// Describes a shell that starts in `root`, an absolute path, and returns there; `seed` is the seed of its randomness.
    #[must_use]
    pub fn new(root: impl Into<String>, seed: u64) -> Self {
        let limits = Limits::default();
        Self { root: root.into(), seed, limits, operations: Vec::new(), door: None }
    }

    /// Sets the limits of every command. Fuel is limited separately, and of the limits on files only `descriptors` applies.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets the shell call these operations of `door`.
    #[must_use]
    pub fn door(mut self, operations: &[&str], door: impl Door + 'static) -> Self {
        self.operations = operations.iter().map(|&name| name.to_owned()).collect();
        self.door = Some(Box::new(door));
        self
    }
}

impl std::fmt::Debug for ShellStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShellStart")
            .field("root", &self.root)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// The shells of a sandbox: their runner, which is loaded when the first one starts, and the states that they begin in.
pub(crate) struct ShellLoader {
    config: SandboxConfig,
    /// `None` until the first shell starts.
    loaded: Mutex<Option<Arc<Runner>>>,
    /// States by folder.
    states: Mutex<BTreeMap<String, Arc<GuestState>>>,
}

impl ShellLoader {
    pub(crate) fn new(config: &SandboxConfig) -> Self {
        let config = config.clone().with_runtime(Runtime::shell());
        Self { config, loaded: Mutex::default(), states: Mutex::default() }
    }

    /// Returns the runner. The first call loads the shell, which compiles it if it is not in the cache.
    fn runner(&self) -> Result<Arc<Runner>, SandboxError> {
        let mut loaded = self.loaded.lock();
        if let Some(runner) = &*loaded {
            return Ok(Arc::clone(runner));
        }
        let runner = Arc::new(Runner::new(&self.config)?);
        *loaded = Some(Arc::clone(&runner));
        Ok(runner)
    }

    /// Returns the state in which shells of that folder begin.
    async fn state(&self, runner: &Runner, root: &str) -> Result<Arc<GuestState>, SandboxError> {
        if let Some(state) = self.states.lock().get(root) {
            return Ok(Arc::clone(state));
        }
        let environment = GuestEnvironment {
            limits: Limits::default().with_fuel(BOOT_FUEL),
            ..GuestEnvironment::default()
        };
        let program = json!({ "root": root }).to_string().into_bytes();
        let state = Arc::new(runner.boot(environment, &program).await?);
        // If two were made at the same time, the first one stays; they are equal.
        Ok(Arc::clone(self.states.lock().entry(root.to_owned()).or_insert(state)))
    }

    /// Starts a shell.
    pub(crate) async fn start(&self, start: ShellStart) -> Result<ShellGuest, SandboxError> {
        let runner = self.runner()?;
        runner.check(&start.limits)?;
        let state = self.state(&runner, &start.root).await?;
        let ShellStart { root, seed, limits, operations, door } = start;
        let input = ProgramInput { door, grant: operations.into_iter().collect(), ..ProgramInput::default() };
        let lease = runner.enter_shell(&state, limits, seed, input).await?;
        let used = state.host.limits.fuel.saturating_sub(state.fuel);
        Ok(ShellGuest { runner, lease: Some(lease), root, used, fresh: true })
    }
}

/// A shell that waits for its next command. Dropping it ends the shell.
pub struct ShellGuest {
    runner: Arc<Runner>,
    /// `None` once the shell has ended.
    lease: Option<InstanceLease>,
    root: String,
    /// Fuel used since the state was captured, which drives its clock.
    used: u64,
    /// True if no command has run yet.
    fresh: bool,
}

impl ShellGuest {
    /// Returns whether the shell can run another command.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.lease.is_some()
    }

    /// Runs a command on the files of a waiting guest, with at most `fuel` and at most what that guest has left; the fuel used is charged
    /// to that guest. The report covers this command alone; its changes and refusals are part of the other guest's report.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future ends the command and the shell; the files are put back.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Lost`] when the shell has ended, or the other guest has already taken its files back; [`SandboxError::Door`] and
    /// the other kinds when the host failed.
    pub async fn run(&mut self, files: &Files, command: &str, fuel: u64) -> Result<Report, SandboxError> {
        let lease = self.lease.take();
        let mut lease = lease.ok_or_else(|| SandboxError::Lost("the shell has ended".to_owned()))?;
        let mut job = json!({"root": self.root, "command": command});
        if std::mem::take(&mut self.fresh) {
            job["fresh"] = json!(true);
        }
        let budget = fuel.min(files.fuel_left());
        let program = job.to_string().into_bytes();
        let mut report = self.runner.call_shell(&mut lease, files, &program, (self.used, budget)).await?;
        // The report counts from the captured state.
        report.fuel_used = report.fuel_used.saturating_sub(self.used);
        self.used = self.used.saturating_add(report.fuel_used);
        files.charge(report.fuel_used);
        if report.outcome == Outcome::Completed {
            self.lease = Some(lease);
        }
        Ok(report)
    }
}

impl Drop for ShellGuest {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }
}

impl std::fmt::Debug for ShellGuest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShellGuest")
            .field("root", &self.root)
            .field("alive", &self.is_alive())
            .finish_non_exhaustive()
    }
}
