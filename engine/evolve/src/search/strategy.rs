//! The trait of search strategies.

use std::sync::Arc;

use hyperspace_eval::{Score, Task};

use crate::record::candidate_id::CandidateId;
use crate::record::config::RunConfig;
use crate::record::fate::Fate;
use crate::record::generation::{CandidateRecord, Champion, Remeasurement};
use crate::record::search_record::{InspirationRole, SearchDraw, SearchRecord, SearchTurn};
use crate::search::archive::Archive;
use crate::search::configured::ConfiguredStrategy;
use crate::search::gated::GatedStrategy;

/// A search strategy of one population: the selection of parents, the archive, and the admission of candidates.
///
/// A strategy is a fold over the records of its population's candidates. Its decisions must be a function of the records it was
/// given and of the arguments, with every draw keyed by the run's seed, because a resumed run and a replay rebuild it from the
/// records.
///
/// The configuration of a run names its strategy only if it is a [`StrategySpec`](crate::StrategySpec). Runs with a strategy of
/// an embedder need a store of their own, and the same strategy in every session and replay.
pub trait Strategy: Send + Sync {
    /// Returns the members that may be parents, with their ancestors. Members are never removed.
    fn archive(&self) -> &Arc<Archive>;

    /// Selects a parent for each of these candidates of the next generation. Called after generation 0.
    fn select(&self, candidates: &[CandidateId]) -> Vec<ParentChoice>;

    /// Selects a parent for each of these candidates, with the strategy's other decisions on them. By default, selects only the
    /// parent.
    fn choose(&self, candidates: &[CandidateId]) -> Vec<CandidateChoice> {
        let alone = |parent| CandidateChoice { parent, search: None };
        self.select(candidates).into_iter().map(alone).collect()
    }

    /// Selects a parent for each of these candidates regardless of scores, as an answer to complacency. By default as
    /// [`Strategy::choose`].
    fn explore(&self, candidates: &[CandidateId]) -> Vec<CandidateChoice> {
        self.choose(candidates)
    }

    /// Returns whether a candidate with this score on training data is evaluated on held-out data. If not, its fate is
    /// [`Fate::NoBetter`].
    fn advances(&self, parent: usize, train: &Score) -> bool;

    /// Returns whether a candidate with this score on training data and this number of nodes is evaluated on held-out data. By
    /// default as [`Strategy::advances`], whatever the size.
    fn advances_with(&self, parent: usize, train: &Score, _nodes: Option<u64>) -> bool {
        self.advances(parent, train)
    }

    /// Decides on a candidate that has a score on training data and is not evaluated on held-out data. Returns [`Fate::Kept`] or
    /// [`Fate::NoBetter`].
    fn keep(&self, _train: &Score, _search: &SearchRecord) -> Fate {
        Fate::NoBetter
    }

    /// Decides on a candidate that was evaluated on both splits. Returns [`Fate::Champion`], [`Fate::Admitted`],
    /// [`Fate::Overfitted`] or [`Fate::NoBetter`].
    fn decide(&self, candidate: &MeasuredCandidate<'_>, champion: &Champion) -> Fate;

    /// Adds the record of a candidate of this population. Candidates are added in order of their identifiers.
    ///
    /// # Errors
    ///
    /// The fault of the record, when it cannot follow those before it.
    fn apply(&mut self, id: CandidateId, record: &CandidateRecord) -> Result<(), String>;

    /// Decides on changes of the population as a whole, from the state before this generation. They take effect after its
    /// candidates.
    fn plan_turns(&self, _generation: u64) -> Vec<SearchTurn> {
        Vec::new()
    }

    /// Carries out such a change, after the candidates of its generation.
    ///
    /// # Errors
    ///
    /// The fault of the record, when it cannot follow those before it.
    fn turn(&mut self, _turn: &SearchTurn) -> Result<(), String> {
        Err("its strategy has no turns".to_owned())
    }

    /// Records a further measurement of a member, in a run with a paired gate. By default, members keep their scores.
    ///
    /// # Errors
    ///
    /// The fault of the record, when it cannot follow those before it.
    fn remeasured(&mut self, _again: &Remeasurement) -> Result<(), String> {
        Ok(())
    }

    /// Returns a copy to which later records are applied independently.
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

/// The decisions of a strategy on a candidate before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateChoice {
    /// Its parent.
    pub parent: ParentChoice,
    /// Further decisions of a strategy that the configuration names.
    pub search: Option<SearchChoice>,
}

/// The decisions of a strategy besides the parent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchChoice {
    /// The index of the island.
    pub island: u64,
    /// The index of the mixture's strategy that drew the parent.
    pub arm: Option<u64>,
    /// Members that the meta agent is shown: the reason, and the index in the archive.
    pub inspirations: Vec<(InspirationRole, usize)>,
    /// All draws, in order. They are journalled.
    pub draws: Vec<SearchDraw>,
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
    /// Its properties, in a run that names a strategy.
    pub search: Option<&'a SearchRecord>,
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

/// Returns the factory of the strategies that configurations name. For configurations without a strategy, it makes a
/// [`GatedStrategy`], which follows selection and parity.
#[must_use]
pub fn default_strategy() -> StrategyFactory {
    Arc::new(|context| match &context.config.search {
        Some(search) => Box::new(ConfiguredStrategy::new(context, search)),
        None => Box::new(GatedStrategy::new(context)),
    })
}
