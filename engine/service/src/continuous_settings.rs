//! Settings of continuous operation as written in a file, and the rules derived from them.

use std::path::PathBuf;

use hyperspace_evolve::RulesSet;
use serde::Deserialize;

use crate::error::ServiceError;

/// Default time between two looks at the source of rows, in seconds.
const POLL_SECONDS: u64 = 10;
const POLL_SECONDS_MAX: u64 = 24 * 60 * 60;
const PICODOLLARS: f64 = 1e12;

/// Settings of continuous operation: the section `[continuous]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct ContinuousSettings {
    /// The folder to which files of rows are appended, or `-` for standard input.
    pub rows: Option<PathBuf>,
    /// Percentage of new rows that are held out.
    pub held_out: Option<u64>,
    /// Maximum number of rows of each split that a season works on; the newest ones are used.
    pub window: Option<u64>,
    /// Number of new rows after which a season ends.
    pub season_rows: Option<u64>,
    /// Number of new rows on which a candidate is measured before it serves.
    pub canary_rows: Option<u64>,
    /// Number of days that a candidate waits before it serves.
    pub canary_days: Option<u64>,
    /// Number of new rows on which a new champion is compared with the previous one.
    pub watch_rows: Option<u64>,
    /// Calls of models per day.
    pub calls_per_day: Option<u64>,
    /// Dollars per day.
    pub cost_per_day: Option<f64>,
    /// Fuel per day.
    pub fuel_per_day: Option<u64>,
    /// Hours of work (UTC): `HH:MM-HH:MM`.
    pub hours: Option<String>,
    /// Time between two looks at the source of rows, in seconds.
    pub poll: Option<u64>,
}

impl ContinuousSettings {
    /// Returns these settings, with unset ones taken from `below`.
    #[must_use]
    pub fn or(self, below: &Self) -> Self {
        let below = below.clone();
        Self {
            rows: self.rows.or(below.rows),
            held_out: self.held_out.or(below.held_out),
            window: self.window.or(below.window),
            season_rows: self.season_rows.or(below.season_rows),
            canary_rows: self.canary_rows.or(below.canary_rows),
            canary_days: self.canary_days.or(below.canary_days),
            watch_rows: self.watch_rows.or(below.watch_rows),
            calls_per_day: self.calls_per_day.or(below.calls_per_day),
            cost_per_day: self.cost_per_day.or(below.cost_per_day),
            fuel_per_day: self.fuel_per_day.or(below.fuel_per_day),
            hours: self.hours.or(below.hours),
            poll: self.poll.or(below.poll),
        }
    }

    /// Returns the rules as they are recorded.
    pub(crate) fn rules(&self) -> Result<RulesSet, ServiceError> {
        let standard = RulesSet::default();
        let (from, to) = self.hours.as_deref().map_or(Ok((standard.from, standard.to)), hours)?;
        let rules = RulesSet {
            held_out: self.held_out.unwrap_or(standard.held_out),
            window: self.window.unwrap_or(standard.window),
            season_rows: self.season_rows.unwrap_or(standard.season_rows),
            canary_rows: self.canary_rows.unwrap_or(standard.canary_rows),
            canary_days: self.canary_days.unwrap_or(standard.canary_days),
            watch_rows: self.watch_rows.unwrap_or(standard.watch_rows),
            calls: budget("calls-per-day", self.calls_per_day)?,
            cost: self.cost_per_day.map(picodollars).transpose()?,
            fuel: budget("fuel-per-day", self.fuel_per_day)?,
            from,
            to,
        };
        rules.check().map_err(|(name, value, expected)| ServiceError::range(name, value, expected))?;
        Ok(rules)
    }

    /// Returns the time between two looks at the source of rows, in milliseconds.
    pub(crate) fn poll_ms(&self) -> Result<u64, ServiceError> {
        let seconds = self.poll.unwrap_or(POLL_SECONDS);
        if !(1..=POLL_SECONDS_MAX).contains(&seconds) {
            return Err(ServiceError::range("poll", seconds, format!("1 to {POLL_SECONDS_MAX} seconds")));
        }
        Ok(seconds * 1_000)
    }
}

/// Checks a budget. With nothing to spend, no work would ever be done.
fn budget(name: &'static str, given: Option<u64>) -> Result<Option<u64>, ServiceError> {
    match given {
        Some(0) => Err(ServiceError::range(name, 0, "at least 1; without a budget, leave it out")),
        given => Ok(given),
    }
}

fn picodollars(dollars: f64) -> Result<u64, ServiceError> {
    let picodollars = dollars * PICODOLLARS;
    // Less than a picodollar would be recorded as no money at all.
    if dollars.is_nan() || picodollars < 1.0 || picodollars >= u64::MAX as f64 {
        return Err(ServiceError::range("cost-per-day", dollars, "dollars above 0, such as 2.50"));
    }
    Ok(picodollars as u64)
}

/// Parses `HH:MM-HH:MM` into minutes of the day.
fn hours(text: &str) -> Result<(u64, u64), ServiceError> {
    let minute = |part: &str| {
        let (hour, minute) = part.trim().split_once(':')?;
        let (hour, minute) = (hour.parse::<u64>().ok()?, minute.parse::<u64>().ok()?);
        (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
    };
    let both = text.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
    both.filter(|(from, to)| from != to && *from < 24 * 60 && *to > 0).ok_or_else(|| {
        ServiceError::setting("hours", format!("{text:?}: expected HH:MM-HH:MM in UTC, such as 22:00-06:00"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_become_rules_and_bad_ones_are_named() {
        let settings = ContinuousSettings {
            hours: Some("22:00-06:30".to_owned()),
            cost_per_day: Some(2.5),
            ..ContinuousSettings::default()
        };
        let rules = settings.rules().unwrap();
        assert_eq!((rules.from, rules.to, rules.cost), (1_320, 390, Some(2_500_000_000_000)));
        for (hours, cost, held_out, words) in [
            (Some("22-6"), None, None, "expected HH:MM-HH:MM"),
            (Some("10:00-10:00"), None, None, "expected HH:MM-HH:MM"),
            (None, Some(-1.0), None, "cost-per-day"),
            (None, Some(1e-13), None, "cost-per-day"),
            (None, Some(f64::NAN), None, "cost-per-day"),
            (None, None, Some(100), "held-out"),
        ] {
            let hours = hours.map(str::to_owned);
            let settings =
                ContinuousSettings { hours, cost_per_day: cost, held_out, ..ContinuousSettings::default() };
            let error = settings.rules().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        for (calls_per_day, fuel_per_day, name) in
            [(Some(0), None, "calls-per-day"), (None, Some(0), "fuel-per-day")]
        {
            let settings =
                ContinuousSettings { calls_per_day, fuel_per_day, ..ContinuousSettings::default() };
            let error = settings.rules().unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("at least 1"), "{error}");
        }
        assert!(ContinuousSettings { poll: Some(0), ..ContinuousSettings::default() }.poll_ms().is_err());
    }
}
