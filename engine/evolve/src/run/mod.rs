//! Runs: start, resume, commit and summary, and the stored form from which they are loaded.

pub(crate) mod audit;
pub(crate) mod commit;
pub(crate) mod final_test;
pub(crate) mod handle;
pub(crate) mod load;
pub(crate) mod reexecute;
pub(crate) mod start;
pub(crate) mod summary;
