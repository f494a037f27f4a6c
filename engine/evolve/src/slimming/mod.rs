//! Smaller programs that do the same: reductions of a text, and the order in which they are tried.
//!
//! A guest lists the reductions; only evaluations tell what they change. The same search makes the view of `best --simplify`,
//! which tries until nothing more can be removed, and a slimming attempt, whose evaluations are limited.

pub(crate) mod descent;
pub(crate) mod same_answers;
pub(crate) mod slimmer;

pub use descent::{Descent, DescentPlace, Reduction};
