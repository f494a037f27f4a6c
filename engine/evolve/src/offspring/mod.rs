//! Offspring: from a planned candidate to its accepted files.
//!
//! [`plan`] selects parents, [`prepare`] makes the inputs of meta agents, [`meta_agent`] runs them, and [`accept`] passes their
//! edits through the mark space. [`candidate`] is the value that goes through these phases.

pub(crate) mod accept;
pub(crate) mod answers;
pub(crate) mod candidate;
pub(crate) mod code_meter;
pub(crate) mod edit_policy;
pub(crate) mod edits;
pub(crate) mod history;
pub(crate) mod inspirations;
pub(crate) mod judgement;
pub(crate) mod meta_agent;
pub(crate) mod plan;
pub(crate) mod prepare;
pub(crate) mod publish;
pub(crate) mod published;
pub(crate) mod sanitised_texts;
pub(crate) mod shared_files;
pub(crate) mod situation;
pub(crate) mod slimming_attempt;
mod spec;
mod told;
pub(crate) mod visible_files;
