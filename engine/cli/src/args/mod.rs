//! Flags and arguments.

mod continuous;
mod evaluation;
mod guest;
mod history;
mod marks;
mod models;
mod named;
mod peer_transfer;
mod run;
mod study;
mod transfer;
mod values;

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub(crate) use self::continuous::{ChampionArgs, ContinuousArgs, Promote, Rollback};
pub(crate) use self::evaluation::{Data, DataCommand, Eval, New, NewCommand, Project, ProjectCommand};
pub(crate) use self::guest::{Attack, Call, Chat, Doctor, Exec, Serve, StubModel};
pub(crate) use self::history::{
    Best, CandidateTree, Compare, Costs, Diff, Lineage, Log, ReportArgs, Show, Transcript, Why,
};
pub(crate) use self::marks::{Marks, Needs};
pub(crate) use self::models::{CallArgs, ListModels};
pub(crate) use self::named::NamedFiles;
pub(crate) use self::peer_transfer::Transfer;
pub(crate) use self::run::{Evolve, ListStrategies, Replay, Resume, TaskArgs};
pub(crate) use self::study::Study;
pub(crate) use self::transfer::{Export, ExportLayout, Import};
pub(crate) use self::values::kind_name;

/// The heading of flags that every command has.
const GLOBAL: &str = "Global options";

/// Evolve untrusted Python agents in a sandbox, and replay any generation from its hash.
///
/// Agents run in WebAssembly under limits; scores are computed outside; everything that happens is recorded under its
/// BLAKE3 hash.
#[derive(Debug, Parser)]
#[command(
    name = "hyperspace",
    version,
    max_term_width = 100,
    propagate_version = true,
    disable_help_flag = true,
    disable_version_flag = true,
    after_long_help = "Examples:\n  \
        hyperspace evolve                        evolve a bin-packing heuristic; no model, no key\n  \
        hyperspace replay HASH                   execute a run or a generation again and compare every bit\n  \
        hyperspace log                           list the runs of the store\n  \
        hyperspace exec program.py               run a Python file in the sandbox\n\n\
        Exit codes: 0 success, 1 internal error, 2 usage, 10 a replay differs, 12 a budget is spent,\n\
        13 the provider of a model failed, 14 the store is damaged, 15 the guest failed,\n\
        128 and the number of the signal that ended a run, so 130 after Ctrl-C"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Log more on standard error; twice: everything
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = GLOBAL)]
    pub(crate) verbose: u8,
    /// Print help; -h is the short form
    #[arg(short, long, action = ArgAction::Help, global = true, help_heading = GLOBAL)]
    help: Option<bool>,
    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, global = true, help_heading = GLOBAL)]
    version: Option<bool>,
    /// The words that may name files.
    #[arg(skip)]
    pub(crate) named: NamedFiles,
}

/// The choice of `--harden`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HardenMode {
    /// Nothing is taken away
    Off,
    /// As much as this kernel allows
    Auto,
    /// All of it, or the command does not start
    Required,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = GLOBAL)]
