//! A session of bashkit's interpreter: one shell with its variables, functions and directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bashkit::hooks::HookAction;
use bashkit::{Bash, Error, ExecOptions, ExecutionLimits, LimitExceeded, MemoryLimits, SessionLimits};
use hyperspace_core::Mutex;
use hyperspace_sandbox::{EPOCH_MS, Files, Sandbox};
use tokio::runtime::{Builder, Runtime};

use super::config::ShellConfig;
use super::context::ShellContext;
use super::error::ShellError;
use super::fs::GuardedFs;
use super::meter::{METER, Meter};
use super::mktemp::Mktemp;
use super::python::Python;
use super::restrictions;
use super::work::WorkCount;
use crate::limits::{
    ARRAY_ENTRIES_MAX, COMMAND_BYTES_MAX, COMMANDS_MAX, INPUT_BYTES_MAX, ITERATIONS_MAX, LIVE_BYTES_MAX,
    OUTPUT_BYTES_MAX, PARSER_STEPS_MAX, STACK_BYTES, VARIABLE_BYTES_MAX, VIRTUAL_LIMIT, WORK_MAX,
};

/// The result of a command.
pub(super) struct CommandResult {
    /// Standard output and error, in the order in which they were written.
    pub(super) output: String,
    pub(super) code: i32,
    pub(super) notes: Vec<String>,
    /// The reason why the shell was stopped.
    pub(super) stopped: Option<String>,
    /// The folder outside of the root in which the command ended.
    pub(super) left: Option<String>,
    /// The number of simple commands.
    pub(super) commands: u64,
    pub(super) work: WorkCount,
    /// Fuel charged for `python3`.
    pub(super) python_fuel: u64,
    /// CPU time of the command's thread.
    pub(super) cpu_time: Duration,
    exited: bool,
}

impl CommandResult {
    /// Returns whether the shell can run another command.
    pub(super) fn is_usable(&self) -> bool {
        !self.exited && self.stopped.is_none()
    }
}

pub(super) struct ShellSession {
    bash: Bash,
    /// The runtime whose clock is the shell's clock; `None` only while it is dropped.
    runtime: Option<Runtime>,
    context: Arc<ShellContext>,
    exited: Arc<AtomicBool>,
    root: String,
    /// The seed of `$RANDOM`, until the first command.
    seed: Option<u64>,
}

impl Drop for ShellSession {
    fn drop(&mut self) {
        // A runtime may not be dropped on a thread of another one, and none of its threads may be left over.
        let mut runtime = self.runtime.take();
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("shell".to_owned());
            drop(thread.spawn_scoped(scope, || drop(runtime.take())));
        });
        if let Some(runtime) = runtime {
            // No thread could be started.
            runtime.shutdown_background();
        }
    }
}

// Limits against bombs: T-SH-11, T-SH-12, T-SH-13, T-SH-14, T-SH-16, T-SH-17, T-SH-18, T-SH-19, T-SH-20, T-SH-21, T-SH-25,
// T-SH-26, T-SH-27, T-SH-28, T-SH-29, T-SH-30, T-SH-31, T-SH-32, T-SH-33, T-SH-34.
fn limits() -> ExecutionLimits {
    ExecutionLimits::new()
        .timeout(VIRTUAL_LIMIT)
        .parser_timeout(VIRTUAL_LIMIT)
        .max_input_bytes(COMMAND_BYTES_MAX)
        .max_parser_operations(PARSER_STEPS_MAX)
        .max_commands(COMMANDS_MAX)
        .max_loop_iterations(ITERATIONS_MAX)
        .max_total_loop_iterations(ITERATIONS_MAX)
        .max_work_units(WORK_MAX)
        .max_aggregate_input_bytes(INPUT_BYTES_MAX)
        .max_live_intermediate_bytes(LIVE_BYTES_MAX)
        .max_stdout_bytes(OUTPUT_BYTES_MAX)
        .max_stderr_bytes(OUTPUT_BYTES_MAX)
}

