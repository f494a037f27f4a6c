//! Stability and generalisation: paired comparisons of noisy scores, drift, rotating training rows, held-out data under a budget, and the
//! gap between training and held-out data.
//!
//! The statistics are pure functions from numbers of rows to decisions. They use nothing but additions, products and quotients,
//! so they are the same on every machine; noise is keyed and drawn in whole numbers. `docs/stability.md` has every formula with
//! its source.

mod drift;
mod early_stop;
mod gap;
mod holdout;
mod ladder;
mod laplace;
mod paired;
mod sign_test;
mod subset;
mod tally;

pub use drift::drift_in;
pub use early_stop::{EarlyStopTest, KnownRow, StopReason};
pub use gap::LineageGap;
pub use holdout::{HoldoutQuestion, HoldoutReply, ReusableHoldout};
pub use ladder::{is_step, releases};
pub use paired::{PairedRule, PairedVerdict, RowLook, has_drifted, is_better};
pub use sign_test::{margin_p_value, tail_p_value};
pub use subset::window;
pub use tally::RowTally;
