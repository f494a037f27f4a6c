//! Tests across crates: runs with models, scorers and strategies of embedders, and what is detected.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod bridge;
mod byte_code;
mod canonical_vectors;
mod eval_without_models;
mod models;
mod recorded_run;
mod scorer;
mod seams;
mod sharing;
mod snapshot_of_the_sdk;
mod stability;
mod tamper;
