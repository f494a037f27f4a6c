//! Smaller programs that do the same: reductions of a text, the order in which they are tried, and a slimming attempt of a run.
//!
//! A guest lists the reductions; what they change is found out by evaluations alone. The same search makes the view of
//! `best --simplify`, which tries until nothing more may go, and a slimming attempt, whose evaluations are bounded.

mod attempt;
mod descent;
mod same_answers;

pub(crate) use attempt::{SlimmedProgram, SlimmingSpec, slimmer_id};
pub use descent::{Descent, DescentPlace, Reduction};
