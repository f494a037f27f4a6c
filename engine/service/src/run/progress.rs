//! The progress of a run: a fold over its live events.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_eval::Split;
use hyperspace_evolve::{CandidateId, Champion, Fate, RunEvent};
use hyperspace_llm::{ModelEvent, Spend};
use serde::Serialize;

use super::cost::{LikelySpendView, SpendMeter};
use crate::environment::Stopwatch;

/// The state of a run in progress.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunProgress {
    /// The last committed generation; null until the seed is committed.
    pub generation: Option<u64>,
    /// The generation after which the run ends.
    pub generations: u64,
    /// Number of candidates in the generation at work.
    pub candidates: usize,
    /// Number of candidates whose meta agents are at work or waiting.
    pub making: usize,
    /// Number of candidates that are being evaluated.
    pub measuring: usize,
    /// Number of candidates that are done.
    pub done: usize,
    /// Number of candidates decided in this session, by name of the fate.
    pub fates: BTreeMap<&'static str, u64>,
    /// The best candidate so far; null until one is known.
    pub best: Option<BestOfProgress>,
    /// Number of members in all archives.
    pub members: usize,
    /// The longest wait of a call in progress, or the last wait that ended; null before the first one.
    pub waiting: Option<ModelWait>,
    /// Spend on models in this session, counting only finished calls.
    pub spent: Spend,
    /// The likely spend on the rest; null until a generation was measured.
    pub likely: Option<LikelySpendView>,
    /// Real time of this session in milliseconds; null without a clock.
    pub elapsed_ms: Option<u64>,
    /// Estimated time to the end in milliseconds; null while it is unknown.
    pub left_ms: Option<u64>,
}

/// The best candidate of a run in progress.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BestOfProgress {
    /// The candidate.
    pub candidate: CandidateId,
    /// Training score.
    pub score: f64,
    /// Held-out score.
    pub held_out: f64,
}

/// A wait before a call of a model is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelWait {
    /// The model.
    pub model: String,
    /// The fault because of which it waits, in the provider's words.
    pub reason: String,
    /// The end of the wait, in milliseconds of this session.
    pub until_ms: u64,
}

/// The fold over events.
#[derive(Debug)]
pub(super) struct ProgressFold {
    view: RunProgress,
    /// Candidates of the generation at work whose meta agents have not ended.
    making: BTreeSet<CandidateId>,
    /// Candidates of that generation that are being evaluated.
    measuring: BTreeSet<CandidateId>,
    /// Number of generations that were committed before this session.
    before: u64,
    meter: SpendMeter,
}

impl ProgressFold {
    pub(super) fn new(generation: Option<u64>, generations: u64) -> Self {
        let view = RunProgress {
            generation,
            generations,
            candidates: 0,
            making: 0,
            measuring: 0,
            done: 0,
            fates: BTreeMap::new(),
            best: None,
            members: 0,
            waiting: None,
            spent: Spend::default(),
            likely: None,
            elapsed_ms: None,
            left_ms: None,
        };
        let before = generation.unwrap_or_default();
        let meter = SpendMeter::default();
        Self { view, making: BTreeSet::new(), measuring: BTreeSet::new(), before, meter }
    }

    /// Adds an event that came `elapsed_ms` after the start of the session, when `spent` had been spent on models in it.
    pub(super) fn apply(&mut self, event: &RunEvent, elapsed_ms: u64, spent: Spend) {
        match event {
            RunEvent::ModelCall { call: ModelEvent::Waiting { model, wait_ms, reason, .. } } => {
                let until_ms = elapsed_ms.saturating_add(*wait_ms);
                if self.view.waiting.as_ref().is_none_or(|wait| wait.until_ms < until_ms) {
                    let (model, reason) = (model.clone(), reason.clone());
                    self.view.waiting = Some(ModelWait { model, reason, until_ms });
                }
            }
            RunEvent::RunOpened { champion: Some(champion), .. } => self.view.best = Some(best(champion)),
            RunEvent::GenerationStarted { candidates, .. } => {
                let seed = candidates.iter().filter(|one| one.parent.is_none());
                self.measuring = seed.map(|one| one.candidate).collect();
                let made = candidates.iter().filter(|one| one.parent.is_some());
                self.making = made.map(|one| one.candidate).collect();
                self.view.candidates = candidates.len();
                self.meter.begins(self.making.len() as u64, spent);
            }
            RunEvent::CandidateMade { candidate, .. } => {
                self.making.remove(candidate);
                self.measuring.insert(*candidate);
            }
            RunEvent::CandidateAccepted { candidate, fate: Some(_), .. }
            | RunEvent::CandidateMeasured { candidate, split: Split::Train, .. } => {
                self.measuring.remove(candidate);
            }
            RunEvent::CandidateDecided { candidate, fate } => {
                self.measuring.remove(candidate);
                if *fate != Fate::Seed {
                    *self.view.fates.entry(fate.name()).or_default() += 1;
                }
            }
            RunEvent::GenerationCommitted { generation, champion, members, .. } => {
                self.making.clear();
                self.measuring.clear();
                self.view.candidates = 0;
                self.view.generation = Some(*generation);
                self.view.members = *members;
                self.meter.committed(spent);
                self.view.likely = self.meter.likely(self.view.generations.saturating_sub(*generation));
                self.view.best = Some(best(champion));
            }
            _ => {}
        }
        (self.view.making, self.view.measuring) = (self.making.len(), self.measuring.len());
        self.view.done = self.view.candidates.saturating_sub(self.making.len() + self.measuring.len());
    }

