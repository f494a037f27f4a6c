//! Flags of commands that read what the store holds.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use hyperspace_service::{LogQuery, ReportRequest};

use super::values;

pub(super) const SHOW_EXAMPLES: &str = "Examples:\n  \
    hyperspace show 93a65b65cd0b                        a generation; --json has the record as it is stored\n  \
    hyperspace show 93a65b65cd0b:3                      candidate 3 of that generation\n  \
    hyperspace show 93a65b65cd0b --file task_agent.py   a file of the best candidate then";

pub(super) const BEST_EXAMPLES: &str = "Examples:\n  \
    hyperspace best                              the best code of the run last worked on\n  \
    hyperspace best 34fc34032f60 --diff          how that of a run differs from the seed\n  \
    hyperspace best --simplify                   a smaller program that does the same";

pub(super) const LINEAGE_EXAMPLES: &str = "Examples:\n  \
    hyperspace lineage                           the way to the best one of the run last worked on\n  \
    hyperspace lineage 34fc34032f60:14:7 --diff  to candidate 7 of generation 14, with its changes";

pub(super) const TREE_EXAMPLES: &str = "Examples:\n  \
    hyperspace tree\n  \
    hyperspace tree 34fc34032f60 --all           rejected candidates as well";

pub(super) const TRANSCRIPT_EXAMPLES: &str = "Examples:\n  \
    hyperspace transcript                         of the best one of the run last worked on\n  \
    hyperspace transcript 34fc34032f60:3:0 --full  of candidate 0 of generation 3, whole";

pub(super) const COSTS_EXAMPLES: &str = "Examples:\n  \
    hyperspace costs\n  \
    hyperspace costs 34fc34032f60 --all          the candidates as well";

pub(super) const DIFF_EXAMPLES: &str = "Examples:\n  \
    hyperspace diff 34fc34032f60:0:0 34fc34032f60  the seed and the best candidate of a run\n  \
    hyperspace diff gen_2_0 gen_5_1                two candidates of the run last worked on";

const FILTERS: &str = "Filters";

pub(super) const LOG_EXAMPLES: &str = "Examples:\n  \
    hyperspace log --task cap-set --since 2026-11-01     runs of a task, worked on since that day\n  \
    hyperspace log 34fc34032f60                          the generations of a run\n  \
    hyperspace log 34fc34032f60 --fate failed            its candidates without a score, and why\n  \
    hyperspace log 34fc34032f60 --fate failed,meta-failed  what failed, and what failed most";

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// The run, or the beginning of its hash [default: all runs]
    pub(crate) run: Option<String>,
    /// Print the events of the journal instead of a table
    #[arg(long)]
    pub(crate) events: bool,
    /// Only runs of this task
    #[arg(long, value_name = "NAME", conflicts_with = "events", help_heading = FILTERS)]
    pub(crate) task: Option<String>,
    /// Only runs with this agent or population; of a run, the candidates of this population
    #[arg(long, value_name = "NAME", conflicts_with = "events", help_heading = FILTERS)]
    pub(crate) agent: Option<String>,
    /// Only runs with a candidate of this fate; of a run, these candidates, and what went wrong
    #[arg(long, value_name = "FATE", value_parser = values::fate(), value_delimiter = ',', conflicts_with = "events", help_heading = FILTERS)]
    pub(crate) fate: Vec<String>,
    /// Only runs that were worked on that day or later (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "events", help_heading = FILTERS)]
    pub(crate) since: Option<String>,
    /// Only runs that began that day or earlier (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "events", help_heading = FILTERS)]
    pub(crate) until: Option<String>,
}

impl Log {
    /// Returns the filters as a query.
    pub(crate) fn query(&self) -> LogQuery {
        let mut query = LogQuery::default();
        query.run.clone_from(&self.run);
        query.task.clone_from(&self.task);
        query.agent.clone_from(&self.agent);
        query.fate = Some(self.fate.join(",")).filter(|fates| !fates.is_empty());
        query.since.clone_from(&self.since);
        query.until.clone_from(&self.until);
        query
    }
}

