//! The report of a study. Every number is a function of the generations that the study names.

use hyperspace_core::RecordId;
use hyperspace_eval::Direction;
use hyperspace_evolve::Champion;
use hyperspace_report::mann_whitney;
use hyperspace_store::Store;
use serde::Serialize;

use super::cells::cost;
use super::plan::{StudyBudget, StudyMeasure};
use super::record::{StudyRecord, StudyRun};
use super::statistics::{bootstrap_median, holm, quantile, sorted};
use crate::error::ServiceError;
use crate::history::{RunData, TaskFactsView};

/// Number of points of a curve after its beginning.
const POINTS: u64 = 40;

/// A study: the document of `study --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StudyView {
    /// The hash of the study's record, which names it.
    pub study: RecordId,
    /// The task.
    pub task: TaskFactsView,
    /// The agent with which all runs began.
    pub agent: String,
    /// The budget of each run.
    pub budget: StudyBudget,
    /// The score that is compared.
    pub measure: StudyMeasure,
    /// Number of seeds of each strategy.
    pub seeds: usize,
    /// The strategies, the baseline first.
    pub strategies: Vec<StudyStrategyView>,
    /// All runs.
    pub runs: Vec<StudyRunView>,
}

/// A strategy of a study.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StudyStrategyView {
    /// Its name with the parameters that differ from the defaults.
    pub strategy: String,
    /// The median of the champions' scores.
    pub median: f64,
    /// The first and the third quartile.
    pub quartiles: [f64; 2],
    /// The 95 % bootstrap interval of the median.
    pub interval: [f64; 2],
    /// The worst and the best score.
    pub range: [f64; 2],
    /// The comparison with the baseline; null for the baseline.
    pub against_baseline: Option<AgainstBaselineView>,
    /// The course: medians and quartiles of the best score so far.
    pub curve: Vec<StudyCurvePoint>,
}

/// A strategy compared with the baseline at the same budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AgainstBaselineView {
    /// The two-sided p-value of the Mann-Whitney U test.
    pub p: f64,
    /// The p-value adjusted for the number of strategies (Holm).
    pub p_adjusted: f64,
    /// The probability that a run is better than one of the baseline, where equal runs count half; 0.5 means no difference.
    pub better: f64,
}

/// A point of a course.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StudyCurvePoint {
    /// Amount spent until then.
    pub spent: u64,
    /// The median over seeds.
    pub median: f64,
    /// The first and the third quartile.
    pub quartiles: [f64; 2],
}

/// A run of a study.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StudyRunView {
    /// Its strategy.
    pub strategy: String,
    /// Its seed.
    pub seed: String,
    /// The run.
    pub run: RecordId,
    /// Number of generations after the seed within the budget.
    pub generations: u64,
    /// The last of them.
    pub last: RecordId,
    /// Amount spent until then.
    pub spent: u64,
    /// Training score of the champion.
    pub score: f64,
    /// Held-out score of the champion.
    pub held_out: f64,
    /// The champion's generation, which can be replayed.
    pub champion: RecordId,
    /// The number of that generation.
    pub found_at: u64,
}

/// A run with its course.
struct Course {
    view: StudyRunView,
    /// The amount spent after each generation, and the score of its champion.
    steps: Vec<(u64, f64)>,
}

/// Creates the report of a study.
pub(super) fn report(store: &Store, id: RecordId, study: &StudyRecord) -> Result<StudyView, ServiceError> {
    let mut courses: Vec<Vec<Course>> = study.strategies.iter().map(|_| Vec::new()).collect();
    let mut facts = None;
    for run in &study.runs {
        let data = RunData::load(store, &run.run)?;
        let wrong = || ServiceError::request(format!("study {id} names a strategy that it does not have"));
        let index =
            usize::try_from(run.strategy).ok().filter(|index| *index < courses.len()).ok_or_else(wrong)?;
        let name = study.strategies[index].strategy.to_string();
        courses[index].push(course(store, study, run, name, &data)?);
        facts.get_or_insert_with(|| (data.task(store), data.config.agent.clone()));
    }
    let empty = || ServiceError::request(format!("study {id} has no runs"));
    let (task, agent) = facts.ok_or_else(empty)?;
    if courses.iter().any(Vec::is_empty) {
        return Err(empty());
    }
    let strategies = strategies(study, &courses, task.direction);
    Ok(StudyView {
        study: id,
        task,
        agent,
        budget: study.budget,
        measure: study.measure,
        seeds: courses[0].len(),
        strategies,
        runs: courses.into_iter().flatten().map(|course| course.view).collect(),
    })
}

