//! Flags and arguments.

mod models;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::models::{AgentArgs, AnswerArgs, ModelArgs, ModelLimitArgs};

/// Evolve untrusted Python agents in a sandbox, and replay any generation from its hash.
#[derive(Debug, Parser)]
#[command(name = "hyperspace", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Say more on standard error (twice: everything)
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Folder of the store [default: .hyperspace]
    #[arg(long, global = true, value_name = "DIR", env = "HYPERSPACE_STORE", hide_env_values = true)]
    pub(crate) store: Option<PathBuf>,
    /// Print exactly one JSON document on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Guests that run at the same time; changes no result [default: one per processor]
    #[arg(long, global = true, value_name = "N", env = "HYPERSPACE_WORKERS", hide_env_values = true)]
    pub(crate) workers: Option<usize>,
    /// Import a candidate again for each case and run everything in a new instance; changes no result, only takes longer
    #[arg(long, global = true, hide = true)]
    pub(crate) no_fork: bool,
    /// Folder for the compiled interpreter [default: hyperspace below the user's cache folder]
    #[arg(long, global = true, value_name = "DIR", env = "HYPERSPACE_CACHE_DIR", hide_env_values = true)]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Settings file [default: hyperspace.toml in the working directory, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "HYPERSPACE_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Evolve an agent on a task; a run that the store has already is taken up where it stands
    Evolve(Box<Evolve>),
    /// Continue a run after a kill, or for more generations
    Resume(Resume),
    /// Execute a recorded generation again and compare every event, file, score and fuel count
    Replay(Replay),
    /// Evaluate an agent on a task
    Eval(Eval),
    /// Check the data that a task takes from you
    Data(Data),
    /// Run a Python file in the sandbox
    Exec(Exec),
    /// List runs, or the generations of a run
    Log(Log),
    /// List the marks of a run or of another mark space, follow them, or explain a decision
    Marks(Marks),
    /// List what waits for a human in a mark space, and answer it
    Needs(Needs),
    /// Show a run, a generation, a candidate or one of its files
    Show(Show),
    /// Show how the files of two candidates differ
    Diff(Diff),
    /// Write the files of a candidate, or the outcome of a run, into a new folder
    Export(Export),
    /// Take the outcome of a run from a folder, ours or of the original experiments, and tell what is wrong with it
    Import(Import),
    /// Check every object, event and reference of the store
    Fsck,
    /// Check the installation by running guests
    Doctor,
    /// Try a catalogue of attacks on this installation; succeeds if every one is contained
    Attack(Attack),
    /// Ask a model one thing, to try its settings and key
    Chat(Chat),
    /// Serve the APIs of models on 127.0.0.1, with answers from a script
    StubModel(StubModel),
}

