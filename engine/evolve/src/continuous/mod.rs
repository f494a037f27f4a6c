//! Continuous runs: rows that keep coming, a champion that serves, and seasons of evolution in between.
//!
//! A continuous run is a journal of its own. Facts (rows, days, measurements, generations, acts of the principal) are written
//! into it before they are used. Every decision follows from the facts before it ([`ContinuousState::due`]) and is written with
//! the fact that made it due, in one transaction, so the journal alone is enough to check it. A season is an ordinary run on the
//! rows that exist when it begins.
//!
//! Nothing in this module reads a clock, a folder or a model's provider.

mod config;
mod day;
mod facts;
mod journal;
mod measurement;
mod rules;
mod season;
mod state;
#[cfg(test)]
mod tests;
mod trial;

pub use self::config::{CONTINUOUS_KIND, ContinuousConfig};
pub use self::day::DaySpend;
pub(crate) use self::facts::check;
pub use self::facts::{FactDifference, FactWalk};
pub use self::journal::ContinuousJournal;
pub use self::measurement::{NewRows, RowsMeasurement, compared, fails_alone, measured_again};
pub use self::season::{SeasonPlan, SeasonStart, is_held_out, work_spend};
pub use self::state::{ContinuousState, DueMeasurement, SeasonState, SourcePosition};
pub use self::trial::{CONFIDENCE, RowsTrial};
