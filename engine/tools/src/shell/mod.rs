//! The shell: bashkit's interpreter over the files of a guest.
//!
//! One shell lives on between calls, with its directory, variables and functions; after `exit`, a timeout or a spent limit the
//! next call begins a fresh one.
//!
//! Invariants:
//! - It has no process, no network and no file but [`hyperspace_sandbox::Files`]; `python3` runs in the sandbox.
//! - It repeats bit for bit. Its clock is virtual (a paused runtime, which goes to the next timer at once), `date`, `$$`,
//!   `$RANDOM`, `$SRANDOM`, `mktemp` and `/dev/urandom` follow from the seed and from what was done before, jobs and stages of a pipeline
//!   run one after the other, and listings and times are those of the guest's file system. What could not repeat is refused
//!   and says so (`refused.rs`). The thread of a command has no randomness but the shell's own, whatever a script calls it.
//! - Work is bounded by counts and charged by them (`meter.rs`). Real time is a backstop, and when it fires there is no answer at all.
//!
//! A command runs on a thread of its own, as the interpreter recurses and the clock of the caller's runtime is real. When the
//! caller gives up, the thread ends at its next command, and what it had of the files is gone already.

mod devices;
mod fs;
mod live;
mod meter;
mod place;
mod processor;
mod python;
mod refused;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyperspace_sandbox::{Files, Sandbox, SandboxError};
use thiserror::Error;

use crate::clip::clipped;
use crate::limits::{
    BYTE_FUEL, CALL_FUEL, COMMAND_BYTES_MAX, COMMAND_FUEL, INPUT_FUEL, OUTPUT_CHARS_MAX, PROCESSOR_LIMIT,
    REAL_LIMIT, STACK_BYTES, VIRTUAL_LIMIT, WORK_FUEL,
};
use live::{Ended, Live};
use processor::{Account, Processor};

/// Where a shell is, and what its chance comes from.
#[derive(Debug, Clone)]
pub struct ShellConfig {
    /// The folder it begins in and comes back to; absolute.
    pub root: String,
    /// Keys all of its randomness.
    pub seed: u64,
}

/// The shell could not do its work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShellError {
    /// A backstop fired: an infrastructure problem, never an answer.
    #[error("a command took {} s of the processor more than it was charged for, or {} s of real time",
        PROCESSOR_LIMIT.as_secs(), REAL_LIMIT.as_secs())]
    WallClock,
    /// `python3` failed for a reason that is not the guest's.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The thread of a command is gone.
    #[error("the shell was given up: {0}")]
    Lost(String),
}

/// See the module. One value serves one run of a guest.
pub struct Shell {
    sandbox: Option<Sandbox>,
    config: ShellConfig,
    live: Option<Box<Live>>,
    account: Account,
    /// Shells begun so far; each has randomness of its own.
    begun: u64,
}

/// Tells the interpreter to stop when nobody waits for it any more.
struct CancelWhenDropped(Option<Arc<AtomicBool>>);

impl Drop for CancelWhenDropped {
    fn drop(&mut self) {
        if let Some(token) = self.0.take() {
            token.store(true, Ordering::Relaxed);
        }
    }
}

impl Shell {
    /// A shell that runs `python3` in `sandbox`, beside the guest that waits.
    #[must_use]
    pub fn new(sandbox: Sandbox, config: ShellConfig) -> Self {
        Self { sandbox: Some(sandbox), config, live: None, account: Account::default(), begun: 0 }
    }

