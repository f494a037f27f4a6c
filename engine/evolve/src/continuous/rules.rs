//! The rules of a continuous run, validated, and what they say about one moment.

use crate::record::event::RulesSet;

/// Number of minutes in a day.
pub(super) const DAY_MINUTES: u64 = 24 * 60;
/// Maximum number of rows in a split, as in any task.
const WINDOW_MAX: u64 = 10_000;

impl Default for RulesSet {
    fn default() -> Self {
        Self {
            held_out: 30,
            window: 1_000,
            season_rows: 100,
            canary_rows: 20,
            canary_days: 1,
            watch_rows: 100,
            calls: None,
            cost: None,
            fuel: None,
            from: 0,
            to: DAY_MINUTES,
        }
    }
}

impl RulesSet {
    /// Checks that every rule is within its range.
    ///
    /// # Errors
    ///
    /// The name of the rule, its value, and the expected range.
    pub fn check(&self) -> Result<(), (&'static str, u64, String)> {
        let ranges = [
            ("held-out", self.held_out, 1, 99),
            ("window", self.window, 2, WINDOW_MAX),
            ("season-rows", self.season_rows, 1, u64::MAX),
            ("hours", self.from, 0, DAY_MINUTES - 1),
            ("hours", self.to, 1, DAY_MINUTES),
        ];
        match ranges.into_iter().find(|(_, value, least, most)| value < least || value > most) {
            None => Ok(()),
            Some((name, value, least, u64::MAX)) => Err((name, value, format!("at least {least}"))),
            Some((name, value, least, most)) => Err((name, value, format!("{least} to {most}"))),
        }
    }

    /// Returns whether work is done in a minute of the day.
    #[must_use]
    pub fn is_active(&self, minute: u64) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}
