//! The tools of meta agents: workspace, editor and shell.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod agent;
mod common;
mod corpus;
mod editor;
mod shell;
mod workspace;
