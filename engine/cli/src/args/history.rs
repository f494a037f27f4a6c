//! Flags of `log`, `show` and `diff`.

use clap::Args;

pub(super) const SHOW_EXAMPLES: &str = "Examples:\n  \
    hyperspace show 93a65b65cd0b                        a record as it is stored\n  \
    hyperspace show 93a65b65cd0b:3                      candidate 3 of that generation\n  \
    hyperspace show 93a65b65cd0b --file task_agent.py   a file of the best candidate then";

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// The run, or the beginning of its hash [default: all runs]
    pub(crate) run: Option<String>,
    /// Print the events of the journal instead of a table
    #[arg(long)]
    pub(crate) events: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A run, a generation or an evaluation, or the beginning of its hash; HASH:K means candidate K
    pub(crate) hash: String,
    /// Print this file of the candidate; without :K, of the best one so far
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Best {
    /// A run, a generation or a candidate HASH:K [default: the only run of the store]
    pub(crate) hash: Option<String>,
    /// Print how the code differs from the seed instead of the code
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Lineage {
    /// A generation; HASH:K means candidate K, HASH the best one so far
    pub(crate) hash: String,
    /// Print the changes of each step
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CandidateTree {
    /// The run, or the beginning of its hash [default: the only run of the store]
    pub(crate) run: Option<String>,
    /// Show candidates that came to nothing as well
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// A generation; HASH:K means candidate K, HASH the best one so far
    pub(crate) before: String,
    /// Another one
    pub(crate) after: String,
}
