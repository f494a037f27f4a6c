//! Whole runs, and what is measured on generated populations.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod answers;
mod arms;
mod common;
mod complacency;
mod events;
mod faults;
mod generalisation;
mod histories;
mod liars;
mod noise_detectors;
mod own_package;
mod run;
mod search;
mod sharing_rules;
mod simulated;
mod slimming;
mod stability;
mod stop_texts;