    /// A shell without `python3`.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn alone(config: ShellConfig) -> Self {
        Self { sandbox: None, config, live: None, account: Account::default(), begun: 0 }
    }

    /// The next command begins a fresh shell.
    pub fn restart(&mut self) {
        self.live = None;
    }

    /// Runs a command on `files`; the answer for the model.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future ends the command and the shell.
    ///
    /// # Errors
    ///
    /// [`ShellError`] when the host failed; what the command did is text.
    pub async fn run(&mut self, files: &Files, command: &str) -> Result<String, ShellError> {
        let before = files.cost();
        files.charge(CALL_FUEL.saturating_add(BYTE_FUEL.saturating_mul(command.len() as u64)));
        if let Err(why) = accepted(command) {
            return Ok(format!("Error: {why}"));
        }
        let live = match self.live.take() {
            Some(live) => live,
            None => {
                self.begun += 1;
                Box::new(Live::begin(self.sandbox.clone(), &self.config, self.begun)?)
            }
        };
        let (live, ended) = in_thread(live, files.clone(), command.to_owned(), self.account.allows()).await?;
        if let Some(error) = live.trouble() {
            return Err(error);
        }
        files.charge(ended.output.len() as u64);
        // T-SH-36.
        files.charge(COMMAND_FUEL.saturating_mul(ended.commands));
        files.charge(WORK_FUEL.saturating_mul(ended.work.units));
        files.charge(INPUT_FUEL.saturating_mul(ended.work.input_bytes));
        self.account.taken += ended.taken;
        self.account.charged += files.cost().saturating_sub(before).saturating_sub(ended.python_fuel);
        let answer = self.answer(&ended);
        if ended.goes_on() {
            self.live = Some(live);
        }
        Ok(answer)
    }

    fn answer(&self, ended: &Ended) -> String {
        let mut text = clipped(&ended.output, OUTPUT_CHARS_MAX);
        if text.is_empty() && ended.stopped.is_none() {
            text = match ended.code {
                0 => "(no output)".to_owned(),
                code => format!("(no output, exit code {code})"),
            };
        }
        let mut add = |line: &str| {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(line);
        };
        for note in &ended.notes {
            add(note);
        }
        if let Some(why) = &ended.stopped {
            add(&format!(
                "Error: {why} The shell is gone with its variables and directory; the next command begins a fresh one in \
                 {}. Do not run the same command again.",
                self.config.root
            ));
        } else if let Some(folder) = &ended.left {
            add(&format!(
                "Warning: {folder} is outside of {root}; the shell is back in {root}.",
                root = self.config.root
            ));
        }
        text
    }
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell")
            .field("config", &self.config)
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}

fn accepted(command: &str) -> Result<(), String> {
    if command.len() > COMMAND_BYTES_MAX {
        return Err(format!("the command has {} bytes; at most {COMMAND_BYTES_MAX}.", command.len()));
    }
    Ok(())
}

/// Does the command on a thread of its own, and gives the shell back.
async fn in_thread(
    mut live: Box<Live>,
    files: Files,
    command: String,
    allowed: Duration,
) -> Result<(Box<Live>, Ended), ShellError> {
    let mut cancel = CancelWhenDropped(Some(live.cancellation()));
    let (give, take) = tokio::sync::oneshot::channel();
    let (tell, told) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("shell".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            // Nobody may be waiting any more, here and below, and then there is nobody to tell.
            let processor = Processor::of_this_thread();
            drop(tell.send(processor.clone()));
            let place = live.place();
            getrandom::draw_from(move |bytes| place.fill(bytes));
            let mut ended = live.run(files, &command);
            ended.taken = processor.taken().unwrap_or_default();
            drop(give.send((live, ended)));
        })
        .map_err(|error| ShellError::Lost(error.to_string()))?;
    let given = tokio::time::timeout(REAL_LIMIT, async {
        tokio::select! {
            given = take => Some(given),
            () = processor::spent(told, allowed) => None,
        }
    });
    let given = given.await.ok().flatten().ok_or(ShellError::WallClock)?;
    let given = given.map_err(|_| ShellError::Lost("the thread of the command ended early".to_owned()))?;
    cancel.0 = None;
    // It has nothing left to do, and is gone when the answer is given.
    thread.join().map_err(|_| ShellError::Lost("the thread of the command ended in a panic".to_owned()))?;
    Ok(given)
}

/// What a command that took too long is told.
fn timed_out() -> String {
    format!("timed out: the command took more than {} s.", VIRTUAL_LIMIT.as_secs())
}
