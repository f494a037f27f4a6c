//! Comparisons with the champion on new rows, and their verdicts.
//!
//! **The rule of the served champion.** A candidate serves only after it was measured on as many new rows and for as many days as
//! the rules say, and was better than the champion on at least as many rows as it was worse. From then on it is compared with the
//! champion before it; as soon as that one is shown to be better, it serves again. "Shown" means by the one-sided sign test at
//! [`CONFIDENCE`].

use hyperspace_core::TreeId;

use crate::record::event::{RowsMeasured, RulesSet};
use crate::stability::{RowTally, is_better};

/// The confidence with which an agent has to be shown to be better or worse than another one.
pub const CONFIDENCE: f64 = 0.95;

/// An agent that is measured on the same new rows as the champion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsTrial {
    /// Its files.
    pub tree: TreeId,
    /// The next batch that it is measured on.
    pub next: u64,
    /// Its rows against those of the champion.
    pub tally: RowTally,
    /// True if it had no score on a row on which the champion had one.
    pub failed: bool,
    /// True if it had a score on a batch on which the champion had none.
    pub survived: bool,
}

impl RowsTrial {
    pub(super) fn new(tree: TreeId, next: u64) -> Self {
        Self { tree, next, tally: RowTally::default(), failed: false, survived: false }
    }

    /// Adds a measurement.
    pub(super) fn add(&mut self, measured: &RowsMeasured, champion_scored: bool) {
        let RowsMeasured { gained, lost, rows, .. } = *measured;
        self.tally = self.tally.plus(RowTally { gained, lost, rows });
        // Earlier builds did not record whether the champion had a score on the row.
        self.failed |= measured.failed.unwrap_or(measured.score.is_none());
        self.survived |= measured.score.is_some() && !champion_scored;
        self.next = measured.batch + 1;
    }

    /// Returns whether it is shown to be better than the champion.
    #[must_use]
    pub fn is_better(&self) -> bool {
        self.survived || is_better(self.tally, 1.0 - CONFIDENCE)
    }

    /// Returns whether it is shown to be worse.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.failed || is_better(self.tally.reversed(), 1.0 - CONFIDENCE)
    }

    /// Returns the comparison in words.
    pub(super) fn words(&self) -> String {
        let RowTally { gained, lost, rows } = self.tally;
        format!("better on {gained} of {rows} new rows, worse on {lost}")
    }

    /// Returns the end of a trial before it serves, if it has ended: whether it passed, and why. `waited` is the number of days
    /// so far, and `open` is true if new rows are not measured yet.
    pub(super) fn verdict(&self, rules: &RulesSet, waited: u64, open: bool) -> Option<(bool, String)> {
        if self.failed {
            return Some((false, "it has no score on new rows".to_owned()));
        }
        if self.is_worse() {
            return Some((false, format!("it is {}", self.words())));
        }
        if open || self.tally.rows < rules.canary_rows || waited < rules.canary_days {
            return None;
        }
        Some((self.tally.gained >= self.tally.lost, format!("it is {}", self.words())))
    }
}
