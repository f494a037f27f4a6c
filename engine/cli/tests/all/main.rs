//! The installed command, as a user runs it.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod arms;
mod bad_input;
mod bundled;
mod common;
mod complacency;
mod completions;
mod continuous;
mod data;
mod dialects;
mod eval_models;
mod evolver;
mod exec;
mod fake_provider;
mod harden;
mod help;
mod http_server;
mod large;
mod marks;
mod mcp;
mod model_check;
mod model_list;
mod models;
mod newcomer;
mod odd_answers;
mod outcome;
mod peer_transfer;
mod project;
mod project_files;
mod project_models;
mod report;
mod runs;
mod science;
mod serve_mcp;
mod serve_paths;
mod serve_runs;
mod serve_tls;
mod slimming;
mod splits;
mod strategies;
mod tables;
mod terminal;
mod transfer;
mod understand;
