//! Search: the archive of each population, the selection of parents, and admission, as a fold over generation records.
//!
//! [`strategy`] is the seam. [`gated`] is the strategy of runs that do not name one; [`configured`] is that of runs that do:
//! islands ([`islands`]) with a sampling rule ([`sampler`]), and one file for each rule. [`arms`] are the bandits over models and
//! prompts.

pub(crate) mod annealing;
pub(crate) mod archive;
pub(crate) mod arms;
mod bandit;
mod beam;
mod best;
mod best_of_n;
pub(crate) mod candidate_history;
mod clade;
mod clusters;
mod configured;
mod distributions;
mod draws;
pub(crate) mod gate;
pub(crate) mod gated;
pub(crate) mod held_out_use;
mod iid;
mod islands;
pub(crate) mod known_programs;
mod latest;
mod map_elites;
pub(crate) mod meta_lineage;
mod mixture;
mod pareto;
pub(crate) mod parsimony;
mod power_law;
mod random;
mod sampler;
mod score_child_prop;
pub(crate) mod seen_texts;
pub(crate) mod selection;
pub(crate) mod slimming_queue;
pub(crate) mod state;
pub(crate) mod strategy;
mod tessellation;
pub(crate) mod training_window;
mod weighted;

#[cfg(test)]
mod tests;
