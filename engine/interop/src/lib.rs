//! Runs as outcome files in the layouts of other engines, written and read.
//!
//! Each layout is a module: [`original`] is that of the original experiments (hyperspace, Python). Nothing that is read is
//! trusted, and nothing is executed.

pub mod original;
