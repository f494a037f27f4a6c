//! Shared fixtures of the tests and benchmarks of this workspace.
//!
//! A dev-dependency only: no product crate depends on it, and every helper panics instead of returning an error, because a
//! panic is how a test fails. Each module is behind a feature of the same name, so a crate compiles only the crates below it:
//!
//! - [`paths`]: the repository and the cache of compiled interpreters.
//! - [`random`]: a small seeded generator for tests that draw.
//! - `sandbox`: a shared sandbox, a runtime, and file sets from literals.
//! - `eval`: an evaluator and the task "guess".
//! - `evolve`: the agents of the "guess" world, and simulated agents with noisy answers.
//! - `models`: models that lead to a stub server on a virtual clock, and a table of provider faults.
//! - `command`: the installed command in a hermetic environment, fake servers of providers, and a client of raw HTTP.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

pub mod paths;
pub mod random;

#[cfg(feature = "command")]
pub mod command;
#[cfg(feature = "command")]
pub mod fake_provider;
#[cfg(feature = "sandbox")]
pub mod files;
#[cfg(feature = "eval")]
pub mod guess;
#[cfg(feature = "command")]
pub mod http;
#[cfg(feature = "models")]
pub mod models;
#[cfg(feature = "evolve")]
pub mod noise;
#[cfg(feature = "evolve")]
pub mod overfit;
#[cfg(feature = "command")]
pub mod raw_provider;
#[cfg(feature = "sandbox")]
pub mod sandbox;

#[cfg(feature = "eval")]
mod evaluator;

#[cfg(feature = "eval")]
pub use self::evaluator::evaluator;
#[cfg(feature = "sandbox")]
pub use self::files::file_set;
#[cfg(feature = "sandbox")]
pub use self::sandbox::{runtime, sandbox};
