//! `[limits]`: the limits of one evaluation.

use hyperspace_sandbox::Limits;
use serde::{Deserialize, Serialize};

use crate::task::error::TaskError;

/// The limits of one case; the evaluator's limits apply where one is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskLimits {
    /// WebAssembly fuel.
    pub fuel: Option<u64>,
    /// Linear memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Bytes written to standard output and standard error.
    pub output_bytes: Option<u64>,
    /// Bytes of the returned result.
    pub result_bytes: Option<u64>,
    /// Bytes of files written.
    pub file_bytes: Option<u64>,
    /// Files written.
    pub files: Option<u64>,
    /// Calls through the door to the host.
    pub host_calls: Option<u64>,
    /// Real time in milliseconds; a backstop that never decides a score.
    pub wall_clock_ms: Option<u64>,
}

impl TaskLimits {
    /// Returns name, value and range of every limit.
    fn all(&self) -> [(&'static str, Option<u64>, std::ops::RangeInclusive<u64>); 8] {
        const EXA: u64 = 1_000_000_000_000_000_000;
        [
            ("fuel", self.fuel, 1..=EXA),
            ("memory_bytes", self.memory_bytes, 1..=4 << 30),
            ("output_bytes", self.output_bytes, 0..=1 << 30),
            ("result_bytes", self.result_bytes, 1..=4 << 20),
            ("file_bytes", self.file_bytes, 0..=4 << 30),
            ("files", self.files, 0..=1_000_000),
            ("host_calls", self.host_calls, 0..=1_000_000_000),
            ("wall_clock_ms", self.wall_clock_ms, 1..=24 * 60 * 60 * 1000),
        ]
    }

    /// Returns these limits, with those of `base` where a limit is absent.
    #[must_use]
    pub(crate) fn over(&self, base: &Limits) -> Limits {
        base.clone()
            .with_fuel(self.fuel.unwrap_or(base.fuel))
            .with_memory_bytes(self.memory_bytes.unwrap_or(base.memory_bytes))
            .with_output_bytes(self.output_bytes.unwrap_or(base.output_bytes))
            .with_result_bytes(self.result_bytes.unwrap_or(base.result_bytes))
            .with_file_bytes(self.file_bytes.unwrap_or(base.file_bytes))
            .with_files(self.files.unwrap_or(base.files))
            .with_host_calls(self.host_calls.unwrap_or(base.host_calls))
            .with_wall_clock_ms(self.wall_clock_ms.unwrap_or(base.wall_clock_ms))
    }

    pub(crate) fn check(&self, file: &str) -> Result<(), TaskError> {
        self.check_in(file, "limits")
    }

    /// Checks the limits in the table `table`.
    pub(crate) fn check_in(&self, file: &str, table: &str) -> Result<(), TaskError> {
        for (name, value, range) in self.all() {
            if let Some(value) = value
                && !range.contains(&value)
            {
                let expected = format!("{} to {}", range.start(), range.end());
                return Err(TaskError::field(file, format!("{table}.{name}"), expected, value));
            }
        }
        Ok(())
    }
}
