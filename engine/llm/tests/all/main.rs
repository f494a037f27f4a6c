//! Everything against the stub server over real HTTP on 127.0.0.1. Time is virtual, so no test waits.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod accounts;
mod canary;
mod cases;
mod cassette;
mod common;
mod dialects;
mod faults;
mod readme;
mod trimming;
