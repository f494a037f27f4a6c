//! Runs as outcome files in the layouts of other engines, written and read.
//!
//! Each layout is a module: [`original`] is that of the original experiments (hyperspace, Python). A file that is read is never
//! trusted: what is wrong with it is a [`Defect`], and the rest is understood. Nothing is executed.

mod defect;
mod error;
pub mod original;

pub use defect::Defect;
pub use error::InteropError;
