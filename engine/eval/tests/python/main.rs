//! Tasks whose evaluator is Python: it runs in a guest of its own, and only data of the program reach it.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod arrays;
mod awaiting;
mod common;
mod crossing;
mod faults;
mod library;
mod loading;
mod processes;
mod proxies;
mod repeating;
mod splits;
mod tampering;
mod using;
