//! Flags of `evolve --continuous`, `champion`, `promote` and `rollback`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use hyperspace_service::{ActRequest, ChampionRequest, ContinuousSettings};

const CONTINUOUS: &str = "Continuous operation";

pub(super) const CHAMPION_EXAMPLES: &str = "Examples:\n  \
    hyperspace champion                       the champion that serves, and where the run stands\n  \
    hyperspace champion --to ./champion       its files, in a new folder";

pub(super) const PROMOTE_EXAMPLES: &str = "Examples:\n  \
    hyperspace promote 34fc34032f60:12:0 --reason \"checked by hand on the March data\"";

/// The flags of continuous operation.
#[derive(Debug, Args)]
pub(crate) struct ContinuousArgs {
    /// Go on for good: take new rows, serve the champion, evolve within the budget of each day
    ///
    /// The same command takes it up where it was, after a stop of any kind. The documentation of continuous operation has the rules, and the section
    /// `[continuous]` of the settings has all of them. With --json, each event is a document on a line of its own.
    #[arg(long, conflicts_with = "generations", help_heading = CONTINUOUS)]
    pub(crate) continuous: bool,
    /// Source of new rows: a folder with files to which lines are appended (.jsonl, .csv), or - for standard input
    #[arg(long, value_name = "DIR|-", value_hint = ValueHint::DirPath, requires = "continuous", help_heading = CONTINUOUS)]
    pub(crate) rows: Option<PathBuf>,
    /// Most calls of models per day
    #[arg(long, value_name = "N", requires = "continuous", help_heading = CONTINUOUS)]
    pub(crate) calls_per_day: Option<u64>,
    /// Most dollars per day
    #[arg(long, value_name = "DOLLARS", requires = "continuous", help_heading = CONTINUOUS)]
    pub(crate) cost_per_day: Option<f64>,
    /// Fuel per day; what a generation takes beyond is taken from the next days
    #[arg(long, value_name = "N", requires = "continuous", help_heading = CONTINUOUS)]
    pub(crate) fuel_per_day: Option<u64>,
    /// Hours of work in UTC, such as 22:00-06:00 [default: all]
    #[arg(long, value_name = "FROM-TO", requires = "continuous", help_heading = CONTINUOUS)]
    pub(crate) hours: Option<String>,
    /// New rows that a candidate is measured on before it serves [default: 20]
    #[arg(long, value_name = "N", requires = "continuous", help_heading = CONTINUOUS)]
    pub(crate) canary_rows: Option<u64>,
    /// Days that a candidate waits before it serves [default: 1]
    #[arg(long, value_name = "N", requires = "continuous", help_heading = CONTINUOUS)]
    pub(crate) canary_days: Option<u64>,
}

impl ContinuousArgs {
    /// Returns the flags as settings.
    pub(crate) fn settings(&self) -> ContinuousSettings {
        let mut settings = ContinuousSettings::default();
        settings.rows.clone_from(&self.rows);
        settings.calls_per_day = self.calls_per_day;
        settings.cost_per_day = self.cost_per_day;
        settings.fuel_per_day = self.fuel_per_day;
        settings.hours.clone_from(&self.hours);
        settings.canary_rows = self.canary_rows;
        settings.canary_days = self.canary_days;
        settings
    }
}

#[derive(Debug, Args)]
pub(crate) struct ChampionArgs {
    /// The continuous run, or the beginning of its hash [default: the only one of the store]
    pub(crate) run: Option<String>,
    /// Write its files into this new folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: Option<PathBuf>,
}

impl ChampionArgs {
    /// Returns the request.
    pub(crate) fn request(&self) -> ChampionRequest {
        ChampionRequest::new(self.run.clone()).to(self.to.as_deref())
    }
}

#[derive(Debug, Args)]
pub(crate) struct Promote {
    /// The candidate of a season: SEASON_RUN:G:K, or the hash of a generation for its best one
    pub(crate) candidate: String,
    /// The reason; it is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The continuous run, or the beginning of its hash [default: the only one of the store]
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
}

impl Promote {
    /// Returns the request.
    pub(crate) fn request(self) -> ActRequest {
        ActRequest::promote(self.run, self.candidate, self.reason)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The continuous run, or the beginning of its hash [default: the only one of the store]
    pub(crate) run: Option<String>,
    /// The reason; it is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

impl Rollback {
    /// Returns the request.
    pub(crate) fn request(self) -> ActRequest {
        ActRequest::roll_back(self.run, self.reason)
    }
}