fn course(
    store: &Store,
    study: &StudyRecord,
    run: &StudyRun,
    strategy: String,
    data: &RunData,
) -> Result<Course, ServiceError> {
    let value = |champion: &Champion| match study.measure {
        StudyMeasure::HeldOut => champion.held_out.to_f64(),
        StudyMeasure::Train => champion.score.to_f64(),
    };
    let (mut spent, mut steps) = (0, Vec::new());
    let missing = || ServiceError::request(format!("generation {} of run {} is missing", run.last, run.run));
    let last = data.records.iter().position(|(id, _)| *id == run.last).ok_or_else(missing)?;
    for (_, record) in &data.records[..=last] {
        if record.generation > 0 {
            spent += cost(study.budget.resource, store, &run.run, record)?;
        }
        steps.push((spent, value(record.champion())));
    }
    if spent != run.spent {
        let message = format!("run {} spent {spent}, and the study says {}", run.run, run.spent);
        return Err(ServiceError::request(message));
    }
    let record = &data.records[last].1;
    let champion = record.champion();
    let found = data.records.iter().find(|(_, record)| record.generation == champion.id.generation);
    let view = StudyRunView {
        strategy,
        seed: run.seed.clone(),
        run: run.run,
        generations: record.generation,
        last: run.last,
        spent,
        score: champion.score.to_f64(),
        held_out: champion.held_out.to_f64(),
        champion: found.map(|(id, _)| *id).ok_or_else(missing)?,
        found_at: champion.id.generation,
    };
    Ok(Course { view, steps })
}

fn strategies(study: &StudyRecord, courses: &[Vec<Course>], direction: Direction) -> Vec<StudyStrategyView> {
    let last = |course: &Course| course.steps.last().map_or(f64::NAN, |(_, score)| *score);
    let ends: Vec<Vec<f64>> = courses.iter().map(|runs| runs.iter().map(last).collect()).collect();
    // If all numbers are equal, there is nothing to test, and nothing is better.
    let tests: Vec<(f64, f64)> = ends[1..]
        .iter()
        .map(|own| mann_whitney(own, &ends[0]).map_or((1.0, 0.5), |test| (test.p, test.effect)))
        .collect();
    let p: Vec<f64> = tests.iter().map(|(p, _)| *p).collect();
    let adjusted = holm(&p);
    let view = |index: usize| {
        let (own, values) = (&ends[index], sorted(&ends[index]));
        let against = index.checked_sub(1).map(|at| {
            let greater = tests[at].1;
            let better = match direction {
                Direction::Maximize => greater,
                Direction::Minimize => 1.0 - greater,
            };
            AgainstBaselineView { p: p[at], p_adjusted: adjusted[at], better }
        });
        let range = [values[0], values[values.len() - 1]];
        StudyStrategyView {
            strategy: study.strategies[index].strategy.to_string(),
            median: quantile(&values, 0.5),
            quartiles: [quantile(&values, 0.25), quantile(&values, 0.75)],
            interval: bootstrap_median(own, index as u64),
            range: match direction {
                Direction::Maximize => range,
                Direction::Minimize => [range[1], range[0]],
            },
            against_baseline: against,
            curve: curve(study.budget, &courses[index]),
        }
    };
    (0..courses.len()).map(view).collect()
}

/// Returns the medians over runs of the best score so far, at equally spaced parts of the budget.
fn curve(budget: StudyBudget, runs: &[Course]) -> Vec<StudyCurvePoint> {
    let points = POINTS.min(budget.amount);
    let point = |number: u64| {
        let spent = u64::try_from(u128::from(budget.amount) * u128::from(number) / u128::from(points))
            .unwrap_or(u64::MAX);
        let best = |run: &Course| {
            let within = run.steps.partition_point(|(at, _)| *at <= spent);
            run.steps[within.saturating_sub(1)].1
        };
        let values = sorted(&runs.iter().map(best).collect::<Vec<f64>>());
        let quartiles = [quantile(&values, 0.25), quantile(&values, 0.75)];
        StudyCurvePoint { spent, median: quantile(&values, 0.5), quartiles }
    };
    (0..=points).map(point).collect()
}
