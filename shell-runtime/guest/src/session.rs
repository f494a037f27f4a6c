//! A session of bashkit's interpreter: one shell with its variables, functions and directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bashkit::hooks::HookAction;
use bashkit::{Bash, Error, ExecOptions, ExecutionLimits, LimitExceeded, MemoryLimits, SessionLimits};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::fs::WasiFs;
use crate::git::Git;
use crate::host;
use crate::programs;
use crate::python::Python;

/// The start of the clock in seconds since the Unix epoch, which `date` shows.
const EPOCH: i64 = 1_767_225_600;
/// Maximum virtual time of one command: its fuel, sleeps, and the time of `python3`.
const VIRTUAL_LIMIT: Duration = Duration::from_secs(120);
/// Maximum bytes of output of one command that are passed on.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// Maximum bytes of a command, and of a text that is parsed again.
const COMMAND_BYTES_MAX: usize = 256 << 10;
/// Maximum steps of the parser for one text.
const PARSER_STEPS_MAX: usize = 5_000_000;
/// Maximum nesting of functions. Deeper ones would reach the end of the stack.
const FUNCTION_DEPTH_MAX: usize = 100;
/// Maximum elements of all arrays.
const ARRAY_ENTRIES_MAX: usize = 1_000_000;
/// Maximum bytes of all variables.
const VARIABLE_BYTES_MAX: usize = 32 << 20;
/// Counts that the interpreter could make. The fuel of the guest bounds them all.
const COUNT_MAX: usize = 1 << 30;

pub(crate) struct ShellSession {
    bash: Bash,
    runtime: Runtime,
    exited: Arc<AtomicBool>,
    root: String,
}

/// Counts that fuel bounds are as large as they can be; what remains bounds memory, stack and answers.
fn limits() -> ExecutionLimits {
    ExecutionLimits::new()
        .timeout(VIRTUAL_LIMIT)
        .parser_timeout(VIRTUAL_LIMIT)
        .max_input_bytes(COMMAND_BYTES_MAX)
        .max_parser_operations(PARSER_STEPS_MAX)
        .max_commands(COUNT_MAX)
        .max_loop_iterations(COUNT_MAX)
        .max_total_loop_iterations(COUNT_MAX)
        .max_function_depth(FUNCTION_DEPTH_MAX)
        .max_work_units(u64::MAX >> 1)
        .max_aggregate_input_bytes(u64::MAX >> 1)
        .max_live_intermediate_bytes(u64::MAX >> 1)
        .max_stdout_bytes(OUTPUT_BYTES_MAX)
        .max_stderr_bytes(OUTPUT_BYTES_MAX)
}

impl ShellSession {
    /// Starts a shell in the folder `root`.
    pub(crate) fn start(root: &str) -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_time().build().map_err(|error| error.to_string())?;
        let exited = Arc::new(AtomicBool::new(false));
        let on_exit = Arc::clone(&exited);
        let entered = runtime.enter();
        let bash = Bash::builder()
            .fs(Arc::new(WasiFs))
            .rootfs(false)
            .follow_symlinks(false)
            .concurrent_jobs(false)
            .fixed_epoch(EPOCH)
            .username("agent")
            .hostname("hyperspace")
            .cwd(root)
            .env("HOME", root)
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
            .builtin_filter(programs::is_offered)
            .builtin("python3", Box::new(Python))
            .builtin("python", Box::new(Python))
            .builtin("git", Box::new(Git))
            .on_exit(Box::new(move |event| {
                on_exit.store(true, Ordering::Relaxed);
                HookAction::Continue(event)
            }))
            .build();
        drop(entered);
        Ok(Self { bash, runtime, exited, root: root.to_owned() })
    }

    /// Seeds `$RANDOM` from the random stream of this guest.
    pub(crate) fn seed(&mut self) {
        let mut seed = [0; 4];
        host::fill_random(&mut seed);
        self.silently(&format!("RANDOM={}", u32::from_le_bytes(seed) >> 1));
    }

    /// Runs an internal command, without files and output.
    fn silently(&mut self, command: &str) {
        // These commands print nothing, and fail only if the shell does.
        drop(self.runtime.block_on(self.bash.exec(command)));
    }

    /// Runs a command. Its output is printed while it is written; the result says how it ended.
    pub(crate) fn run(&mut self, command: &str) -> Value {
        let printed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&printed);
        let options = ExecOptions::new().streaming(Box::new(move |out, err| {
            for chunk in [out.text_lossy(), err.text_lossy()] {
                let room = OUTPUT_BYTES_MAX.saturating_sub(count.load(Ordering::Relaxed));
                let end = (0..=chunk.len().min(room)).rev().find(|&end| chunk.is_char_boundary(end));
                let end = end.unwrap_or(0);
                host::print(&chunk.as_bytes()[..end]);
                count.fetch_add(end, Ordering::Relaxed);
            }
        }));
        let done = self.runtime.block_on(self.bash.exec_with_options(command, options));
        let (code, stopped) = match done {
            Ok(result) => (result.exit_code, None),
            Err(Error::Parse { message, line, .. }) => {
                host::print(format!("bash: line {line}: syntax error: {message}\n").as_bytes());
                (2, None)
            }
            Err(Error::ResourceLimit(LimitExceeded::Timeout(_))) => (124, Some(timed_out())),
            Err(error) => (1, Some(format!("the command was stopped: {error}."))),
        };
        let left = self.return_to_root();
        json!({
            "code": code,
            "stopped": stopped,
            "left": left,
            "exited": self.exited.load(Ordering::Relaxed),
        })
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