pub(crate) struct Common {
    /// Folder of the store [default: .hyperspace]
    #[arg(long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath, env = "HYPERSPACE_STORE", hide_env_values = true)]
    pub(crate) store: Option<PathBuf>,
    /// Print exactly one JSON document on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Guests that compute at the same time; changes no result [default: one per processor]
    #[arg(long, global = true, value_name = "N", env = "HYPERSPACE_WORKERS", hide_env_values = true)]
    pub(crate) workers: Option<usize>,
    /// Import a candidate again for each case and run everything in a new instance; changes no result, only takes longer
    #[arg(long, global = true, hide = true)]
    pub(crate) no_fork: bool,
    /// Folder for the compiled interpreter [default: hyperspace in the user's cache folder]
    #[arg(long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath, env = "HYPERSPACE_CACHE_DIR", hide_env_values = true)]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Settings file [default: hyperspace.toml in the working directory, if there is one]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath, env = "HYPERSPACE_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Take from this process what it does not need, so that an escape from the sandbox finds little
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "MODE",
        default_value = "auto",
        hide_possible_values = true,
        env = "HYPERSPACE_HARDEN",
        hide_env_values = true
    )]
    pub(crate) harden: HardenMode,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Evolve an agent on a task, resuming the run if it already exists
    #[command(after_long_help = run::EVOLVE_EXAMPLES)]
    Evolve(Box<Evolve>),
    /// Continue a run after a kill, or for more generations
    #[command(after_long_help = run::RESUME_EXAMPLES)]
    Resume(Resume),
    /// Execute recorded generations again and compare every event, file, score and fuel count
    #[command(after_long_help = run::REPLAY_EXAMPLES)]
    Replay(Replay),
    /// Show the champion that a continuous run serves, and where the run stands
    #[command(after_long_help = continuous::CHAMPION_EXAMPLES)]
    Champion(ChampionArgs),
    /// Let a candidate of a continuous run serve, for a reason that is recorded
    ///
    /// The run may be at work or stopped. Its season ends, and the next one begins with the candidate. The champion before it serves again
    /// when it is shown to be better on new rows.
    #[command(after_long_help = continuous::PROMOTE_EXAMPLES)]
    Promote(Promote),
    /// Let the champion before serve again, for a reason that is recorded
    Rollback(Rollback),
    /// Evaluate an agent on a task
    #[command(after_long_help = evaluation::EVAL_EXAMPLES)]
    Eval(Eval),
    /// Check external data of a task
    Data(Data),
    /// Make a new task that works at once
    New(New),
    /// Use a project of another evolution engine as a task
    Project(Project),
    /// Run a Python program in the sandbox
    #[command(after_long_help = guest::EXEC_EXAMPLES)]
    Exec(Exec),
    /// Call a function of a Python file in the sandbox, and print what it returns
    #[command(after_long_help = guest::CALL_EXAMPLES)]
    Call(Call),
    /// List runs, the generations of a run, its candidates, or its events
    #[command(after_long_help = history::LOG_EXAMPLES)]
    Log(Log),
    /// Write a report on runs: one page with plots, tables and pictures
    #[command(after_long_help = history::REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Compare runs: curves, scores and costs, with medians over seeds
    #[command(after_long_help = history::COMPARE_EXAMPLES)]
    Compare(Compare),
    /// List the marks of a run or of another mark space, follow them, or explain a decision
    #[command(after_long_help = marks::MARKS_EXAMPLES)]
    Marks(Marks),
    /// List the needs in a mark space that wait for a human, or answer one
    Needs(Needs),
    /// Show a run, a generation, a candidate or one of its files
    #[command(after_long_help = history::SHOW_EXAMPLES)]
    Show(Show),
    /// Show the code of the best candidate, or how it differs from the seed
    #[command(after_long_help = history::BEST_EXAMPLES)]
    Best(Best),
    /// Show the way to a candidate: what each step changed, and what it brought
    #[command(after_long_help = history::LINEAGE_EXAMPLES)]
    Lineage(Lineage),
    /// Show the candidates of a run as a tree
    #[command(after_long_help = history::TREE_EXAMPLES)]
    Tree(CandidateTree),
    /// Tell where a score comes from: rows, answers, code, edits and calls, each with its hash
    #[command(after_long_help = history::WHY_EXAMPLES)]
    Why(Why),
    /// Show the conversations of a candidate with models
    #[command(after_long_help = history::TRANSCRIPT_EXAMPLES)]
    Transcript(Transcript),
    /// Show what a run took: fuel, tokens and money
    #[command(after_long_help = history::COSTS_EXAMPLES)]
    Costs(Costs),
    /// Show how the files of two candidates differ
    #[command(after_long_help = history::DIFF_EXAMPLES)]
    Diff(Diff),
    /// Write the files of a candidate, or the outcome or tables of a run, into a new folder
    #[command(after_long_help = transfer::EXPORT_EXAMPLES)]
    Export(Export),
    /// Import a run from an outcome folder and report its defects
    Import(Import),
    /// Check every object, event and reference of the store
    Fsck,
    /// Check the installation by running guests, or a model by talking to it
    #[command(after_long_help = guest::DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Try a catalogue of attacks on this installation; succeeds if every one is contained
    Attack(Attack),
    /// List the bundled tasks, with the best scores that are known and the best ones of the store
    Tasks,
    /// List the bundled agents, and when to use which
    Agents,
    /// List models: those that are known, their prices, those of the settings, and whether their servers answer
    Models(ListModels),
    /// List the search strategies, or explain one with its parameters
    #[command(after_long_help = run::STRATEGIES_EXAMPLES)]
    Strategies(ListStrategies),
    /// Compare search strategies over seeds at an equal budget, always beside independent samples
    ///
    /// Every run of a study is an ordinary run of the store, so a study that was interrupted goes on where it was. The hash of a study names its report, and
    /// every number of it resolves to generations that can be replayed.
    #[command(after_long_help = study::STUDY_EXAMPLES)]
    Study(Study),
    /// Measure what models do with a peer's better program: do they look, adopt, adapt, improve, and say truly what they did
    ///
    /// Tasks are generated with a known ground truth, so that rows tell what was done, and the reader's words are compared with it. Every trial is a run of the
    /// store, recorded and replayable; a benchmark that was interrupted goes on where it was. Budgets are those of each trial.
    #[command(after_long_help = peer_transfer::TRANSFER_EXAMPLES)]
    Transfer(Transfer),
    /// Call a model once, to try its settings and key
    #[command(after_long_help = guest::CHAT_EXAMPLES)]
    Chat(Chat),
    /// Serve an assistant that speaks the Model Context Protocol, on standard input and output
    ///
    /// Its tools run Python in the sandbox, evaluate programs on tasks, and start, watch and replay runs of the store. An assistant starts
    /// this command itself.
    #[command(after_long_help = MCP_EXAMPLES)]
    Mcp,
    /// Serve programs that speak HTTP: execute, evaluate, sessions and runs
    ///
    /// Also the forms that clients of E2B's code interpreter and of GEPA's evaluation server use. /openapi.json describes every path. Ctrl-C and SIGTERM let
    /// requests at work end and stop runs, which `resume` continues.
    #[command(after_long_help = guest::SERVE_EXAMPLES)]
    Serve(Serve),
    /// Serve the APIs of models on 127.0.0.1, with answers from a script
    #[command(after_long_help = guest::STUB_EXAMPLES)]
    StubModel(StubModel),
    /// Print a completion script for a shell
    #[command(after_long_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages of all commands into a folder
    #[command(hide = true)]
    Man {
        /// The folder; it is made if there is none
        dir: PathBuf,
    },
}

