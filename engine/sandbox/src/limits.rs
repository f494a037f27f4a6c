//! The limits of one run with their defaults and ranges, and the prices that the host charges for its work.
//!
//! Invariants: there is no "unlimited"; a limit outside of its range is an error before anything runs; relations between limits
//! are checked at compile time. A limit holds even if the guest never returns control.
//!
//! Attacks that end here: T-CPU-14, T-QUOTA-18, T-QUOTA-19, T-QUOTA-20, T-QUOTA-21, T-QUOTA-22, T-QUOTA-23,
//! T-QUOTA-24, T-QUOTA-25, T-QUOTA-26, T-QUOTA-27, T-QUOTA-28, T-TIME-06, T-TIME-07, T-TIME-08, T-TIME-09, T-TIME-11,
//! T-TIME-13, T-TIME-14, T-TIME-19, T-TIME-20.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The size of the guest's stack in bytes. With less, CPython traps where it should raise `RecursionError`, so this is not a
/// limit to tune: it determines what a run computes, and is part of the runtime digest.
pub const WASM_STACK_BYTES: usize = 8 << 20;
/// Size of the host stack below it in bytes, for host calls.
pub(crate) const HOST_STACK_BYTES: usize = 2 << 20;
/// Limits a request through the door, in bytes.
pub const DOOR_REQUEST_BYTES_MAX: usize = 1 << 20;
/// Limits an answer through the door, in bytes.
pub const DOOR_ANSWER_BYTES_MAX: usize = 16 << 20;
/// Limits the time of one request through the door: longer than all retries of a model, but an end for a door without a limit of
/// its own.
pub(crate) const DOOR_WAIT_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Limits the subscriptions of one poll.
pub(crate) const POLL_SUBSCRIPTIONS_MAX: u32 = 64;
/// Limits the buffers of one read or write.
pub(crate) const IOVECS_MAX: u32 = 1_024;
/// Limits the bytes that one call moves; the rest is a short read or write.
pub(crate) const IO_BYTES_MAX: usize = 16 << 20;
/// Limits the random bytes of one call.
pub(crate) const RANDOM_BYTES_MAX: u32 = 1 << 20;
/// Limits a path in a call, in bytes.
pub(crate) const PATH_BYTES_MAX: u32 = 4_096;
/// Limits the refusals that a report lists one by one; further ones are only counted.
pub(crate) const DENIALS_LISTED_MAX: usize = 256;
/// Limits the text of a job (source, arguments, input), in bytes.
pub const JOB_BYTES_MAX: usize = 64 << 20;

const _: () = assert!(HOST_STACK_BYTES >= 1 << 20, "host calls need room below the guest's stack");
const _: () = assert!(DOOR_REQUEST_BYTES_MAX <= DOOR_ANSWER_BYTES_MAX);

/// Prices of host work in fuel, so that the guest's fuel limits the host's time, too.
pub(crate) mod price {
    /// The version of the charging rules; incremented when they change, because runs then cost something else.
    pub(crate) const RULES: u64 = 2;
    /// One host call of any kind: about a microsecond of host work.
    pub(crate) const CALL: u64 = 1_000;
    /// One byte that a call moves or hashes.
    pub(crate) const BYTE: u64 = 1;
    /// One step of a path, or one entry of a listing.
    pub(crate) const STEP: u64 = 200;
    /// One file made or removed.
    pub(crate) const FILE: u64 = 2_000;
    /// One call through the door, without its bytes.
    pub(crate) const DOOR: u64 = 20_000;
    /// One unit of a request's weight that its bytes do not pay for: parsing it, and the work of the door.
    pub(crate) const WEIGHT: u64 = 10;
}

/// The limits of one run, all finite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Fuel: about one unit per WebAssembly instruction, and the host's charges. Default 20 billion.
    pub fuel: u64,
    /// Linear memory in bytes, of which the interpreter itself needs about 20 MiB. Default 256 MiB.
    pub memory_bytes: u64,
    /// Bytes on standard output and standard error together. Default 1 MiB.
    pub output_bytes: u64,
    /// Bytes of the returned result as JSON. Default 1 MiB.
    pub result_bytes: u64,
    /// Total bytes of all files in one writable mount. Default 16 MiB.
    pub file_bytes: u64,
    /// Number of files and folders in one writable mount. Default 1,024.
    pub files: u64,
    /// Open descriptors. Default 64.
    pub descriptors: u64,
    /// Calls through the door. Default 100,000.
    pub host_calls: u64,
    /// Real time in milliseconds. A backstop against a stuck host, not a measure. Default 120,000.
    pub wall_clock_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 20_000_000_000,
            memory_bytes: 256 << 20,
            output_bytes: 1 << 20,
            result_bytes: 1 << 20,
            file_bytes: 16 << 20,
            files: 1_024,
            descriptors: 64,
            host_calls: 100_000,
            wall_clock_ms: 120_000,
        }
    }
}

