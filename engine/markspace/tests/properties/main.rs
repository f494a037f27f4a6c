//! The seventy properties of the mark protocol, each over generated histories.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adaptive;
mod barrier;
mod conflict;
mod decay;
mod history;
mod limits;
mod policy;
mod scopes;
mod state;
#[path = "../support/mod.rs"]
mod support;
mod telemetry;
mod watch;

/// As many cases as are promised.
fn cases() -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        failure_persistence: None,
        ..proptest::test_runner::Config::with_cases(256)
    }
}
