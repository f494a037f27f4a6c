//! The summary of a run.

use hyperspace_core::RecordId;
use hyperspace_eval::{Direction, Score};
use hyperspace_store::Store;
use serde::Serialize;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::record::generation::Champion;
use crate::run::load::generation_name;
use crate::search::state::{RunState, best_champion};
use crate::stability::LineageGap;

/// The names under which evaluations on test data are kept.
pub(crate) const TESTS: &str = "test/";

/// The results of a run so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: String,
    /// The strategy with the parameters that differ from the defaults; in a run without one, the selection.
    pub search: String,
    /// The head of its journal.
    pub root: String,
    /// Score of the seed agent on training data.
    pub seed_score: Score,
    /// Score of the seed agent on held-out data.
    pub seed_held_out: Score,
    /// The best candidate of all populations.
    pub champion: Champion,
    /// The generation of the best candidate, which is the hash to replay.
    pub champion_generation: RecordId,
    /// The last generation.
    pub last: RecordId,
    /// Generations after the seed.
    pub generations: u64,
    /// Number of members in all archives.
    pub members: usize,
    /// Improvement of the best population; see [`PopulationSummary::improvement`].
    pub improvement: Score,
    /// The populations, in order.
    #[serde(rename = "agents")]
    pub populations: Vec<PopulationSummary>,
    /// Fuel used by all guests.
    pub fuel: u64,
    /// The use of held-out rows, in a run with a split policy.
    pub splits: Option<SplitSummary>,
    /// Number of agents that were measured on test data. If there is more than one, the last score is no longer from data that
    /// nobody has looked at.
    pub tested: usize,
}

/// The use of held-out rows by a run so far, and the gaps of its lineages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitSummary {
    /// The split policy with all its parameters.
    pub policy: String,
    /// Number of questions that held-out rows answered.
    pub asked: u64,
    /// Number of answers spent from the budget.
    pub spent: u64,
    /// The budget; `None` for a policy without one.
    pub budget: Option<u64>,
    /// The gap of the best candidate: its progress since the seed of its lineage on training rows, minus that on held-out rows.
    /// `None` for a seed.
    pub gap: Option<Score>,
    /// The gap that raises the alarm.
    pub limit: Score,
    /// Number of candidates whose gap raised the alarm.
    pub alarms: u64,
}

/// The results of one population so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationSummary {
    /// Its name.
    pub name: String,
    /// The model of its meta agents.
    pub model: Option<String>,
    /// Score of the seed on training data, with this population's models.
    pub seed_score: Score,
    /// Score of the seed on held-out data.
    pub seed_held_out: Score,
    /// Its best candidate.
    pub champion: Champion,
    /// The generation of its best candidate.
    pub champion_generation: RecordId,
    /// Number of members in its archive.
    pub members: usize,
    /// Difference between its best held-out score and that of the seed; see [`imp_at_k`].
    pub improvement: Score,
}

/// Returns the improvement within `k` generations: the difference between their best score and the initial one, at least 0.
/// Positive is better in either direction. `scores` has the scores of the generations in order, `None` where a generation has
/// none.
#[must_use]
pub fn imp_at_k(direction: Direction, initial: &Score, scores: &[Option<Score>], k: usize) -> Score {
    let known = scores.iter().take(k).flatten();
    let best =
        known.fold(initial, |best, score| if score.better_than(best, direction) { score } else { best });
    (best - initial).abs()
}

/// Summarises a run.
pub(crate) fn summarize(
    store: &Store,
    context: &RunContext,
    state: &RunState,
) -> Result<RunSummary, EvolveError> {
    let missing = EvolveError::no_seed_generation;
    let direction = context.task.direction();
    let named = |generation: u64| -> Result<RecordId, EvolveError> {
        store.get_ref(&context.run, &generation_name(generation))?.ok_or_else(missing)
    };
    let mut populations = Vec::new();
    for (config, population) in context.config.populations.iter().zip(&state.populations) {
        let champion = population.champion.clone().ok_or_else(missing)?;
        let members = population.archive().members();
        let seed = members.first().ok_or_else(missing)?;
        let held_out: Vec<Option<Score>> = members.iter().map(|member| member.held_out.clone()).collect();
        let seed_held_out = seed.held_out.clone().ok_or_else(missing)?;
        populations.push(PopulationSummary {
            name: config.name.clone(),
            model: config.model.clone(),
            seed_score: seed.score.clone(),
            improvement: imp_at_k(direction, &seed_held_out, &held_out, held_out.len()),
            seed_held_out,
            champion_generation: named(champion.id.generation)?,
            champion,
            members: members.len(),
        });
    }
    let best = populations.get(best_population(context, state)?.index).cloned().ok_or_else(missing)?;
    let splits = context.config.search.as_ref().and_then(|search| search.splits);
    let splits = splits.map(|splits| SplitSummary {
        policy: splits.to_string(),
        asked: state.held_out.asked,
        spent: state.held_out.spent,
        budget: splits.budget(),
        gap: state.held_out.gaps.get(&best.champion.id).map(LineageGap::size),
        limit: splits.gap().to_score(),
        alarms: state.held_out.alarms,
    });
    Ok(RunSummary {
        run: context.run,
        task: context.config.task.clone(),
        search: context.config.search_text(),
        root: store.head(&context.run)?.ok_or_else(missing)?.to_string(),
        seed_score: best.seed_score,
        seed_held_out: best.seed_held_out,
        champion_generation: best.champion_generation,
        champion: best.champion,
        last: state.last.ok_or_else(missing)?,
        generations: state.next.saturating_sub(1),
        members: state.members(),
        improvement: best.improvement,
        populations,
        fuel: state.fuel,
        splits,
        tested: store.refs(&context.run, TESTS)?.len(),
    })
}

/// The population with the best champion.
pub(crate) struct BestPopulation {
    /// Its index in the run.
    pub(crate) index: usize,
    pub(crate) champion: Champion,
}

/// Returns the population whose champion is best on training data.
pub(crate) fn best_population(context: &RunContext, state: &RunState) -> Result<BestPopulation, EvolveError> {
    let mut champions = state.champions()?;
    let index = best_champion(context.task.direction(), &champions);
    if index >= champions.len() {
        return Err(EvolveError::no_seed_generation());
    }
    Ok(BestPopulation { index, champion: champions.swap_remove(index) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(n: u64, d: u64) -> Score {
        Score::ratio(n, d).unwrap()
    }

    #[test]
    fn improvement_is_that_of_the_best_of_the_first_k() {
        let scores = [None, Some(ratio(2, 5)), Some(ratio(1, 5)), Some(ratio(3, 5))];
        let check = |direction, k, expected| {
            assert_eq!(imp_at_k(direction, &ratio(3, 10), &scores, k), expected);
        };
        check(Direction::Maximize, 1, Score::zero());
        check(Direction::Maximize, 2, ratio(1, 10));
        check(Direction::Maximize, 9, ratio(3, 10));
        check(Direction::Minimize, 4, ratio(1, 10));
    }
}
