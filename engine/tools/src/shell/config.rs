//! The configuration of a shell.

use hyperspace_sandbox::Limits;

use crate::limits::{
    COMMAND_FUEL, OUTPUT_BYTES_MAX, PYTHON_FUEL, PYTHON_OUTPUT_BYTES_MAX, REAL_LIMIT, SHELL_MEMORY_BYTES,
};
use crate::rules::ToolRules;

/// The folder, the seed and the limits of a shell.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ShellConfig {
    /// The absolute path of the folder in which the shell starts and to which it returns.
    pub root: String,
    /// The seed of all its randomness.
    pub seed: u64,
    /// The version of its answers. Default: the latest.
    pub rules: ToolRules,
    /// Its limits. Default: those of a meta agent's shell.
    pub limits: ShellLimits,
    /// Absolute folders whose modules `python3` can import, in addition to its own and the SDK. Default: none.
    pub python_path: Vec<String>,
}

/// The limits of a shell. In addition, the fuel of its payer limits a command with everything that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShellLimits {
    /// Fuel of one command.
    pub command_fuel: u64,
    /// Fuel of one `python3` in addition to that of its command; `None` means that a command pays for each `python3` that it
    /// runs.
    pub python_fuel: Option<u64>,
    /// Memory of the shell in bytes.
    pub memory_bytes: u64,
    /// Memory of one `python3` in bytes.
    pub python_memory_bytes: u64,
    /// Output of one `python3` in bytes, at most 11 MiB.
    pub python_output_bytes: u64,
    /// Real time of one command in milliseconds, without `python3`: a backstop.
    pub wall_clock_ms: u64,
}

impl Default for ShellLimits {
    fn default() -> Self {
        Self {
            command_fuel: COMMAND_FUEL,
            python_fuel: Some(PYTHON_FUEL),
            memory_bytes: SHELL_MEMORY_BYTES,
            python_memory_bytes: Limits::default().memory_bytes,
            python_output_bytes: Limits::default().output_bytes,
            wall_clock_ms: u64::try_from(REAL_LIMIT.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl ShellLimits {
    /// Returns the limits of the guest that is this shell.
    pub(super) fn of_guest(self) -> Limits {
        Limits::default()
            .with_memory_bytes(self.memory_bytes)
            .with_output_bytes(OUTPUT_BYTES_MAX)
            .with_wall_clock_ms(self.wall_clock_ms)
    }

    /// Returns the limits of a `python3`, without its fuel.
    pub(super) fn of_python(self) -> Limits {
        Limits::default()
            .with_memory_bytes(self.python_memory_bytes)
            .with_output_bytes(self.python_output_bytes.min(PYTHON_OUTPUT_BYTES_MAX))
    }
}

impl ShellConfig {
    /// Creates a configuration; `root` is an absolute path in the guest.
    #[must_use]
    pub fn new(root: impl Into<String>, seed: u64) -> Self {
        Self {
            root: root.into(),
            seed,
            rules: ToolRules::default(),
            limits: ShellLimits::default(),
            python_path: Vec::new(),
        }
    }

    /// Sets the version of its answers, which is that of the run.
    #[must_use]
    pub fn rules(mut self, rules: ToolRules) -> Self {
        self.rules = rules;
        self
    }

    /// Sets its limits.
    #[must_use]
    pub fn limits(mut self, limits: ShellLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a folder whose modules `python3` can import.
    #[must_use]
    pub fn python_path(mut self, folder: impl Into<String>) -> Self {
        self.python_path.push(folder.into());
        self
    }
}
