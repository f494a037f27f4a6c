//! Flags of `eval` and `data`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use hyperspace_eval::Split;
use hyperspace_service::EvalRequest;

use super::models::MODELS;
use super::values::{self, Suggested};
use super::{CallArgs, TaskArgs};

pub(super) const EVAL_EXAMPLES: &str = "Examples:\n  \
    hyperspace eval --agent best-fit\n  \
    hyperspace eval --task ./my-task --agent ./my-agent --split held-out --rows\n  \
    hyperspace eval --task ./my-task --model gpt-4.1 --cassette calls.jsonl\n  \
    hyperspace eval --task ./my-task --model gpt-4.1 --replay-models calls.jsonl";

#[derive(Debug, Args)]
pub(crate) struct Eval {
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    /// A bundled agent, or a folder [default: the one the task starts from]
    ///
    /// `hyperspace agents` lists the bundled ones.
    #[arg(long, value_name = "NAME|DIR", value_parser = Suggested::agents(), hide_possible_values = true, help_heading = "Task and agent")]
    pub(crate) agent: Option<String>,
    /// A folder or a wheel of pure Python that guests can import, besides the packages of the task
    #[arg(long, value_name = "DIR|WHEEL", value_hint = ValueHint::AnyPath, help_heading = "Task and agent")]
    pub(crate) packages: Vec<PathBuf>,
    /// Part of the data
    #[arg(long, default_value = "all", value_parser = values::split(), help_heading = "Task and agent")]
    pub(crate) split: Split,
    /// Fuel of one case, as in 2e9 or 2s, where the task does not set its own [default: 5 billion]
    #[arg(long, value_name = "FUEL", value_parser = values::fuel, help_heading = "Task and agent")]
    pub(crate) fuel: Option<u64>,
    /// Print every row as well; with --json they are always there
    #[arg(long)]
    pub(crate) rows: bool,
    /// Let rows call this model, and hand its name to the agent
    ///
    /// NAME is a section [models.NAME] of the settings, or a model that a provider is known for; or several of them:
    /// "a:0.8,b:0.2" draws one by weight, and "a > b" falls back to b when a is unavailable.
    #[arg(long, value_name = "NAME", help_heading = MODELS)]
    pub(crate) model: Option<String>,
    /// Further models that rows may call
    #[arg(long, value_name = "NAME", num_args = 1.., help_heading = MODELS)]
    pub(crate) models: Vec<String>,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
}

impl Eval {
    /// Returns the flags as a request.
    pub(crate) fn request(self) -> EvalRequest {
        let mut request = EvalRequest::new().split(self.split).calls(self.calls.settings());
        request.task = self.task.task.map(Into::into);
        request.data = self.task.data;
        request.agent = self.agent.map(Into::into);
        request.packages = self.packages;
        request.fuel = self.fuel;
        request.model = self.model;
        request.models = self.models;
        request
    }
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    #[command(subcommand)]
    pub(crate) command: DataCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Read a folder of data for a task, and compare it with the published data
    Check(DataCheck),
}

#[derive(Debug, Args)]
pub(crate) struct DataCheck {
    /// A bundled task (imo-grading, imo-grading-grouped), or a folder with a task.toml
    #[arg(value_parser = Suggested::tasks(), hide_possible_values = true)]
    pub(crate) task: String,
    /// The folder with the data
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    #[command(subcommand)]
    pub(crate) command: NewCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NewCommand {
    /// Make a folder with a task, to be changed and evaluated
    #[command(
        after_long_help = "Examples:\n  hyperspace new task my-task\n  hyperspace eval --task ./my-task\n  hyperspace new task my-rows --kind rows"
    )]
    Task(NewTask),
}

#[derive(Debug, Args)]
pub(crate) struct NewTask {
    /// The new folder; its name is the task's
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    /// The scorer: Python code of yours, or rows with known answers
    #[arg(long, default_value = "python", value_parser = ["python", "rows"])]
    pub(crate) kind: String,
}

#[derive(Debug, Args)]
pub(crate) struct Project {
    #[command(subcommand)]
    pub(crate) command: ProjectCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    /// Make a task that refers to the files of a project of another engine, such as OpenEvolve or ShinkaEvolve
    #[command(after_long_help = PROJECT_EXAMPLES)]
    Import(ImportProject),
}

const PROJECT_EXAMPLES: &str = "Examples:\n  \
    hyperspace project import ./examples/k_module --out ./k-module\n  \
    hyperspace eval --task ./k-module\n  \
    hyperspace evolve --task ./k-module";

#[derive(Debug, Args)]
pub(crate) struct ImportProject {
    /// The folder of the project
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    /// The new folder of the task; its name is the task's
    #[arg(long, visible_alias = "to", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
}
