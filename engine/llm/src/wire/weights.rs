//! Limits on the weight of a provider's values as trees.

/// Maximum weight of an answer as a tree: tens of mebibytes.
pub(super) const ANSWER_WEIGHT_MAX: u64 = 1_000_000;
/// Maximum weight of arguments that are kept as an object; heavier ones are kept as text.
pub(super) const ARGUMENTS_WEIGHT_MAX: u64 = 20_000;