    /// Returns the present progress.
    pub(super) fn view(&self, spent: Spend, watch: &Stopwatch) -> RunProgress {
        let mut view = self.view.clone();
        view.spent = spent;
        view.elapsed_ms = watch.millis();
        let committed = view.generation.unwrap_or_default().saturating_sub(self.before);
        let left = view.generations.saturating_sub(view.generation.unwrap_or_default());
        let estimate = |elapsed: u64| elapsed.checked_mul(left)?.checked_div(committed);
        view.left_ms = view.elapsed_ms.and_then(estimate);
        view
    }
}

fn best(champion: &Champion) -> BestOfProgress {
    let (score, held_out) = (champion.score.to_f64(), champion.held_out.to_f64());
    BestOfProgress { candidate: champion.id, score, held_out }
}

#[cfg(test)]
mod tests {
    use hyperspace_evolve::PlannedCandidate;
    use hyperspace_llm::FaultKind;

    use super::*;

    #[test]
    fn candidates_move_from_making_to_done() {
        let id = |candidate| CandidateId { generation: 1, candidate };
        let parent = Some(CandidateId { generation: 0, candidate: 0 });
        let planned = |candidate| PlannedCandidate { candidate: id(candidate), population: 0, parent };
        let (none, mut fold) = (Spend::default(), ProgressFold::new(Some(0), 4));
        fold.apply(
            &RunEvent::GenerationStarted { generation: 1, candidates: (0..3).map(planned).collect() },
            0,
            none,
        );
        let counts = |fold: &ProgressFold| (fold.view.making, fold.view.measuring, fold.view.done);
        assert_eq!(counts(&fold), (3, 0, 0));
        fold.apply(
            &RunEvent::CandidateMade { candidate: id(1), completed: true, meta_runs: 1, fuel: 1 },
            0,
            none,
        );
        fold.apply(
            &RunEvent::CandidateMade { candidate: id(0), completed: false, meta_runs: 1, fuel: 1 },
            0,
            none,
        );
        assert_eq!(counts(&fold), (1, 2, 0));
        let failed = Some(Fate::MetaFailed);
        fold.apply(
            &RunEvent::CandidateAccepted { candidate: id(0), edits: 0, refusals: 0, fate: failed },
            0,
            none,
        );
        assert_eq!(counts(&fold), (1, 1, 1));
        let train = Split::Train;
        fold.apply(
            &RunEvent::CandidateMeasured {
                candidate: id(1),
                split: train,
                score: None,
                fuel: 1,
                known: false,
            },
            0,
            none,
        );
        assert_eq!(counts(&fold), (1, 0, 2));
        fold.apply(&RunEvent::CandidateDecided { candidate: id(0), fate: Fate::MetaFailed }, 0, none);
        let call = |wait_ms| ModelEvent::Waiting {
            model: "m".to_owned(),
            wait_ms,
            fault: FaultKind::Server,
            reason: "503".to_owned(),
        };
        fold.apply(&RunEvent::ModelCall { call: call(9_000) }, 100, none);
        fold.apply(&RunEvent::ModelCall { call: call(1_000) }, 200, none);
        assert_eq!(fold.view.waiting.as_ref().map(|wait| wait.until_ms), Some(9_100));
        assert_eq!(fold.view.fates, BTreeMap::from([("meta-failed", 1)]));
    }
}
