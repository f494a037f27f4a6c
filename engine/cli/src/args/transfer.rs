//! Flags of `export` and `import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A generation; HASH:K means candidate K, HASH the best one so far. With --layout original, a run
    pub(crate) hash: String,
    /// The folder to make
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: PathBuf,
    /// Kind of export
    #[arg(long, value_enum, default_value_t = ExportLayout::Files)]
    pub(crate) layout: ExportLayout,
}

/// The kinds of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportLayout {
    /// The files of one candidate
    Files,
    /// Every generation of a run in the layout of the original experiments, with the right answers of every split: keep it
    /// from agents
    Original,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The folder of a run: with folders gen_0, gen_1, …, or with one such folder per agent
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
}
