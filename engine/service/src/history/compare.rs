//! Runs side by side: their courses, and medians over runs that differ only in the seed.

use std::collections::BTreeMap;

use hyperspace_core::RecordId;
use hyperspace_evolve::RunConfig;
use hyperspace_llm::Spend;
use hyperspace_store::Store;
use serde::Serialize;

use super::config_keys::{DifferingKey, differing_keys};
use super::cost_ledger::CostLedger;
use super::costs::CostRow;
use super::curve::CurveView;
use super::run_data::{RunData, TaskFactsView};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target;

/// Runs side by side: the document of `compare --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CompareView {
    /// The task of all runs; null if they have different tasks, so that their scores cannot be compared.
    pub task: Option<TaskFactsView>,
    /// The last generation that every run has.
    pub common: u64,
    /// The runs, in the order in which they were named.
    pub runs: Vec<ComparedRun>,
    /// The runs grouped by configuration without the seed, in the order of their first run.
    pub groups: Vec<ComparedGroup>,
    /// The keys of the configuration in which groups differ.
    pub differences: Vec<DifferingKey>,
}

/// A run of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ComparedRun {
    /// Its hash.
    pub run: RecordId,
    /// The name of its task.
    pub task: String,
    /// The name of the agent that it began with.
    pub agent: String,
    /// Models of its populations.
    pub models: Vec<String>,
    /// Its seed, as decimal text.
    pub seed: String,
    /// Number of candidates per generation and population.
    pub candidates: u64,
    /// Number of generations after the seed.
    pub generations: u64,
    /// Training score of the seed agent; null if unknown.
    pub seed_score: Option<f64>,
    /// Training score of the best candidate.
    pub score: f64,
    /// Held-out score of the best candidate.
    pub held_out: f64,
    /// Training score of the best candidate after the last generation that all runs have.
    pub common_score: f64,
    /// Held-out score of the same candidate.
    pub common_held_out: f64,
    /// The generation of the best candidate.
    pub best_generation: u64,
    /// Fuel used by all its work.
    pub fuel: u64,
    /// Spend on models.
    pub spent: Spend,
    /// Training scores of the best candidate after each generation, beginning with the seed.
    pub course: Vec<f64>,
}

/// Runs that differ only in the seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ComparedGroup {
    /// The indices of its runs in [`CompareView::runs`].
    pub runs: Vec<usize>,
    /// The last generation that all runs of the group have; medians are taken after it.
    pub common: u64,
    /// Training scores of the best candidates.
    pub score: SpreadView,
    /// Their held-out scores.
    pub held_out: SpreadView,
    /// Medians of the courses, up to [`ComparedGroup::common`].
    pub course: Vec<f64>,
}

/// The spread of a number over runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SpreadView {
    /// The smallest value.
    pub min: f64,
    /// The median, which is the mean of the middle two values if their number is even.
    pub median: f64,
    /// The largest value.
    pub max: f64,
}

impl SpreadView {
    /// Returns the spread of at least one number. Without any, all three values are NaN.
    fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            1 => at(middle),
            _ => f64::midpoint(at(middle.wrapping_sub(1)), at(middle)),
        };
        Self { min: at(0), median, max: at(values.len().wrapping_sub(1)) }
    }
}

/// A run with the data that its comparison needs.
struct CourseData {
    view: ComparedRun,
    held_out: Vec<f64>,
    config: RunConfig,
    task: TaskFactsView,
}

