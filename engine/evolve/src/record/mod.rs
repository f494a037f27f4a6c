//! Recorded values of a run: its configuration, its generations, and the types that both are made of.
//!
//! Serialised names are hashed. Where a Rust name differs, the field carries a `serde(rename)`.

pub(crate) mod arm;
pub(crate) mod bandit_config;
pub(crate) mod candidate_id;
pub(crate) mod complacency_rules;
pub(crate) mod config;
pub(crate) mod event;
pub(crate) mod fate;
pub(crate) mod gate;
pub(crate) mod generation;
pub(crate) mod journal;
pub(crate) mod model_options;
pub(crate) mod options;
mod parameters;
pub(crate) mod parity;
pub(crate) mod population;
pub(crate) mod program_form;
pub(crate) mod search_config;
pub(crate) mod search_record;
pub(crate) mod selection;
pub(crate) mod sharing_config;
pub(crate) mod slimming_rules;
pub(crate) mod split_policy;
pub(crate) mod split_record;
pub(crate) mod strategy;
pub(crate) mod tournament_side;
pub(crate) mod visibility;