pub(super) const REPORT_EXAMPLES: &str = "Examples:\n  \
    hyperspace report --to report                     the run last worked on\n  \
    hyperspace report 34fc 1396 77ab --to compared    runs, compared by configuration\n  \
    hyperspace report --folder transfer_ --to theirs  imported runs whose folder has this in it\n  \
    hyperspace report 34fc --to live --watch 10       drawn again while the run goes on";

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Runs, made here or imported, or the beginnings of their hashes [default: the run last worked on]
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<String>,
    /// The folder to make; an earlier report in it is replaced
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: PathBuf,
    /// Report on every run of the store
    #[arg(long)]
    pub(crate) all: bool,
    /// Report on imported runs whose folder contains this text; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub(crate) folder: Vec<String>,
    /// Write no pictures beside the page
    #[arg(long)]
    pub(crate) no_pictures: bool,
    /// Look every so many seconds whether a run has a new generation, and draw again, until the command is stopped
    #[arg(long, value_name = "SECONDS")]
    pub(crate) watch: Option<u64>,
}

impl ReportArgs {
    /// Returns the request.
    pub(crate) fn request(&self) -> ReportRequest {
        let mut request = ReportRequest::new().all(self.all).pictures(!self.no_pictures);
        request.runs.clone_from(&self.runs);
        request.folders.clone_from(&self.folder);
        request
    }
}

pub(super) const COMPARE_EXAMPLES: &str = "Examples:\n  \
    hyperspace compare 34fc34032f60 1396b27c01aa\n  \
    hyperspace compare 34fc 1396 77ab --medians          one curve for all seeds of a configuration";

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The runs, or the beginnings of their hashes
    #[arg(value_name = "RUN", num_args = 2.., required = true)]
    pub(crate) runs: Vec<String>,
    /// Draw the medians over seeds instead of each run [default with more than 8 runs]
    #[arg(long)]
    pub(crate) medians: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A run, a generation, an evaluation or a call, or the beginning of its hash; HASH:K means candidate K, and RUN:gen_G_K that of a run
    /// [default: the run last worked on]
    pub(crate) hash: Option<String>,
    /// Print this file of the candidate; without :K, of the best one so far
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<String>,
    /// Print exact scores, and long texts whole
    #[arg(long, conflicts_with = "file")]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Best {
    /// A run, a generation or a candidate HASH:K [default: the run last worked on]
    pub(crate) hash: Option<String>,
    /// Print how the code differs from the seed instead of the code
    #[arg(long)]
    pub(crate) diff: bool,
    /// Print a smaller program, in which every case of the task still has its recorded result
    ///
    /// Statements and parts of expressions are taken out one by one, and each attempt is evaluated on training and held-out data in
    /// the sandbox, which takes a while. With --diff, print what went. Nothing is recorded.
    #[arg(long)]
    pub(crate) simplify: bool,
    /// Attempts of --simplify at most
    #[arg(long, value_name = "N", default_value_t = 2000, requires = "simplify")]
    pub(crate) tries: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Lineage {
    /// A run or a generation; HASH:K means candidate K, RUN:gen_G_K that of a run, HASH the best one so far [default: the run last
    /// worked on]
    pub(crate) hash: Option<String>,
    /// Print the changes of each step
    #[arg(long)]
    pub(crate) diff: bool,
}

pub(super) const WHY_EXAMPLES: &str = "Examples:\n  \
    hyperspace why 34fc34032f60                 the best candidate of a run\n  \
    hyperspace why 34fc34032f60:gen_3_1 --full  a candidate, with all rows and calls\n  \
    hyperspace why 77ab01c2                     an evaluation, a call of a model, or an imported generation";

#[derive(Debug, Args)]
pub(crate) struct Why {
    /// A candidate RUN:gen_G_K or HASH:K, an evaluation, a call of a model, an imported generation; of a run or a generation the
    /// best candidate [default: the run last worked on]
    pub(crate) hash: Option<String>,
    /// Print all rows and calls
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CandidateTree {
    /// The run, or the beginning of its hash [default: the run last worked on]
    pub(crate) run: Option<String>,
    /// Show rejected candidates as well
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Transcript {
    /// A run or a generation; HASH:K means candidate K, RUN:gen_G_K that of a run, HASH the best one so far [default: the run last
    /// worked on]
    pub(crate) hash: Option<String>,
    /// Print long messages whole
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Costs {
    /// The run, or the beginning of its hash [default: the run last worked on]
    pub(crate) run: Option<String>,
    /// List the candidates as well
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// A generation; HASH:K means candidate K, RUN:gen_G_K that of a run, HASH the best one so far
    pub(crate) before: String,
    /// Another one
    pub(crate) after: String,
}
