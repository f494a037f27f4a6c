//! One shell from its beginning to its end.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bashkit::hooks::HookAction;
use bashkit::{Bash, Error, ExecOptions, ExecutionLimits, LimitExceeded, MemoryLimits, SessionLimits};
use hyperspace_sandbox::{EPOCH_MS, Files, Sandbox};
use tokio::runtime::{Builder, Runtime};

use super::fs::GuardedFs;
use super::meter::{METER, Meter, Work};
use super::place::Place;
use super::python::{Mktemp, Python};
use super::{ShellConfig, ShellError, refused, timed_out};
use crate::limits::{
    ARRAY_ENTRIES_MAX, COMMAND_BYTES_MAX, COMMANDS_MAX, INPUT_BYTES_MAX, ITERATIONS_MAX, LIVE_BYTES_MAX,
    OUTPUT_BYTES_MAX, PARSER_STEPS_MAX, STACK_BYTES, VARIABLE_BYTES_MAX, VIRTUAL_LIMIT, WORK_MAX,
};

/// What came of a command.
pub(super) struct Ended {
    /// Standard output and error, in the order they were written.
    pub(super) output: String,
    pub(super) code: i32,
    pub(super) notes: Vec<String>,
    /// Why the shell was stopped.
    pub(super) stopped: Option<String>,
    /// The folder outside of the root that the command ended in.
    pub(super) left: Option<String>,
    /// Simple commands, and what bashkit counted.
    pub(super) commands: u64,
    pub(super) work: Work,
    /// What `python3` was charged.
    pub(super) python_fuel: u64,
    /// Time of the processor.
    pub(super) taken: Duration,
    exited: bool,
}

impl Ended {
    /// Whether the shell lives on.
    pub(super) fn goes_on(&self) -> bool {
        !self.exited && self.stopped.is_none()
    }
}

pub(super) struct Live {
    bash: Bash,
    /// Its clock is the shell's clock, so it lives as long; `None` only while it is dropped.
    runtime: Option<Runtime>,
    place: Arc<Place>,
    exited: Arc<AtomicBool>,
    root: String,
    /// What `$RANDOM` begins with, until it does.
    seed: Option<u64>,
}

impl Drop for Live {
    fn drop(&mut self) {
        // A runtime must not wait for its threads where another one is at work, and none of them may be left over.
        let mut runtime = self.runtime.take();
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("shell".to_owned());
            drop(thread.spawn_scoped(scope, || drop(runtime.take())));
        });
        if let Some(runtime) = runtime {
            // There is no thread to wait on.
            runtime.shutdown_background();
        }
    }
}

// Bombs end here: T-SH-11, T-SH-12, T-SH-13, T-SH-14, T-SH-16, T-SH-17, T-SH-18, T-SH-19, T-SH-20, T-SH-21, T-SH-25,
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