#[derive(Debug, Args)]
pub(crate) struct TaskArgs {
    /// A bundled task (bin-packing, cap-set, circle-packing, imo-grading, imo-grading-grouped) or a folder with a task.toml
    /// [default: bin-packing]
    #[arg(long, env = "HYPERSPACE_TASK", hide_env_values = true, value_name = "NAME|DIR")]
    pub(crate) task: Option<String>,
    /// External data for the task: a file, of which the first half is for training and the rest is held out, or the folder
    /// that imo-grading and its like read their splits from
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Evolve {
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    /// A bundled agent (genetic, baseline) or a folder with task_agent.py and meta_agent.py [default: genetic; baseline with
    /// --model]
    #[arg(long, env = "HYPERSPACE_AGENT", hide_env_values = true, value_name = "NAME|DIR")]
    pub(crate) agent: Option<String>,
    /// Generations after the seed [default: 20]
    #[arg(long, env = "HYPERSPACE_GENERATIONS", hide_env_values = true, value_name = "N")]
    pub(crate) generations: Option<u64>,
    /// Candidates per generation and agent [default: 8; 1 with arm annealing or --model]
    #[arg(long, env = "HYPERSPACE_CANDIDATES", hide_env_values = true, value_name = "N")]
    pub(crate) candidates: Option<u64>,
    /// Keys every random choice of the run [default: 42]
    #[arg(long, env = "HYPERSPACE_SEED", hide_env_values = true, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How parents are chosen: score-child-prop, random, best or latest [default: score-child-prop]
    #[arg(long, env = "HYPERSPACE_SELECTION", hide_env_values = true, value_name = "WAY")]
    pub(crate) selection: Option<String>,
    /// Variant of the loop: full; freeze-meta, where the meta agent is always the seed's; random, where parents are drawn
    /// without regard to scores; annealing, with tournaments against forks of the seed [default: full]
    #[arg(long, value_name = "ARM")]
    pub(crate) arm: Option<String>,
    /// Keep the rules of the original experiments where ours are safer; the result says which rules still differ
    #[arg(long)]
    pub(crate) parity: bool,
    /// What meta agents see of evaluations on a split (train, held-out): nothing, or any of predictions, scores and labels
    /// [default: train=predictions,scores]
    #[arg(long, value_name = "SPLIT=ITEMS")]
    pub(crate) visible: Vec<String>,
    /// Globs of the files that a meta agent may change [default: task_agent.py meta_agent.py lib/**]
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    pub(crate) edit_scope: Option<Vec<String>>,
    /// Fuel of one run of a meta agent [default: 4 billion; 60 billion with --model, where its tools are included]
    #[arg(long, value_name = "FUEL")]
    pub(crate) meta_fuel: Option<u64>,
    /// Fuel of one case of an evaluation, where the task does not say [default: 5 billion]
    #[arg(long, value_name = "FUEL")]
    pub(crate) case_fuel: Option<u64>,
    #[command(flatten)]
    pub(crate) agents: AgentArgs,
    #[command(flatten)]
    pub(crate) answers: AnswerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The run, or the beginning of its hash [default: the only run of the store]
    pub(crate) run: Option<String>,
    /// Generations after the seed in all [default: as `evolve` was told last]
    #[arg(long, value_name = "N")]
    pub(crate) generations: Option<u64>,
    #[command(flatten)]
    pub(crate) answers: AnswerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// A generation or a run, or the beginning of its hash
    pub(crate) hash: Option<String>,
    /// Replay every generation of the run [default without a hash]
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    /// The agent: a bundled one (baseline, best-fit, genetic) or a folder [default: the one the task begins with]
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) agent: Option<String>,
    /// Part of the data: train, held-out, test or all
    #[arg(long, default_value = "all")]
    pub(crate) split: hyperspace_eval::Split,
    /// Fuel of one case, where the task does not say [default: 5 billion]
    #[arg(long, value_name = "FUEL")]
    pub(crate) fuel: Option<u64>,
    /// Print every row, too; with --json they are always there
    #[arg(long)]
    pub(crate) rows: bool,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
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
    /// A bundled task (imo-grading, imo-grading-grouped) or a folder with a task.toml
    pub(crate) task: String,
    /// The folder with the data
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// The program
    pub(crate) file: PathBuf,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
    /// Fuel: about one unit per WebAssembly instruction
    #[arg(long, default_value_t = 20_000_000_000)]
    pub(crate) fuel: u64,
    /// Memory in bytes
    #[arg(long, default_value_t = 256 << 20)]
    pub(crate) memory_bytes: u64,
    /// Bytes of standard output and standard error together
    #[arg(long, default_value_t = 1 << 20)]
    pub(crate) output_bytes: u64,
    /// Bytes of all files that the program writes
    #[arg(long, default_value_t = 16 << 20)]
    pub(crate) file_bytes: u64,
    /// Files that the program makes
    #[arg(long, default_value_t = 1_024)]
    pub(crate) files: u64,
    /// Open descriptors
    #[arg(long, default_value_t = 64)]
    pub(crate) descriptors: u64,
    /// Real time in milliseconds, as a backstop
    #[arg(long, default_value_t = 120_000)]
    pub(crate) wall_clock_ms: u64,
    /// Keys the program's randomness
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// An environment variable of the program; there are no others
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    /// Hand standard input to the program
    #[arg(long)]
    pub(crate) stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// The run, or the beginning of its hash
    pub(crate) run: Option<String>,
    /// Print the journal's events instead of a table
    #[arg(long)]
    pub(crate) events: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SpaceArgs {
    /// The run whose marks are meant, or the beginning of its hash [default: the only run or space of the store]
    pub(crate) run: Option<String>,
    /// Another mark space of the store, by name
    #[arg(long, value_name = "NAME", conflicts_with = "run")]
    pub(crate) space: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Marks {
    #[command(flatten)]
    pub(crate) space: SpaceArgs,
    /// Only in this scope or inside it
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Only on this topic: observations and warnings
    #[arg(long, value_name = "TOPIC")]
    pub(crate) topic: Option<String>,
    /// Only on this resource: intents and actions
    #[arg(long, value_name = "NAME", conflicts_with = "topic")]
    pub(crate) resource: Option<String>,
    /// Only of this kind: intent, action, observation, warning or need
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Only of this agent
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// The newest so many; with --follow: stop after so many
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    pub(crate) limit: u64,
    /// Also what was superseded or has faded
    #[arg(long)]
    pub(crate) all: bool,
    /// Go on printing what comes, the oldest first; with --json one document per line
    #[arg(long)]
    pub(crate) follow: bool,
    /// List what was refused, and by which check
    #[arg(long, conflicts_with_all = ["follow", "explain", "kind", "all"])]
    pub(crate) refused: bool,
    /// Show the checks of a decision: of an entry of the journal, or of the one that made a mark
    #[arg(long, value_name = "ENTRY|#MARK", conflicts_with = "follow")]
    pub(crate) explain: Option<String>,
    /// Show the checks that a mark would meet, given as JSON; needs --agent and --scope; nothing is written
    #[arg(long = "try", value_name = "JSON", conflicts_with_all = ["follow", "refused", "explain"])]
    pub(crate) attempt: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Needs {
    #[command(flatten)]
    pub(crate) space: SpaceArgs,
    /// Only in this scope or inside it
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Answer the need with this number, as the principal
    #[arg(long, value_name = "N")]
    pub(crate) resolve: Option<u64>,
    /// The answer
    #[arg(long, value_name = "TEXT", requires = "resolve")]
    pub(crate) answer: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A run, a generation or an evaluation, or the beginning of its hash; `:K` behind it means candidate K
    pub(crate) hash: String,
    /// Print this file of the candidate (without `:K`: of the best so far)
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// A generation; `:K` behind it means candidate K, without it the best so far
    pub(crate) before: String,
    /// Another one
    pub(crate) after: String,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A generation; `:K` behind it means candidate K, without it the best so far. With --layout original, a run
    pub(crate) hash: String,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value_t = ExportLayout::Files)]
    pub(crate) layout: ExportLayout,
}

/// What `export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportLayout {
    /// The files of one candidate
    Files,
    /// Every generation of a run, as the original experiments write it: metadata, files, predictions and reports; with the
    /// right answers of every split, so keep it from agents
    Original,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The folder of a run: with folders gen_0, gen_1, …, or with one such folder per agent
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Attack {
    /// Ids of attacks, or the beginning of one: T-CPU, T-FS-01 [default: all]
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
}

impl Attack {
    /// Whether an attack was asked for.
    pub(crate) fn wants(&self, id: &str) -> bool {
        self.ids.is_empty() || self.ids.iter().any(|wanted| id.starts_with(wanted.as_str()))
    }
}

#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// The model: a section [models.NAME] of the settings, or a name that a provider is known for
    #[arg(long)]
    pub(crate) model: String,
    /// What to say
    pub(crate) message: String,
    /// Longest answer in tokens
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    pub(crate) max_tokens: u64,
    /// Attempts in all, when the provider fails
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) attempts: u32,
}

#[derive(Debug, Args)]
pub(crate) struct StubModel {
    /// The script, a TOML file; engine/llm/README.md describes it
    #[arg(long, value_name = "FILE")]
    pub(crate) script: PathBuf,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
}
