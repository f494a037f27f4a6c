//! Flags of `study`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use hyperspace_service::TableFormat;

use super::CallArgs;

pub(super) const STUDY_EXAMPLES: &str = "Examples:\n  \
    hyperspace study study.toml                              run it, or what is missing of it\n  \
    hyperspace study 5f8c2a                                  the report of one in the store\n  \
    hyperspace study study.toml --to tables --layout parquet\n\n\
    A file:\n  \
    [evolve]\n  \
    task = \"bin-packing\"\n\n  \
    [study]\n  \
    strategies = [\"islands:count=4\", { strategy = \"power-law\", alpha = 2 }]\n  \
    seeds = 10           # or a list\n  \
    candidates = 160     # of each run; or fuel, or calls\n  \
    measure = \"held-out\" # or \"train\"";

#[derive(Debug, Args)]
pub(crate) struct Study {
    /// The file of a study; or the hash of one in the store, or the beginning of it
    #[arg(value_name = "FILE|HASH", value_hint = ValueHint::FilePath)]
    pub(crate) study: String,
    /// Write the report as tables into this new folder, too
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: Option<PathBuf>,
    /// Kind of tables
    #[arg(long, value_enum, default_value_t = StudyLayout::Csv, requires = "to")]
    pub(crate) layout: StudyLayout,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
}

/// The kinds of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StudyLayout {
    /// Strategies, runs and curves, one CSV file each
    Csv,
    /// The same, one JSON object per line
    Jsonl,
    /// The same, as Apache Parquet files with typed columns
    Parquet,
}

impl StudyLayout {
    /// Returns the format of the tables.
    pub(crate) fn format(self) -> TableFormat {
        match self {
            Self::Csv => TableFormat::Csv,
            Self::Jsonl => TableFormat::Jsonl,
            Self::Parquet => TableFormat::Parquet,
        }
    }
}
