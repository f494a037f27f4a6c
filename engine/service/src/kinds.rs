//! Kinds of the records that the application itself writes, beside those of runs.

/// The record kind of a study.
pub(crate) const STUDY_KIND: &str = "study";
/// The record kind of a transfer benchmark.
pub(crate) const TRANSFER_KIND: &str = "transfer";
