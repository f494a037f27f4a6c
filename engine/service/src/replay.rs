//! Replays of generations recorded here, and of imported scores.

use hyperspace_core::RecordId;
use hyperspace_eval::TaskLoader;
use hyperspace_evolve::continuous::ContinuousJournal;
use hyperspace_evolve::{RunResources, load_config, load_task};
use hyperspace_interop::Defect;
use hyperspace_interop::original::{
    RescoredEvaluation, ScoreDifference, imported_runs, load_imported_run, rescore,
};
use hyperspace_replay::{Difference, GenerationReplay, ReplayScope, replay, replay_continuous, run_of};
use hyperspace_store::Store;
use serde::Serialize;
use serde_json::Value;

use crate::engine::Engine;
use crate::environment::Stopwatch;
use crate::error::{ErrorClass, ServiceError};
use crate::operation::{EventSender, Operation};
use crate::target::{self, Target};

/// An event of a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
#[non_exhaustive]
pub enum ReplayEvent {
    /// A generation was executed again.
    GenerationReplayed {
        /// The generation that was executed.
        replayed: GenerationReplay,
        /// Number of generations in the whole replay.
        total: usize,
    },
}

/// A replay, which makes progress while it is awaited; dropping it cancels it.
pub type ReplayHandle = Operation<ReplayEvent, ReplayView>;

/// The result of a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ReplayView {
    /// Generations were executed again.
    Executed(ExecutedView),
    /// Recorded predictions of an imported run were scored again.
    Rescored(RescoredView),
}

/// Generations that were executed again. Serialised, it is the document of `replay --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExecutedView {
    /// The run.
    pub run: RecordId,
    /// The generations.
    pub generations: Vec<GenerationReplay>,
    /// The first difference of each generation that has one.
    pub differences: Vec<Difference>,
    /// Number of repeated measurements of a continuous run on new rows; left out for other runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurements: Option<u64>,
    /// Real time in milliseconds; null without a clock.
    pub wall_ms: Option<u64>,
}

/// Recomputed scores of an imported run. Serialised, it is the document of `replay --json` for such a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RescoredView {
    /// The imported run.
    pub run: RecordId,
    /// The evaluations.
    pub evaluations: Vec<RescoredEvaluation>,
    /// The evaluations that differ.
    pub differences: Vec<ScoreDifferenceView>,
    /// Evaluations that could not be scored, with the reason.
    pub unscored: Vec<Defect>,
}

/// A recorded score that was not reproduced.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ScoreDifferenceView {
    /// The agent's number.
    pub agent: u64,
    /// The generation; null for the final test.
    pub generation: Option<u64>,
    /// The file and its field.
    pub place: String,
    /// The recorded value.
    pub recorded: Value,
    /// The recomputed value.
    pub replayed: Value,
}

impl ReplayView {
    /// Returns the class of the result: `Differs` if anything differs.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        let same = match self {
            Self::Executed(view) => view.differences.is_empty(),
            Self::Rescored(view) => view.differences.is_empty(),
        };
        (!same).then_some(ErrorClass::Differs)
    }
}

/// A request for a replay of a run, of a generation, or of the only run in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayRequest {
    /// A run or a generation, given by its hash or the beginning of it.
    pub hash: Option<String>,
    /// If true, the whole run of a generation is replayed.
    pub all: bool,
}

impl ReplayRequest {
    /// Returns a request for the only run in the store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the run or generation, by its hash or the beginning of it.
    #[must_use]
    pub fn hash(mut self, hash: impl ToString) -> Self {
        self.hash = Some(hash.to_string());
        self
    }

    /// Sets whether the whole run of a generation is replayed.
    #[must_use]
    pub fn all(mut self, all: bool) -> Self {
        self.all = all;
        self
    }
}

impl Engine {
    /// Executes recorded generations again and compares every event, file, score and fuel count; for an imported run, scores
    /// recorded predictions again. Nothing is written.
    ///
    /// Errors come at the end of the handle: class `Usage` when the request is wrong, `Damage` when the store is damaged. A
    /// difference is not an error.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::ReplayRequest;
    ///
    /// let mut replay = engine.replay(ReplayRequest::new().hash("93a65b65cd0b"));
    /// while let Some(event) = replay.next_blocking()? {
    ///     println!("{event:?}");
    /// }
    /// assert_eq!(replay.finish_blocking()?.failure(), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn replay(&self, request: ReplayRequest) -> ReplayHandle {
        let (engine, watch) = (self.clone(), self.environment().stopwatch());
        Operation::new(self, |events| run(engine, request, events, watch))
    }
}

