//! Defaults that are rules of the product: a front end shows them and never repeats them.

use hyperspace_evolve::strategies::Pareto;
use hyperspace_evolve::{DuplicateRule, SearchOptions, StrategySpec};

/// The folder of the store.
pub const STORE: &str = ".hyperspace";
/// The task of a run or an evaluation.
pub const TASK: &str = "bin-packing";
/// The agent that a run without models starts from.
pub const AGENT: &str = "memetic";
/// That agent for the tasks of which there are recorded runs, whose roots depend on it.
pub const AGENT_OF_RECORDED: &str = "genetic";
/// The agent that a run with models starts from.
pub const AGENT_WITH_MODEL: &str = "evolver";
/// The temperature of that agent: candidates of one parent get the same prompt, and shall not get the same answer.
pub const TEMPERATURE_WITH_MODEL: f64 = 0.7;
/// The agent that a run with models and the rules of the original experiments starts from.
pub const AGENT_WITH_PARITY: &str = "baseline";
/// Generations of a run after the seed.
pub const GENERATIONS: u64 = 20;
/// Candidates per generation and population of a run with models, or with arm annealing.
pub const CANDIDATES_WITH_MODEL: u64 = 1;
/// Fuel of one run of a meta agent with a model: its tools run programs.
pub const META_FUEL_WITH_MODEL: u64 = 60_000_000_000;
/// Fuel of one run of the meta agent `memetic`, which searches with it: some seconds of real time.
pub const META_FUEL_OF_SEARCH: u64 = 40_000_000_000;
/// Real time of one run of a meta agent with a model, in milliseconds; waits for models do not count.
pub const META_WALL_CLOCK_MS_WITH_MODEL: u64 = 900_000;
/// Conversations with models at the same time.
pub const CONCURRENCY: usize = 32;
/// The most conversations with models at the same time: each has an instance of the interpreter.
pub const CONCURRENCY_MAX: usize = 4_096;
/// Attempts of one call of a model, in all.
pub const ATTEMPTS: u32 = 8;
/// The most guests that compute at the same time.
pub const WORKERS_MAX: usize = 1_024;

/// Returns the search of a run with models whose agent is [`AGENT_WITH_MODEL`], where neither a strategy nor a selection is named: from the
/// best program on one score, from a frontier on rows. Models often return a program with other comments, which need not be measured.
#[must_use]
pub fn search_with_model() -> SearchOptions {
    let mut search = SearchOptions::new(StrategySpec::Pareto(Pareto::default()));
    search.duplicates = DuplicateRule::Syntax;
    search
}
