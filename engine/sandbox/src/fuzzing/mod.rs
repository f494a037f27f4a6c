//! The oracles of the fuzz targets. Each accepts arbitrary bytes, and panics when an invariant does not hold.
//!
//! The tests generate their input with proptest, the fuzz targets decode it from bytes; the checks are the same code.

#![expect(clippy::unwrap_used, reason = "oracles and tests fail by panicking")]

mod bytes;
mod calls_oracle;
mod forks;
mod frames;
mod imports;
mod model;
#[cfg(test)]
mod tests;

pub use self::calls_oracle::{calls, file_calls};
pub use self::forks::check as forks;
pub use self::frames::check as frames;
pub use self::model::check as files;