impl Live {
    pub(super) fn begin(
        sandbox: Option<Sandbox>,
        config: &ShellConfig,
        number: u64,
    ) -> Result<Self, ShellError> {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            // Long commands are parsed on a thread of the runtime's own; the parser recurses.
            .thread_stack_size(STACK_BYTES)
            .max_blocking_threads(1)
            .build()
            .map_err(|error| ShellError::Lost(error.to_string()))?;
        let place = Arc::new(Place::new(config.seed, number));
        let exited = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&exited);
        let entered = runtime.enter();
        let bash = Bash::builder()
            .fs(Arc::new(GuardedFs { place: Arc::clone(&place) }))
            .rootfs(false)
            .follow_symlinks(false)
            .concurrent_jobs(false)
            // What it knows of the host is what stands here: T-SH-05, T-SH-07, T-SH-09, T-SH-10.
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
            .builtin_filter(refused::keeps)
            .builtin("python3", Box::new(Python::new(sandbox.clone(), Arc::clone(&place))))
            .builtin("python", Box::new(Python::new(sandbox, Arc::clone(&place))))
            .builtin(METER, Box::new(Meter::new(Arc::clone(&place))))
            .builtin("mktemp", Box::new(Mktemp::new(Arc::clone(&place))))
            .before_tool(Box::new(refused::before_program(Arc::clone(&place))))
            .after_tool(Box::new(refused::after_program(Arc::clone(&place))))
            .on_exit(Box::new(move |event| {
                told.store(true, Ordering::Relaxed);
                HookAction::Continue(event)
            }))
            .build();
        drop(entered);
        let seed = Some(place.random_u64() % (1 << 31));
        Ok(Self { bash, runtime: Some(runtime), place, exited, root: config.root.clone(), seed })
    }

    pub(super) fn cancellation(&self) -> Arc<AtomicBool> {
        self.bash.cancellation_token()
    }

    pub(super) fn place(&self) -> Arc<Place> {
        Arc::clone(&self.place)
    }

    pub(super) fn trouble(&self) -> Option<ShellError> {
        self.place.take_trouble()
    }

    /// Does something of the shell's own, without files.
    fn silently(&mut self, command: &str) {
        if let Some(runtime) = &self.runtime {
            // These commands print nothing and cannot fail but with the shell.
            drop(runtime.block_on(self.bash.exec(command)));
        }
    }

    /// Runs a command. Blocks; not to be called on a thread of another runtime.
    pub(super) fn run(&mut self, files: Files, command: &str) -> Ended {
        if let Some(seed) = self.seed.take() {
            self.silently(&format!("RANDOM={seed}"));
        }
        self.place.lend(Some(files));
        self.place.surface();
        let heard = Arc::new(Mutex::new(String::new()));
        let listener = Arc::clone(&heard);
        let options = ExecOptions::new().streaming(Box::new(move |out, err| {
            let mut heard = listener.lock().unwrap_or_else(PoisonError::into_inner);
            for chunk in [out.text_lossy(), err.text_lossy()] {
                let room = OUTPUT_BYTES_MAX.saturating_sub(heard.len());
                let end = (0..=chunk.len().min(room)).rev().find(|&end| chunk.is_char_boundary(end));
                heard.push_str(&chunk[..end.unwrap_or(0)]);
            }
        }));
        let (before, _) = self.bash.session_counters();
        let metered = format!("{METER};{command}");
        let done = match &self.runtime {
            Some(runtime) => runtime.block_on(self.bash.exec_with_options(&metered, options)),
            None => Err(Error::Cancelled),
        };
        let commands = self.bash.session_counters().0.saturating_sub(before);
        let work = match (self.place.take_work(), &done) {
            (Some(work), _) => work,
            // Nothing ran.
            (None, Err(Error::Parse { .. })) => Work { units: 0, input_bytes: 0 },
            // Whoever keeps it from being counted pays for all there is.
            (None, _) => Work { units: WORK_MAX, input_bytes: INPUT_BYTES_MAX },
        };
        let mut output = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
        let (code, stopped) = match done {
            Ok(result) => (result.exit_code, None),
            Err(Error::Parse { message, line, .. }) => {
                output.push_str(&format!("bash: line {line}: syntax error: {message}\n"));
                (2, None)
            }
            Err(Error::ResourceLimit(LimitExceeded::Timeout(_))) => (124, Some(timed_out())),
            Err(error) => (1, Some(format!("the command was stopped: {error}."))),
        };
        let left = self.come_back();
        self.place.lend(None);
        Ended {
            output,
            code,
            notes: self.place.take_notes(),
            stopped,
            left,
            commands,
            work,
            python_fuel: self.place.take_python_fuel(),
            taken: Duration::ZERO,
            exited: self.exited.load(Ordering::Relaxed),
        }
    }

    /// Goes back to the root when the command ended outside of it, and says where that was.
    fn come_back(&mut self) -> Option<String> {
        let cwd = self.bash.shell_state_view().cwd;
        if cwd.starts_with(Path::new(&self.root)) {
            return None;
        }
        let root = self.root.clone();
        self.silently(&format!("cd {root}"));
        Some(cwd.display().to_string())
    }
}