const MCP_EXAMPLES: &str = "Examples:\n  \
    claude mcp add hyperspace -- hyperspace mcp\n  \
    codex mcp add hyperspace -- hyperspace mcp";

const COMPLETIONS_EXAMPLES: &str = "Examples:\n  \
    hyperspace completions bash > ~/.local/share/bash-completion/completions/hyperspace\n  \
    hyperspace completions fish > ~/.config/fish/completions/hyperspace.fish";

/// Global flags that have no effect on a command: they are accepted but not shown.
const WITHOUT_EFFECT: [(&str, &[&str]); 31] = [
    ("eval", &["store"]),
    ("data", &["store", "workers", "cache_dir"]),
    ("new", &["store", "workers", "cache_dir"]),
    ("project", &["store", "workers", "cache_dir"]),
    ("task", &["store", "workers", "cache_dir"]),
    ("exec", &["store"]),
    ("call", &["store"]),
    ("log", &["workers", "cache_dir"]),
    ("compare", &["workers", "cache_dir"]),
    ("marks", &["workers", "cache_dir"]),
    ("needs", &["workers", "cache_dir"]),
    ("show", &["workers", "cache_dir"]),
    ("lineage", &["workers", "cache_dir"]),
    ("tree", &["workers", "cache_dir"]),
    ("transcript", &["workers", "cache_dir"]),
    ("costs", &["workers", "cache_dir"]),
    ("diff", &["workers", "cache_dir"]),
    ("export", &["workers", "cache_dir"]),
    ("import", &["workers", "cache_dir"]),
    ("fsck", &["workers", "cache_dir"]),
    ("attack", &["store"]),
    ("models", &["workers", "cache_dir"]),
    ("strategies", &["store", "workers", "cache_dir"]),
    ("champion", &["workers", "cache_dir"]),
    ("promote", &["workers", "cache_dir"]),
    ("rollback", &["workers", "cache_dir"]),
    ("chat", &["store", "workers", "cache_dir"]),
    ("stub-model", &["store", "workers", "cache_dir"]),
    ("completions", &["store", "workers", "cache_dir", "json", "config", "harden"]),
    ("man", &["store", "workers", "cache_dir", "json", "config", "harden"]),
    ("check", &["store", "workers", "cache_dir"]),
];

/// Returns the whole command line, for parsing, completions and manual pages.
pub(crate) fn command() -> clap::Command {
    with_usage(understand_negatives(hide_without_effect(Cli::command(), &Cli::command())))
}

