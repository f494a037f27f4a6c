//! One generation: from its plan to everything that has to be written.
//!
//! [`execute`] is the sequence of steps. [`pipeline`] makes and measures candidates, [`tournament`], [`referee`], [`split_judge`], [`slimming`] and [`ledger`]
//! decide on them, and [`executed`] holds the result. Nothing here writes to the store, so replay can compare the result instead.

mod again;
mod complacency_watch;
mod drift;
pub(crate) mod early;
pub(crate) mod eval_cache;
pub(crate) mod execute;
pub(crate) mod executed;
pub(crate) mod forms;
mod judge;
pub(crate) mod ledger;
pub(crate) mod measure;
pub(crate) mod pipeline;
pub(crate) mod properties;
pub(crate) mod referee;
pub(crate) mod slimming;
pub(crate) mod split_judge;
pub(crate) mod tournament;
pub(crate) mod work;
