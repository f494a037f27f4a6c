//! Smaller programs that do the same: reductions of a text, and the order in which they are tried.
//!
//! A guest lists the reductions; what they change is found out by evaluations alone. The same search makes the view of
//! `best --simplify`, which tries until nothing more may go, and a slimming attempt, whose evaluations are bounded.

pub(crate) mod descent;
pub(crate) mod same_answers;
pub(crate) mod slimmer;

pub use descent::{Descent, DescentPlace, Reduction};
