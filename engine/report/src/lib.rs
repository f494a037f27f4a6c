//! Analyses of runs: what happened, what it achieved, what it cost, and how runs compare; with plots and a single page.
//!
//! A [`ReportRun`] is a run as plain values, whoever recorded it. [`analyse`] is a pure function of runs, and [`write()`] of its
//! result: the same runs give the same bytes, because nothing here knows a clock, a file or a terminal.
//!
//! | module | has |
//! |---|---|
//! | `run` | the values that are analysed |
//! | `sequence` | the similarity of two texts |
//! | `adoption`, `course`, `editing`, `program_measures`, `markers` | one analysis each |
//! | `statistics`, `comparison` | medians, intervals and tests over runs |
//! | `plot`, `figures` | plots as SVG and PNG |
//! | `page`, `tables`, `files` | the page, the tables, and the list of files |

mod adoption;
mod analysis;
mod comparison;
mod course;
mod editing;
mod error;
mod figures;
mod files;
mod markers;
mod page;
mod plot;
mod program_measures;
mod run;
mod sequence;
mod statistics;
mod tables;

pub use adoption::{AdoptionEvent, AdoptionView};
pub use analysis::{AgentAnalysis, Analysis, FailureCount, RunAnalysis, analyse};
pub use comparison::{ComparedMetric, GroupComparison, PairTest};
pub use course::{CoursePoint, CrashRecovery, Efficiency, ThresholdReached};
pub use editing::EditingPatterns;
pub use error::ReportError;
pub use files::{ReportFile, write};
pub use hyperspace_evolve::complacency::ComplacencyKind;
pub use hyperspace_source::{CodeMeasures, DeadCode};
pub use markers::Complacency;
pub use run::{
    ReportAgent, ReportAnswer, ReportArm, ReportCandidate, ReportRun, ReportSlimming, ReportSpend,
    ReportSplits, ToolUse,
};
pub use sequence::similarity;
pub use statistics::{MannWhitney, MedianInterval, mann_whitney, median, median_interval};
