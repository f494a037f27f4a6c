//! Stability and generalisation: paired comparisons of noisy scores, drift, rotating training rows, held-out data under a budget, and the
//! gap between training and held-out data.
//!
//! The statistics are pure: numbers of rows in, decisions out, with nothing but additions, products and quotients, so that they are the same
//! on every machine. `docs/stability.md` has every formula with its source.

mod early_stop;
mod gap;
mod ladder;
mod paired;
mod sign_test;
mod subset;
mod tally;

pub use early_stop::{EarlyStopTest, KnownRow, StopReason};
pub use gap::LineageGap;
pub use ladder::releases;
pub use paired::{PairedRule, PairedVerdict, RowLook, has_drifted, is_better};
pub use sign_test::{margin_p_value, tail_p_value};
pub use subset::window;
pub use tally::RowTally;
