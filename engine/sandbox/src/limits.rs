//! Every limit of one run, its default, its range, and what the host charges for its work.
//!
//! Invariants: there is no "unlimited"; a limit outside of its range is an error before anything runs; relations between
//! limits are checked at compile time. What a limit bounds is bounded even when the guest never gives control back.
//!
//! Attacks that end here: T-CPU-14, T-QUOTA-18, T-QUOTA-19, T-QUOTA-20, T-QUOTA-21, T-QUOTA-22, T-QUOTA-23,
//! T-QUOTA-24, T-QUOTA-25, T-QUOTA-26, T-QUOTA-27, T-QUOTA-28, T-TIME-06, T-TIME-07, T-TIME-08, T-TIME-09, T-TIME-11,
//! T-TIME-13, T-TIME-14, T-TIME-19, T-TIME-20.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Stack of the guest in bytes. Smaller values trap where CPython would raise `RecursionError`, so it is no limit to
/// tune: it is part of what a run means, and of the runtime digest.
pub const WASM_STACK_BYTES: usize = 8 << 20;
/// Host stack below it, for host calls.
pub(crate) const HOST_STACK_BYTES: usize = 2 << 20;
/// A request through the door, in bytes.
pub const DOOR_REQUEST_BYTES_MAX: usize = 1 << 20;
/// An answer through the door, in bytes.
pub const DOOR_ANSWER_BYTES_MAX: usize = 16 << 20;
/// The longest that one request through the door may take: more than any retries of a model, and an end for a door that has none.
pub(crate) const DOOR_WAIT_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Subscriptions of one poll.
pub(crate) const POLL_SUBSCRIPTIONS_MAX: u32 = 64;
/// Buffers of one read or write, and bytes that one call moves at most (the rest is a short read or write).
pub(crate) const IOVECS_MAX: u32 = 1_024;
/// See [`IOVECS_MAX`].
pub(crate) const IO_BYTES_MAX: usize = 16 << 20;
/// Random bytes of one call.
pub(crate) const RANDOM_BYTES_MAX: u32 = 1 << 20;
/// A path in a call, in bytes.
pub(crate) const PATH_BYTES_MAX: u32 = 4_096;
/// Refusals that a report lists one by one; the rest is counted.
pub(crate) const DENIALS_LISTED_MAX: usize = 256;
/// Job text (source, arguments, input) handed to the guest, in bytes.
pub const JOB_BYTES_MAX: usize = 64 << 20;

const _: () = assert!(HOST_STACK_BYTES >= 1 << 20, "host calls need room below the guest's stack");
const _: () = assert!(DOOR_REQUEST_BYTES_MAX <= DOOR_ANSWER_BYTES_MAX);

/// What host work costs, in fuel: the guest's fuel bounds the host's time, too.
pub(crate) mod price {
    /// Which calls are charged for what; counted up when that changes, as runs then cost something else.
    pub(crate) const RULES: u64 = 2;
    /// Any host call: about a microsecond of host work.
    pub(crate) const CALL: u64 = 1_000;
    /// One byte that a call moves or hashes.
    pub(crate) const BYTE: u64 = 1;
    /// One step of a path, or one entry of a listing.
    pub(crate) const STEP: u64 = 200;
    /// One file made or removed.
    pub(crate) const FILE: u64 = 2_000;
    /// One call through the door, without its bytes.
    pub(crate) const DOOR: u64 = 20_000;
}

/// The limits of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Fuel: about one unit per WebAssembly instruction, and the host's charges. Default 20 billion.
    pub fuel: u64,
    /// Linear memory in bytes; the interpreter itself needs about 20 MiB. Default 256 MiB.
    pub memory_bytes: u64,
    /// Bytes on standard output and standard error together. Default 1 MiB.
    pub output_bytes: u64,
    /// Bytes of the returned result as JSON. Default 1 MiB.
    pub result_bytes: u64,
    /// Bytes of all files of one writable mount. Default 16 MiB.
    pub file_bytes: u64,
    /// Files and folders of one writable mount. Default 1,024.
    pub files: u64,
    /// Open descriptors. Default 64.
    pub descriptors: u64,
    /// Calls through the door. Default 100,000.
    pub host_calls: u64,
    /// Real time in milliseconds. A backstop for a stuck host, never a measure. Default 120,000.
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
    /// What was given.
    pub given: u64,
    /// Smallest value allowed.
    pub least: u64,
    /// Largest value allowed.
    pub most: u64,
}

impl Limits {
    /// Checks every limit against its range.
    ///
    /// # Errors
    ///
    /// [`LimitError`] for the first one outside.
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
        let zero = Limits { fuel: 0, ..Limits::default() }.validate().unwrap_err();
        assert_eq!((zero.field, zero.given), ("fuel", 0));
        let huge = Limits { memory_bytes: u64::MAX, ..Limits::default() }.validate().unwrap_err();
        assert!(huge.to_string().contains("memory_bytes"), "{huge}");
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error = serde_json::from_str::<Limits>(r#"{"fule": 1}"#).unwrap_err().to_string();
        assert!(error.contains("fule"), "{error}");
    }
}