/// A limit outside of its range.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("limit `{field}` is {given}; it must be between {least} and {most}")]
pub struct LimitError {
    /// The field of [`Limits`].
    pub field: &'static str,
    /// The value given.
    pub given: u64,
    /// Smallest value allowed.
    pub least: u64,
    /// Largest value allowed.
    pub most: u64,
}

impl Limits {
    /// Sets the fuel; see [`Limits::fuel`].
    #[must_use]
    pub fn with_fuel(mut self, fuel: u64) -> Self {
        self.fuel = fuel;
        self
    }

    /// Sets the bytes of linear memory; see [`Limits::memory_bytes`].
    #[must_use]
    pub fn with_memory_bytes(mut self, memory_bytes: u64) -> Self {
        self.memory_bytes = memory_bytes;
        self
    }

    /// Sets the bytes of standard output and standard error together; see [`Limits::output_bytes`].
    #[must_use]
    pub fn with_output_bytes(mut self, output_bytes: u64) -> Self {
        self.output_bytes = output_bytes;
        self
    }

    /// Sets the bytes of the returned result as JSON; see [`Limits::result_bytes`].
    #[must_use]
    pub fn with_result_bytes(mut self, result_bytes: u64) -> Self {
        self.result_bytes = result_bytes;
        self
    }

    /// Sets the bytes of all files of one writable mount; see [`Limits::file_bytes`].
    #[must_use]
    pub fn with_file_bytes(mut self, file_bytes: u64) -> Self {
        self.file_bytes = file_bytes;
        self
    }

    /// Sets the number of files and folders of one writable mount; see [`Limits::files`].
    #[must_use]
    pub fn with_files(mut self, files: u64) -> Self {
        self.files = files;
        self
    }

    /// Sets the number of open descriptors; see [`Limits::descriptors`].
    #[must_use]
    pub fn with_descriptors(mut self, descriptors: u64) -> Self {
        self.descriptors = descriptors;
        self
    }

    /// Sets the number of calls through the door; see [`Limits::host_calls`].
    #[must_use]
    pub fn with_host_calls(mut self, host_calls: u64) -> Self {
        self.host_calls = host_calls;
        self
    }

    /// Sets the real time in milliseconds; see [`Limits::wall_clock_ms`].
    #[must_use]
    pub fn with_wall_clock_ms(mut self, wall_clock_ms: u64) -> Self {
        self.wall_clock_ms = wall_clock_ms;
        self
    }

    /// Checks every limit against its range.
    ///
    /// # Errors
    ///
    /// [`LimitError`] for the first limit outside of its range.
    pub fn validate(&self) -> Result<(), LimitError> {
        let ranges = [
            ("fuel", self.fuel, 1_000_000, 1 << 53),
            ("memory_bytes", self.memory_bytes, 1 << 20, 4 << 30),
            ("output_bytes", self.output_bytes, 0, 1 << 30),
            ("result_bytes", self.result_bytes, 64, 256 << 20),
            ("file_bytes", self.file_bytes, 0, 4 << 30),
            ("files", self.files, 0, 1 << 20),
            ("descriptors", self.descriptors, 4, 4_096),
            ("host_calls", self.host_calls, 0, 1 << 40),
            ("wall_clock_ms", self.wall_clock_ms, 1, 24 * 3_600_000),
        ];
        match ranges.into_iter().find(|(_, given, least, most)| !(least..=most).contains(&given)) {
            Some((field, given, least, most)) => Err(LimitError { field, given, least, most }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_in_range_and_extremes_are_named() {
        Limits::default().validate().unwrap();
        let zero = Limits::default().with_fuel(0).validate().unwrap_err();
        assert_eq!((zero.field, zero.given), ("fuel", 0));
        let huge = Limits::default().with_memory_bytes(u64::MAX).validate().unwrap_err();
        assert!(huge.to_string().contains("memory_bytes"), "{huge}");
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error = serde_json::from_str::<Limits>(r#"{"fule": 1}"#).unwrap_err().to_string();
        assert!(error.contains("fule"), "{error}");
    }
}
