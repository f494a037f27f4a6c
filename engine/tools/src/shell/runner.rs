//! The shell as its callers see it: runs commands and formulates their answers.

use hyperspace_core::digest::derive;
use hyperspace_sandbox::{Files, Outcome, Report, SHELL_START_FUEL, Sandbox, ShellGuest, ShellStart};
use serde::Deserialize;

use super::config::{ShellConfig, ShellLimits};
use super::error::ShellError;
use super::python::{OPERATIONS, Payer, PythonDoor, SharedPayer};
use crate::clip::clipped;
use crate::limits::{COMMAND_BYTES_MAX, OUTPUT_CHARS_MAX};

/// A shell over the files of a guest. One value serves one run of a guest.
pub struct Shell {
    sandbox: Sandbox,
    config: ShellConfig,
    guest: Option<ShellGuest>,
    payer: SharedPayer,
    /// Number of shells started; each has its own random stream.
    started: u64,
}

/// A command that ran, with its output.
#[derive(Debug)]
pub(crate) struct ShellCommand {
    pub(crate) output: Vec<u8>,
    pub(crate) end: CommandEnd,
    /// Virtual time that passed, in nanoseconds: that of its fuel, of sleeps and of `python3`.
    pub(crate) virtual_ns: u64,
}

/// The end of a command as the guest reports it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandEnd {
    pub(crate) code: i32,
    /// The reason why the shell was stopped.
    pub(crate) stopped: Option<String>,
    /// The folder outside of the root in which the command ended.
    left: Option<String>,
    exited: bool,
}

impl CommandEnd {
    fn stopped(why: String) -> Self {
        Self { code: 1, stopped: Some(format!("the command was stopped: {why}.")), ..Self::default() }
    }

    /// Returns the end stated in the report of a shell with these limits.
    fn of(report: &Report, limits: ShellLimits) -> Result<Self, ShellError> {
        Ok(match &report.outcome {
            Outcome::Completed => report
                .result
                .as_ref()
                .and_then(|result| Self::deserialize(result).ok())
                .unwrap_or_else(|| Self::stopped("the shell gave no answer".to_owned())),
            Outcome::WallClock => return Err(ShellError::WallClock),
            Outcome::OutOfFuel => {
                Self::stopped(format!("it took more than {} units of fuel", limits.command_fuel))
            }
            Outcome::OutOfMemory => {
                Self::stopped(format!("it needs more than {} MiB of memory", limits.memory_bytes >> 20))
            }
            Outcome::StackOverflow => Self::stopped("it nests too deeply".to_owned()),
            other => Self::stopped(format!("the shell failed ({})", other.name())),
        })
    }
}

impl Shell {
    /// Creates a shell that runs in `sandbox`, nested in the waiting guest, as its `python3` does.
    #[must_use]
    pub fn new(sandbox: Sandbox, config: ShellConfig) -> Self {
        Self { sandbox, config, guest: None, payer: SharedPayer::default(), started: 0 }
    }

    /// Ends the session; the next command starts a fresh one.
    pub fn restart(&mut self) {
        self.guest = None;
    }

    // T-SH-36.
    /// Runs a command on `files` and returns the answer for the model.
    ///
    /// Requires a tokio runtime with time enabled. Dropping the future ends the command and the session.
    ///
    /// # Errors
    ///
    /// [`ShellError`] when the host failed; faults of the command are part of the answer.
    pub async fn run(&mut self, files: &Files, command: &str) -> Result<String, ShellError> {
        files.charge(command.len() as u64);
        if command.len() > COMMAND_BYTES_MAX {
            let bytes = command.len();
            return Ok(format!("Error: the command has {bytes} bytes; at most {COMMAND_BYTES_MAX}."));
        }
        let ShellCommand { output, end, .. } = self.execute(files, command).await?;
        Ok(self.answer(&String::from_utf8_lossy(&output), &end))
    }

    /// Runs a command on `files`, which pay for it.
    pub(crate) async fn execute(&mut self, files: &Files, command: &str) -> Result<ShellCommand, ShellError> {
        let mut guest = match self.guest.take() {
            Some(guest) => guest,
            None => self.start(files).await?,
        };
        let limits = self.config.limits;
        let budget = limits.command_fuel.min(files.fuel_left());
        *self.payer.lock() = Some(Payer { files: files.clone(), budget });
        let report = guest.run(files, command, budget).await;
        *self.payer.lock() = None;
        let report = report?;
        let end = CommandEnd::of(&report, limits)?;
        files.charge(report.stdout.len() as u64);
        if guest.is_alive() && !end.exited && end.stopped.is_none() {
            self.guest = Some(guest);
        }
        Ok(ShellCommand { output: report.stdout, end, virtual_ns: report.virtual_ns })
    }

    async fn start(&mut self, files: &Files) -> Result<ShellGuest, ShellError> {
        files.charge(SHELL_START_FUEL);
        self.started += 1;
        let limits = self.config.limits.of_guest();
        let door = PythonDoor::new(self.sandbox.clone(), SharedPayer::clone(&self.payer), &self.config);
        let start = ShellStart::new(&self.config.root, seed_of(self.config.seed, self.started))
            .limits(limits)
            .door(&OPERATIONS, door);
        Ok(self.sandbox.start_shell(start).await?)
    }

    fn answer(&self, output: &str, end: &CommandEnd) -> String {
        let mut text = clipped(output, OUTPUT_CHARS_MAX);
        if text.is_empty() && end.stopped.is_none() {
            text = match end.code {
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
        if let Some(why) = &end.stopped {
            add(&format!(
                "Error: {why} The shell is gone with its variables and directory; the next command begins a fresh one in \
                 {}. Do not run the same command again.",
                self.config.root
            ));
        } else if let Some(folder) = &end.left {
            add(&format!(
                "Warning: {folder} is outside of {root}; the shell is back in {root}.",
                root = self.config.root
            ));
        }
        text
    }
}

/// Returns the seed of a shell, from that of its run and its number within the run.
fn seed_of(seed: u64, number: u64) -> u64 {
    let digest = derive("hyperspace v1 shell seed", &[&seed.to_le_bytes(), &number.to_le_bytes()]);
    digest.iter().take(8).fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell")
            .field("config", &self.config)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}
