//! Runs as outcome files in the layouts of other engines, written and read.
//!
//! Each layout is a module: [`original`] is that of the original experiments (hyperspace, Python). Files that are read are never
//! trusted: anything wrong with them is a [`Defect`], and the rest is used. Nothing is executed.

mod defect;
mod error;
pub mod original;

pub use defect::Defect;
pub use error::InteropError;
