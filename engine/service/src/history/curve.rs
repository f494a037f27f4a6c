//! The course of a run: the best scores after each generation, and the scores of all candidates.

use hyperspace_core::RecordId;
use serde::Serialize;

use super::run_data::{RunData, TaskFactsView};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target;

/// The course of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CurveView {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: TaskFactsView,
    /// The generations, the seed first.
    pub points: Vec<CurvePoint>,
    /// Names of the populations, in the order of [`CurvePoint::populations`].
    pub agents: Vec<String>,
}

/// A generation of a course.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CurvePoint {
    /// The generation.
    pub generation: u64,
    /// Training score of the best candidate so far.
    pub score: f64,
    /// Held-out score of the same candidate.
    pub held_out: f64,
    /// Training scores of the generation's candidates that have one.
    pub candidates: Vec<f64>,
    /// Training score of the best candidate of each population.
    pub populations: Vec<f64>,
}

impl CurveView {
    pub(crate) fn of(data: &RunData, task: TaskFactsView) -> Self {
        let points = data.records.iter().map(|(_, record)| CurvePoint {
            generation: record.generation,
            score: record.champion().score.to_f64(),
            held_out: record.champion().held_out.to_f64(),
            candidates: record
                .candidates
                .iter()
                .filter_map(|one| one.train.as_ref()?.score.as_ref().map(hyperspace_eval::Score::to_f64))
                .collect(),
            populations: record.champions.iter().map(|champion| champion.score.to_f64()).collect(),
        });
        let agents = data.config.populations.iter().map(|population| population.name.clone()).collect();
        Self { run: data.id, task, points: points.collect(), agents }
    }
}

impl Engine {
    /// Reads the course of the run with hash `hash`, or of the run that was worked on last.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// for point in engine.curve(None)?.points {
    ///     println!("{} {}", point.generation, point.score);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such run, `Damage` when the store is damaged.
    pub fn curve(&self, hash: Option<&str>) -> Result<CurveView, ServiceError> {
        let store = self.reader()?;
        let data = RunData::load(&store, &target::run(&store, hash)?)?;
        let task = data.task(&store);
        Ok(CurveView::of(&data, task))
    }
}
