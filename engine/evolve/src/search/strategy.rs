//! The trait of search strategies.

use std::sync::Arc;

use hyperspace_eval::{Score, Task};

use crate::record::candidate_id::CandidateId;
use crate::record::config::RunConfig;
use crate::record::fate::Fate;
use crate::record::generation::{CandidateRecord, Champion};
use crate::search::archive::Archive;
use crate::search::gated::GatedStrategy;

/// A search strategy of one population: the selection of parents, the archive, and the admission of candidates.
///
/// A strategy is a fold over the records of its population's candidates. Its decisions must be a function of the records that it was
/// given and of the arguments, with every draw keyed by the run's seed, because a resumed run and a replay build it again from the
/// records.
///
/// The configuration of a run does not name its strategy: in format 2, runs with another strategy than
/// [`GatedStrategy`] need a store of their own, and the same strategy in every session and replay.
pub trait Strategy: Send + Sync {
    /// Returns the members that may be parents, with their ancestors. Members are never removed.
    fn archive(&self) -> &Arc<Archive>;

    /// Selects a parent for each of these candidates of the next generation. Called after generation 0.
    fn select(&self, candidates: &[CandidateId]) -> Vec<ParentChoice>;

    /// Returns whether a candidate with this score on training data is evaluated on held-out data. If not, its fate is
    /// [`Fate::NoBetter`].
    fn advances(&self, parent: usize, train: &Score) -> bool;

    /// Decides on a candidate that was evaluated on both splits. Returns [`Fate::Champion`], [`Fate::Admitted`],
    /// [`Fate::Overfitted`] or [`Fate::NoBetter`].
    fn decide(&self, candidate: &MeasuredCandidate<'_>, champion: &Champion) -> Fate;

    /// Adds the record of a candidate of this population. Candidates come in order of their identities.
    ///
    /// # Errors
    ///
    /// The fault of the record, if it cannot follow those before it.
    fn apply(&mut self, id: CandidateId, record: &CandidateRecord) -> Result<(), String>;

    /// Returns a copy that later records change independently.
    fn duplicate(&self) -> Box<dyn Strategy>;
}

/// A parent, and the draw that selected it. The draw is journalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentChoice {
    /// The index of the parent in the archive.
    pub member: usize,
    /// The number drawn from `0..total`.
    pub draw: u64,
    /// The sum of all weights, at least 1.
    pub total: u64,
}

/// The scores of a candidate that was evaluated on both splits.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MeasuredCandidate<'a> {
    /// The candidate.
    pub id: CandidateId,
    /// The index of its parent in the archive.
    pub parent: usize,
    /// Score on the training split.
    pub train: &'a Score,
    /// Score on the held-out split.
    pub held_out: &'a Score,
}

/// The facts from which a strategy is made.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct StrategyContext<'a> {
    /// The configuration of the run.
    pub config: &'a RunConfig,
    /// The task.
    pub task: &'a Task,
    /// The seed of the run.
    pub seed: u64,
    /// The index of the population in the run.
    pub population: usize,
}

/// Makes the strategy of each population of a run.
pub type StrategyFactory = Arc<dyn Fn(&StrategyContext<'_>) -> Box<dyn Strategy> + Send + Sync>;

/// Returns the factory of [`GatedStrategy`], which follows the selection and parity of the configuration.
#[must_use]
pub fn default_strategy() -> StrategyFactory {
    Arc::new(|context| Box::new(GatedStrategy::new(context)))
}