/// Lets flags accept negative numbers, so that the error says what was expected.
fn understand_negatives(command: clap::Command) -> clap::Command {
    let takes = |arg: &clap::Arg| arg.get_action().takes_values() && !arg.is_positional();
    command
        .mut_args(|arg| if takes(&arg) { arg.allow_negative_numbers(true) } else { arg })
        .mut_subcommands(understand_negatives)
}

/// Sets the usage of every command to that of its arguments. Otherwise, errors would list flags that are set by environment
/// variables as if they were required.
fn with_usage(command: clap::Command) -> clap::Command {
    let mut built = command.clone();
    built.build();
    usage_of(command, &mut built)
}

fn usage_of(command: clap::Command, built: &mut clap::Command) -> clap::Command {
    command.mut_subcommands(|subcommand| {
        let Some(own) = built.find_subcommand_mut(subcommand.get_name()) else { return subcommand };
        let usage = own.render_usage().to_string();
        let subcommand = usage_of(subcommand, own);
        match usage.strip_prefix("Usage: ") {
            Some(usage) => subcommand.override_usage(usage.to_owned()),
            None => subcommand,
        }
    })
}

fn hide_without_effect(command: clap::Command, root: &clap::Command) -> clap::Command {
    command.mut_subcommands(|subcommand| {
        let name = subcommand.get_name().to_owned();
        let hidden = WITHOUT_EFFECT.iter().find(|(command, _)| *command == name);
        // A global flag is not passed on to a command that has a flag with the same id.
        let flags = hidden
            .into_iter()
            .flat_map(|(_, flags)| *flags)
            .filter_map(|flag| root.get_arguments().find(|argument| argument.get_id() == flag).cloned());
        let subcommand = flags.fold(subcommand, |subcommand, flag| subcommand.arg(flag.hide(true)));
        hide_without_effect(subcommand, root)
    })
}

/// Parses the arguments of the process.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches()?;
    let named = NamedFiles::of(&matches);
    Ok(Cli { named, ..Cli::from_arg_matches(&matches)? })
}

/// Returns the environment variable of the flag that an error is about, if it has one.
pub(crate) fn variable_of(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else { return None };
    let name = shown.strip_prefix("--")?.split([' ', '=']).next()?;
    let command = command();
    let mut open = vec![&command];
    while let Some(command) = open.pop() {
        let mut flags = command.get_arguments().filter(|arg| arg.get_long() == Some(name));
        if let Some(variable) = flags.find_map(clap::Arg::get_env) {
            return variable.to_str().map(str::to_owned);
        }
        open.extend(command.get_subcommands());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn a_flag_without_effect_is_accepted_and_not_shown() {
        for line in [
            ["hyperspace", "--store", "S", "chat", "--model", "m", "hi"],
            ["hyperspace", "chat", "--model", "m", "hi", "--store", "S"],
        ] {
            let cli = Cli::from_arg_matches(&command().try_get_matches_from(line).unwrap()).unwrap();
            assert_eq!(cli.common.store, Some(PathBuf::from("S")), "{line:?}");
        }
        let help = command().try_get_matches_from(["hyperspace", "chat", "--help"]).unwrap_err().to_string();
        assert!(!help.contains("--store") && help.contains("--config"), "{help}");
    }

    #[test]
    fn errors_show_the_usage_and_no_flag_as_required() {
        let error = |line: &[&str]| {
            let line = ["hyperspace"].iter().chain(line);
            command().try_get_matches_from(line).unwrap_err().to_string()
        };
        let missing = error(&["exec", "--cache-dir", "C"]);
        assert!(
            missing.contains("Usage: hyperspace exec [OPTIONS]") && !missing.contains("<DIR>"),
            "{missing}"
        );
        let negative = error(&["evolve", "--generations", "-1"]);
        assert!(negative.contains("invalid value '-1' for '--generations <N>'"), "{negative}");
    }

    #[test]
    fn every_name_of_the_table_is_a_command() {
        let mut root = command();
        root.build();
        let top: Vec<&clap::Command> = root.get_subcommands().collect();
        let nested = top.iter().flat_map(|one| one.get_subcommands());
        let names: Vec<&str> = top.iter().copied().chain(nested).map(clap::Command::get_name).collect();
        assert!(WITHOUT_EFFECT.iter().all(|(name, _)| names.contains(name)), "{names:?}");
    }
}