impl ShellSession {
    /// Starts the shell with this number; the number tells shells of one seed apart.
    pub(super) fn start(
        sandbox: Option<Sandbox>,
        config: &ShellConfig,
        number: u64,
    ) -> Result<Self, ShellError> {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            // bashkit parses long commands on a thread of the runtime, and the parser recurses.
            .thread_stack_size(STACK_BYTES)
            .max_blocking_threads(1)
            .build()
            .map_err(|error| ShellError::Lost(error.to_string()))?;
        let context = Arc::new(ShellContext::new(config.seed, number));
        let exited = Arc::new(AtomicBool::new(false));
        let on_exit = Arc::clone(&exited);
        let entered = runtime.enter();
        let bash = Bash::builder()
            .fs(Arc::new(GuardedFs { context: Arc::clone(&context) }))
            .rootfs(false)
            .follow_symlinks(false)
            .concurrent_jobs(false)
            // Everything the shell knows about its host: T-SH-05, T-SH-07, T-SH-09, T-SH-10.
            .fixed_epoch(i64::try_from(EPOCH_MS / 1_000).unwrap_or(0))
            .username("agent")
            .hostname("hyperspace")
            .cwd(&config.root)
            .env("HOME", &config.root)
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .limits(limits())
            .session_limits(SessionLimits::unlimited())
            .memory_limits(
                MemoryLimits::new()
                    .max_total_variable_bytes(VARIABLE_BYTES_MAX)
                    .max_array_entries(ARRAY_ENTRIES_MAX),
            )
            .builtin_filter(restrictions::is_offered)
            .builtin("python3", Box::new(Python::new(sandbox.clone(), Arc::clone(&context))))
            .builtin("python", Box::new(Python::new(sandbox, Arc::clone(&context))))
            .builtin(METER, Box::new(Meter::new(Arc::clone(&context))))
            .builtin("mktemp", Box::new(Mktemp::new(Arc::clone(&context))))
            .before_tool(Box::new(restrictions::before_program(Arc::clone(&context))))
            .after_tool(Box::new(restrictions::after_program(Arc::clone(&context))))
            .on_exit(Box::new(move |event| {
                on_exit.store(true, Ordering::Relaxed);
                HookAction::Continue(event)
            }))
            .build();
        drop(entered);
        let seed = Some(context.random_u64() % (1 << 31));
        Ok(Self { bash, runtime: Some(runtime), context, exited, root: config.root.clone(), seed })
    }

    pub(super) fn cancellation(&self) -> Arc<AtomicBool> {
        self.bash.cancellation_token()
    }

    pub(super) fn context(&self) -> Arc<ShellContext> {
        Arc::clone(&self.context)
    }

    /// Returns the failure of the host that ended the last command.
    pub(super) fn take_failure(&self) -> Option<ShellError> {
        self.context.take_failure()
    }

    /// Runs an internal command, without files and output.
    fn silently(&mut self, command: &str) {
        if let Some(runtime) = &self.runtime {
            // These commands print nothing, and fail only if the shell does.
            drop(runtime.block_on(self.bash.exec(command)));
        }
    }

    /// Runs a command. Blocks, so it may not be called on a thread of another runtime.
    pub(super) fn run(&mut self, files: Files, command: &str) -> CommandResult {
        if let Some(seed) = self.seed.take() {
            self.silently(&format!("RANDOM={seed}"));
        }
        self.context.set_files(Some(files));
        self.context.reset_depth();
        let collected = Arc::new(Mutex::new(String::new()));
        let stream = Arc::clone(&collected);
        let options = ExecOptions::new().streaming(Box::new(move |out, err| {
            let mut collected = stream.lock();
            for chunk in [out.text_lossy(), err.text_lossy()] {
                let room = OUTPUT_BYTES_MAX.saturating_sub(collected.len());
                let end = (0..=chunk.len().min(room)).rev().find(|&end| chunk.is_char_boundary(end));
                collected.push_str(&chunk[..end.unwrap_or(0)]);
            }
        }));
        let (before, _) = self.bash.session_counters();
        let metered = format!("{METER};{command}");
        let done = match &self.runtime {
            Some(runtime) => runtime.block_on(self.bash.exec_with_options(&metered, options)),
            None => Err(Error::Cancelled),
        };
        let commands = self.bash.session_counters().0.saturating_sub(before);
        let work = match (self.context.take_work(), &done) {
            (Some(work), _) => work,
            // Nothing ran.
            (None, Err(Error::Parse { .. })) => WorkCount { units: 0, input_bytes: 0 },
            // A command that evades the meter is charged the maximum.
            (None, _) => WorkCount { units: WORK_MAX, input_bytes: INPUT_BYTES_MAX },
        };
        let mut output = std::mem::take(&mut *collected.lock());
        let (code, stopped) = match done {
            Ok(result) => (result.exit_code, None),
            Err(Error::Parse { message, line, .. }) => {
                output.push_str(&format!("bash: line {line}: syntax error: {message}\n"));
                (2, None)
            }
            Err(Error::ResourceLimit(LimitExceeded::Timeout(_))) => (124, Some(timed_out())),
            Err(error) => (1, Some(format!("the command was stopped: {error}."))),
        };
        let left = self.return_to_root();
        self.context.set_files(None);
        CommandResult {
            output,
            code,
            notes: self.context.take_notes(),
            stopped,
            left,
            commands,
            work,
            python_fuel: self.context.take_python_fuel(),
            cpu_time: Duration::ZERO,
            exited: self.exited.load(Ordering::Relaxed),
        }
    }

    /// Returns to the root if the command ended outside of it. Returns the folder it ended in.
    fn return_to_root(&mut self) -> Option<String> {
        let cwd = self.bash.shell_state_view().cwd;
        if cwd.starts_with(Path::new(&self.root)) {
            return None;
        }
        let root = self.root.clone();
        self.silently(&format!("cd {root}"));
        Some(cwd.display().to_string())
    }
}

/// The message of a command that exceeded the time limit.
fn timed_out() -> String {
    format!("timed out: the command took more than {} s.", VIRTUAL_LIMIT.as_secs())
}
