//! Defaults that are part of the product. Front ends show them and never repeat them.

use hyperspace_evolve::strategies::Pareto;
use hyperspace_evolve::{DuplicateRule, SearchOptions, StrategySpec};

/// The folder of the store.
pub const STORE: &str = ".hyperspace";
/// The task of a run or an evaluation.
pub const TASK: &str = "bin-packing";
/// The agent that a run without models starts from.
pub const AGENT: &str = "memetic";
/// The same for tasks with recorded runs, whose roots depend on it.
pub const AGENT_OF_RECORDED: &str = "genetic";
/// The agent that a run with models starts from.
pub const AGENT_WITH_MODEL: &str = "evolver";
/// The temperature of that agent: candidates of one parent get the same prompt, but should not get the same answer.
pub const TEMPERATURE_WITH_MODEL: f64 = 0.7;
/// The agent from which a run with models starts under the rules of the original experiments.
pub const AGENT_WITH_PARITY: &str = "baseline";
/// Number of generations of a run after the seed.
pub const GENERATIONS: u64 = 20;
/// Number of candidates per generation and population, for a run with models or with the arm `annealing`.
pub const CANDIDATES_WITH_MODEL: u64 = 1;
/// Fuel of one run of a meta agent with a model, whose tools run programs.
pub const META_FUEL_WITH_MODEL: u64 = 60_000_000_000;
/// Fuel of one run of the meta agent `memetic`, which spends it on search: some seconds of real time.
pub const META_FUEL_OF_SEARCH: u64 = 40_000_000_000;
/// Real time of one run of a meta agent with a model, in milliseconds; waiting for models does not count.
pub const META_WALL_CLOCK_MS_WITH_MODEL: u64 = 900_000;
/// Number of concurrent conversations with models.
pub const CONCURRENCY: usize = 32;
/// Maximum number of concurrent conversations with models, each of which has an instance of the interpreter.
pub const CONCURRENCY_MAX: usize = 4_096;
/// Number of attempts of one call of a model, including the first.
pub const ATTEMPTS: u32 = 8;
/// Maximum number of guests that compute at the same time.
pub const WORKERS_MAX: usize = 1_024;

/// Returns the search of a run with models whose agent is [`AGENT_WITH_MODEL`], if neither a strategy nor a selection is given:
/// from the best program for a single score, from a frontier for rows. Models often return a program with only its comments
/// changed, which need not be measured.
#[must_use]
pub fn search_with_model() -> SearchOptions {
    let mut search = SearchOptions::new(StrategySpec::Pareto(Pareto::default()));
    search.duplicates = DuplicateRule::Syntax;
    search
}
