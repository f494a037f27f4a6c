//! Search: the archive of each population, the selection of parents, and admission, as a fold over generation records.
//!
//! [`strategy`] is the seam; [`gated`] is the strategy of all runs that do not bring their own.

pub(crate) mod annealing;
pub(crate) mod archive;
pub(crate) mod gate;
pub(crate) mod gated;
pub(crate) mod meta_lineage;
pub(crate) mod selection;
pub(crate) mod state;
pub(crate) mod strategy;
