//! Candidates that ask models, from the guest through its door over real HTTP to a stub server and back.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod common;
mod doors;
mod faults;
mod layer;
mod recorded;
