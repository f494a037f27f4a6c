//! Flags of `export` and `import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

pub(super) const EXPORT_EXAMPLES: &str = "Examples:\n  \
    hyperspace export 93a65b65cd0b --to best                 the files of the best agent then\n  \
    hyperspace export 34fc34032f60 --layout csv --to tables  a run as tables\n  \
    hyperspace export 34fc34032f60 --layout original --to outcome";

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A generation; HASH:K means candidate K, HASH the best one so far. With every other layout, a run
    pub(crate) hash: String,
    /// The folder to make
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: PathBuf,
    /// Kind of export
    #[arg(long, value_enum, default_value_t = ExportLayout::Files)]
    pub(crate) layout: ExportLayout,
    /// Write every file by itself; otherwise those with the same content are hard links to one, and changing one changes all
    #[arg(long)]
    pub(crate) copy: bool,
}

/// The kinds of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportLayout {
    /// The files of one candidate
    Files,
    /// Every generation of a run in the layout of the original experiments, with the right answers of every split: keep it
    /// from agents
    Original,
    /// Candidates, evaluations, cases, calls and events of a run, one CSV file each
    Csv,
    /// The same, one JSON object per line
    Jsonl,
    /// The same, as Apache Parquet files with typed columns
    Parquet,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The folder of a run, with folders gen_0, gen_1, … or with one such folder per agent; or a folder with any number of
    /// runs below it
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
}