async fn run(
    engine: Engine,
    request: ReplayRequest,
    events: EventSender<ReplayEvent>,
    watch: Stopwatch,
) -> Result<ReplayView, ServiceError> {
    let store = engine.reader()?;
    let (run, scope) = match &request.hash {
        None => (target::run_to_work_on(&store, None)?, ReplayScope::All),
        Some(hash) => match Target::resolve(&store, hash)? {
            Target::Run(id) => (id, ReplayScope::All),
            Target::Generation(id) if request.all => (run_of(&store, &id)?, ReplayScope::All),
            Target::Generation(id) => (run_of(&store, &id)?, ReplayScope::Generation(id)),
            Target::Continuous(id) => return continuous(&engine, &store, &id, &events, &watch).await,
            Target::ImportedRun(id) => return rescored(&store, &id, None),
            Target::ImportedGeneration(id) => {
                let only = (!request.all).then_some(&id);
                return rescored(&store, &imported_run_of(&store, &id)?, only);
            }
            Target::Evaluation(id) | Target::ModelCall(id) => return Err(target::no_run(id)),
        },
    };
    let task = load_task(&store, &load_config(&store, &run)?, &TaskLoader::new())?;
    let means = RunResources::new(engine.prepared(task.runtime(), 0).await?, engine.workers());
    let mut step = |replayed: &GenerationReplay, total: usize| {
        // If the receiver is gone, the replay is being dropped.
        drop(events.send(ReplayEvent::GenerationReplayed { replayed: replayed.clone(), total }));
    };
    let replay = replay(&store, &run, scope, means, &mut step).await?;
    Ok(ReplayView::Executed(ExecutedView {
        run: replay.run,
        generations: replay.generations,
        differences: replay.differences,
        measurements: None,
        wall_ms: watch.millis(),
    }))
}

/// Replays a continuous run with all its seasons.
async fn continuous(
    engine: &Engine,
    store: &Store,
    run: &RecordId,
    events: &EventSender<ReplayEvent>,
    watch: &Stopwatch,
) -> Result<ReplayView, ServiceError> {
    let runtime = ContinuousJournal::open(store, run)?.task().runtime();
    let means = RunResources::new(engine.prepared(runtime, 0).await?, engine.workers());
    let mut step = |replayed: &GenerationReplay, total: usize| {
        drop(events.send(ReplayEvent::GenerationReplayed { replayed: replayed.clone(), total }));
    };
    let report = replay_continuous(store, run, means, &mut step).await?;
    let mut differences = report.differences;
    let mut generations = Vec::new();
    for season in report.seasons {
        generations.extend(season.generations);
        differences.extend(season.differences);
    }
    let (run, wall_ms, measurements) = (report.run, watch.millis(), Some(report.measurements));
    Ok(ReplayView::Executed(ExecutedView { run, generations, differences, measurements, wall_ms }))
}

/// Returns the imported run to which a generation belongs.
fn imported_run_of(store: &Store, generation: &RecordId) -> Result<RecordId, ServiceError> {
    for id in imported_runs(store)? {
        let agents = load_imported_run(store, &id)?.agents;
        if agents.iter().any(|agent| agent.generations.contains(generation)) {
            return Ok(id);
        }
    }
    Err(ServiceError::with_hint(format!("{generation} is in no imported run"), "import its folder again"))
}

fn rescored(store: &Store, run: &RecordId, only: Option<&RecordId>) -> Result<ReplayView, ServiceError> {
    let found = rescore(store, run, only)?;
    let differences = found.evaluations.iter().flat_map(differences).collect();
    let (run, evaluations, unscored) = (found.run, found.evaluations, found.unscored);
    Ok(ReplayView::Rescored(RescoredView { run, evaluations, differences, unscored }))
}

fn differences(one: &RescoredEvaluation) -> impl Iterator<Item = ScoreDifferenceView> + '_ {
    one.differences.iter().map(|difference| {
        let ScoreDifference { place, recorded, replayed } = difference.clone();
        let place = format!("{}{place}", one.folder);
        ScoreDifferenceView { agent: one.agent, generation: one.generation, place, recorded, replayed }
    })
}