impl Engine {
    /// Compares at least two runs of the store, each given by the beginning of its hash.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// for group in engine.compare(&["34fc34032f60", "1396b27c01aa"])?.groups {
    ///     println!("{} runs, median {}", group.runs.len(), group.score.median);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when a hash is not that of a run, a run is named twice, or there are fewer than two; `Damage` when the store
    /// is damaged.
    pub fn compare<S: AsRef<str>>(&self, hashes: &[S]) -> Result<CompareView, ServiceError> {
        let store = self.reader()?;
        if hashes.len() < 2 {
            let hint = "`log` lists the runs of the store";
            return Err(ServiceError::with_hint("expected at least two runs to compare", hint));
        }
        let mut runs: Vec<CourseData> = Vec::new();
        for hash in hashes {
            let id = target::run(&store, Some(hash.as_ref()))?;
            if runs.iter().any(|known| known.view.run == id) {
                return Err(ServiceError::request(format!("{}: run {id} is named twice", hash.as_ref())));
            }
            runs.push(course_data(&store, &id)?);
        }
        let common = runs.iter().map(|run| run.view.generations).min().unwrap_or_default();
        for run in &mut runs {
            let index = usize::try_from(common).unwrap_or(usize::MAX);
            run.view.common_score = run.view.course.get(index).copied().unwrap_or(run.view.score);
            run.view.common_held_out = run.held_out.get(index).copied().unwrap_or(run.view.held_out);
        }
        let groups = groups(&runs)?;
        let one_task = runs.iter().all(|run| run.config.task_digest == runs[0].config.task_digest);
        let task = one_task.then(|| runs[0].task.clone());
        let first = |group: &ComparedGroup| group.runs.first().and_then(|index| runs.get(*index));
        let configs: Vec<&RunConfig> = groups.iter().filter_map(first).map(|run| &run.config).collect();
        let differences = differing_keys(&configs);
        let runs = runs.into_iter().map(|run| run.view).collect();
        Ok(CompareView { task, common, runs, groups, differences })
    }
}

fn course_data(store: &Store, id: &RecordId) -> Result<CourseData, ServiceError> {
    let data = RunData::load(store, id)?;
    let last = data.records.last().map(|(_, record)| record);
    let last = last.ok_or_else(|| ServiceError::request(format!("run {id} has no generation")))?;
    let task = data.task(store);
    let curve = CurveView::of(&data, task.clone());
    let champion = last.champion();
    let mut ledger = CostLedger::of(&data);
    ledger.fuel(store)?;
    ledger.calls(store)?;
    let CostRow { spent, fuel, .. } = ledger.view().total;
    let config = &data.config;
    let view = ComparedRun {
        run: *id,
        task: config.task.clone(),
        agent: config.agent.clone(),
        models: config.populations.iter().filter_map(|one| one.model.clone()).collect(),
        seed: config.seed.clone(),
        candidates: config.candidates,
        generations: last.generation,
        seed_score: data.rows().next().and_then(|row| row.score),
        score: champion.score.to_f64(),
        held_out: champion.held_out.to_f64(),
        common_score: 0.0,
        common_held_out: 0.0,
        best_generation: champion.id.generation,
        fuel: fuel.unwrap_or_default(),
        spent,
        course: curve.points.iter().map(|point| point.score).collect(),
    };
    let held_out = curve.points.iter().map(|point| point.held_out).collect();
    Ok(CourseData { view, held_out, config: data.config, task })
}

/// Returns the runs grouped by configuration without the seed.
fn groups(runs: &[CourseData]) -> Result<Vec<ComparedGroup>, ServiceError> {
    let mut order = Vec::new();
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, run) in runs.iter().enumerate() {
        let config = RunConfig { seed: "0".to_owned(), ..run.config.clone() };
        let key = config.id()?.to_string();
        if !members.contains_key(&key) {
            order.push(key.clone());
        }
        members.entry(key).or_default().push(index);
    }
    Ok(order.iter().filter_map(|key| members.remove(key)).map(|of| group(runs, of)).collect())
}

fn group(runs: &[CourseData], members: Vec<usize>) -> ComparedGroup {
    let of = || members.iter().filter_map(|index| runs.get(*index));
    let common = of().map(|run| run.view.generations).min().unwrap_or_default();
    let last = usize::try_from(common).unwrap_or(usize::MAX);
    let at = |course: fn(&CourseData) -> &Vec<f64>, index: usize| {
        SpreadView::of(of().filter_map(|run| course(run).get(index).copied()))
    };
    let (score, held_out) = (at(|run| &run.view.course, last), at(|run| &run.held_out, last));
    let course = (0..=last).map(|index| at(|run| &run.view.course, index).median).collect();
    ComparedGroup { common, score, held_out, course, runs: members }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let spread = |values: &[f64]| SpreadView::of(values.iter().copied());
        assert_eq!(spread(&[3.0, 1.0, 2.0]), SpreadView { min: 1.0, median: 2.0, max: 3.0 });
        assert_eq!(spread(&[4.0, 1.0]), SpreadView { min: 1.0, median: 2.5, max: 4.0 });
        assert_eq!(spread(&[5.0]), SpreadView { min: 5.0, median: 5.0, max: 5.0 });
        assert!(spread(&[]).median.is_nan());
    }
}
