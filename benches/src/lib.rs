//! Benchmarks: ratios against named peers, measured in one run.
//!
//! A figure of one project alone says more about the machine than about the project, so every promise is a ratio: this sandbox
//! against a peer, measured in turns within the same minute. CPU time, which other processes disturb least, is printed beside
//! elapsed time. `README.md` lists the promises.

mod clock;
mod error;
mod peer;
mod promise;
mod reference;
mod stub;
mod turns;
mod waiting;

pub use clock::{Spent, measure, now};
pub use error::BenchError;
pub use peer::Python;
pub use promise::{Factor, Promise, geometric_mean, heading};
pub use reference::Reference;
pub use stub::{session_options, stub_model};
pub use turns::{Medians, Work, average_of, in_turns, median};
pub use waiting::{Gate, WaitingDoor, memory_kib, private_kib_with};

use hyperspace_sandbox::Sandbox;
use hyperspace_testkit::sandbox::config;

/// Returns a sandbox for `instances_max` runs at the same time.
///
/// # Errors
///
/// [`BenchError::Sandbox`] when the interpreter cannot be loaded.
pub fn sandbox(instances_max: u32) -> Result<Sandbox, BenchError> {
    Ok(Sandbox::new(&config().with_instances_max(instances_max))?)
}

/// Returns whether the benchmark was started only to see that it starts: `cargo test --benches` or `-- --list`.
#[must_use]
pub fn only_checked() -> bool {
    std::env::args().any(|arg| arg == "--test" || arg == "--list")
}
