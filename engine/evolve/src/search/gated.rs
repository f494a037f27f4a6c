//! The default strategy: the configured selection, with the gate.

use std::sync::Arc;

use hyperspace_eval::{Fitness, Score};

use crate::record::candidate_id::CandidateId;
use crate::record::fate::Fate;
use crate::record::generation::{CandidateRecord, Champion};
use crate::record::selection::Selection;
use crate::search::archive::{Archive, Member};
use crate::search::gate::{self, SplitScores};
use crate::search::selection::{ParentLottery, SelectionRules};
use crate::search::strategy::{MeasuredCandidate, ParentChoice, Strategy, StrategyContext};

/// The default strategy. Parents are selected as the configuration says, and only candidates that pass the gate are admitted.
#[derive(Debug, Clone)]
pub struct GatedStrategy {
    selection: Selection,
    parity: bool,
    fitness: Option<Fitness>,
    seed: u64,
    /// A change copies the archive only while it is shared, which it is not between generations.
    archive: Arc<Archive>,
}

impl GatedStrategy {
    /// Returns the strategy of a population before generation 0.
    #[must_use]
    pub fn new(context: &StrategyContext<'_>) -> Self {
        Self {
            selection: context.config.selection.unwrap_or(Selection::ScoreChildProp),
            parity: context.config.parity,
            fitness: context.task.fitness().cloned(),
            seed: context.seed,
            archive: Arc::new(Archive::new(context.task.direction())),
        }
    }

    fn member(&self, index: usize) -> &Member {
        &self.archive.members()[index]
    }
}

impl Strategy for GatedStrategy {
    fn archive(&self) -> &Arc<Archive> {
        &self.archive
    }

    fn select(&self, candidates: &[CandidateId]) -> Vec<ParentChoice> {
        let rules = SelectionRules {
            selection: self.selection,
            parity: self.parity,
            fitness: self.fitness.as_ref(),
            seed: self.seed,
        };
        let lottery = ParentLottery::new(&rules, &self.archive);
        candidates.iter().map(|id| lottery.choose(*id)).collect()
    }

    fn advances(&self, parent: usize, train: &Score) -> bool {
        self.parity || gate::improves(self.archive.direction(), train, &self.member(parent).score)
    }

    fn decide(&self, candidate: &MeasuredCandidate<'_>, champion: &Champion) -> Fate {
        let direction = self.archive.direction();
        if self.parity {
            return gate::decide_parity(direction, candidate.held_out, &champion.held_out);
        }
        let parent = self.member(candidate.parent);
        gate::decide(
            direction,
            SplitScores { train: candidate.train, held_out: candidate.held_out },
            SplitScores { train: &parent.score, held_out: parent.held_out.as_ref().unwrap_or(&parent.score) },
            SplitScores { train: &champion.score, held_out: &champion.held_out },
        )
    }

    fn apply(&mut self, id: CandidateId, record: &CandidateRecord) -> Result<(), String> {
        Arc::make_mut(&mut self.archive).apply(id, record)
    }

    fn duplicate(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
