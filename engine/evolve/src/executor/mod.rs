//! Execution of guests: the seam between a run and the machine that runs its meta agents and evaluations.
//!
//! Invariant: no other module of this crate calls a sandbox or an evaluator.

pub(crate) mod interface;
pub(crate) mod local;
mod peer_lines;
mod plain_request;
mod room;
mod tools;
