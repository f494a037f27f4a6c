//! Guests in the sandbox: limits, forks, sessions, runtimes, and what code that tries something comes to.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod boundaries;
mod code_place;
mod fork;
mod fuel_points;
mod guest;
mod nested;
mod runtimes;
mod science;
mod session;
