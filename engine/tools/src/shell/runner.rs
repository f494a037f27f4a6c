//! The shell as its callers see it: runs commands, charges them, and words their answers.

use hyperspace_sandbox::{Files, Sandbox};

use super::config::ShellConfig;
use super::cpu_time::CpuBudget;
use super::error::ShellError;
use super::session::{CommandResult, ShellSession};
use super::thread::run_on_thread;
use crate::clip::clipped;
use crate::limits::{
    BYTE_FUEL, CALL_FUEL, COMMAND_BYTES_MAX, COMMAND_FUEL, INPUT_FUEL, OUTPUT_CHARS_MAX, WORK_FUEL,
};

/// A shell over the files of a guest. One value serves one run of a guest.
pub struct Shell {
    sandbox: Option<Sandbox>,
    config: ShellConfig,
    session: Option<Box<ShellSession>>,
    cpu: CpuBudget,
    /// Number of sessions started; each has its own random stream.
    sessions: u64,
}

impl Shell {
    /// Creates a shell whose `python3` runs in `sandbox`, nested in the waiting guest.
    #[must_use]
    pub fn new(sandbox: Sandbox, config: ShellConfig) -> Self {
        Self { sandbox: Some(sandbox), config, session: None, cpu: CpuBudget::default(), sessions: 0 }
    }

    /// Creates a shell without `python3`.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn without_python(config: ShellConfig) -> Self {
        Self { sandbox: None, config, session: None, cpu: CpuBudget::default(), sessions: 0 }
    }

    /// Ends the session; the next command starts a fresh one.
    pub fn restart(&mut self) {
        self.session = None;
    }

    /// Runs a command on `files` and returns the answer for the model.
    ///
    /// Requires a tokio runtime with time enabled. Dropping the future ends the command and the session.
    ///
    /// # Errors
    ///
    /// [`ShellError`] if the host failed; what the command did wrong is part of the answer.
    pub async fn run(&mut self, files: &Files, command: &str) -> Result<String, ShellError> {
        let before = files.cost();
        files.charge(CALL_FUEL.saturating_add(BYTE_FUEL.saturating_mul(command.len() as u64)));
        if command.len() > COMMAND_BYTES_MAX {
            let bytes = command.len();
            return Ok(format!("Error: the command has {bytes} bytes; at most {COMMAND_BYTES_MAX}."));
        }
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                self.sessions += 1;
                Box::new(ShellSession::start(self.sandbox.clone(), &self.config, self.sessions)?)
            }
        };
        let (session, result) =
            run_on_thread(session, files.clone(), command.to_owned(), self.cpu.remaining()).await?;
        if let Some(error) = session.take_failure() {
            return Err(error);
        }
        files.charge(result.output.len() as u64);
        // T-SH-36.
        files.charge(COMMAND_FUEL.saturating_mul(result.commands));
        files.charge(WORK_FUEL.saturating_mul(result.work.units));
        files.charge(INPUT_FUEL.saturating_mul(result.work.input_bytes));
        self.cpu.used += result.cpu_time;
        self.cpu.charged += files.cost().saturating_sub(before).saturating_sub(result.python_fuel);
        let answer = self.answer(&result);
        if result.is_usable() {
            self.session = Some(session);
        }
        Ok(answer)
    }

    fn answer(&self, result: &CommandResult) -> String {
        let mut text = clipped(&result.output, OUTPUT_CHARS_MAX);
        if text.is_empty() && result.stopped.is_none() {
            text = match result.code {
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
        for note in &result.notes {
            add(note);
        }
        if let Some(why) = &result.stopped {
            add(&format!(
                "Error: {why} The shell is gone with its variables and directory; the next command begins a fresh one in \
                 {}. Do not run the same command again.",
                self.config.root
            ));
        } else if let Some(folder) = &result.left {
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
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}
