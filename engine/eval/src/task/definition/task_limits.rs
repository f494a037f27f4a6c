//! `[limits]`: the limits of one evaluation.

use serde::{Deserialize, Serialize};

use crate::task::error::TaskError;

/// The limits of one case; those that are absent are the evaluator's.
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
    /// Name, value and range of every limit.
    fn all(&self) -> [(&'static str, Option<u64>, std::ops::RangeInclusive<u64>); 8] {
        const EXA: u64 = 1_000_000_000_000_000_000;
        [
            ("fuel", self.fuel, 1..=EXA),
            ("memory_bytes", self.memory_bytes, 1..=4 << 30),
            ("output_bytes", self.output_bytes, 0..=1 << 30),
            ("result_bytes", self.result_bytes, 1..=1 << 20),
            ("file_bytes", self.file_bytes, 0..=4 << 30),
            ("files", self.files, 0..=1_000_000),
            ("host_calls", self.host_calls, 0..=1_000_000_000),
            ("wall_clock_ms", self.wall_clock_ms, 1..=24 * 60 * 60 * 1000),
        ]
    }

    pub(crate) fn check(&self, file: &str) -> Result<(), TaskError> {
        for (name, value, range) in self.all() {
            if let Some(value) = value
                && !range.contains(&value)
            {
                let expected = format!("{} to {}", range.start(), range.end());
                return Err(TaskError::field(file, format!("limits.{name}"), expected, value));
            }
        }
        Ok(())
    }
}
