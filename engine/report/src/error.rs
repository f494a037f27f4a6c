//! Errors of drawing and writing.

use thiserror::Error;

/// A report that cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A plot cannot be drawn.
    #[error("the plot {name} cannot be drawn: {why}")]
    Plot {
        /// The plot.
        name: String,
        /// The cause.
        why: String,
    },
    /// A table cannot be written.
    #[error("the table {name} cannot be written: {why}")]
    Table {
        /// The table.
        name: String,
        /// The cause.
        why: String,
    },
    /// There is nothing to report on.
    #[error("there is no run to report on")]
    NoRun,
}
