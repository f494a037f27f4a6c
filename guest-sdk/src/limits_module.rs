//! The module `hyperspace.limits`, which tells a guest its limits.
//!
//! It is made for each guest and mounted beside the files of the SDK, of whose tree it is no part.

/// Numbers of a guest's limits, as `hyperspace.limits` tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is made of all of its fields")]
pub struct LimitNumbers {
    /// Units of fuel, each a nanosecond of the guest's clock.
    pub fuel: u64,
    /// Bytes of linear memory.
    pub memory_bytes: u64,
    /// Bytes of standard output and standard error together.
    pub output_bytes: u64,
    /// Bytes of all files that the guest writes.
    pub file_bytes: u64,
    /// Bytes of the returned value as JSON.
    pub result_bytes: u64,
}

/// Returns the module: its path below `/sdk`, and its text.
#[must_use]
pub fn limits_module(limits: &LimitNumbers) -> (&'static str, String) {
    let LimitNumbers { fuel, memory_bytes, output_bytes, file_bytes, result_bytes } = *limits;
    let text = format!(
        "\"\"\"The limits of this guest. A unit of fuel is a nanosecond of its own clock; sleeping costs no fuel.\"\"\"\n\n\
         import time\n\n\
         FUEL = {fuel}\nSECONDS = FUEL / 1e9\nMEMORY_BYTES = {memory_bytes}\nOUTPUT_BYTES = {output_bytes}\n\
         FILE_BYTES = {file_bytes}\nRESULT_BYTES = {result_bytes}\n\n\n\
         def seconds_left():\n    \"\"\"The time until the fuel is spent, for a guest that never slept.\"\"\"\n    \
         return max(0.0, SECONDS - time.monotonic())\n"
    );
    ("hyperspace/limits.py", text)
}
