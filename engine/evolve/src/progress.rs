//! Live events of a run for an observer. They are not recorded, and results never depend on them.

use std::sync::Arc;

use hyperspace_core::RecordId;
use hyperspace_eval::{Score, Split};
use hyperspace_llm::ModelEvent;
use serde::Serialize;

use crate::complacency::ComplacencyKind;
use crate::record::candidate_id::CandidateId;
use crate::record::complacency_rules::ComplacencyAnswer;
use crate::record::fate::Fate;
use crate::record::generation::Champion;

/// Receives the events of a run.
///
/// The observer is called from the tasks that run the generation, one call at a time per candidate, and should return quickly. It
/// must not call the run. A panic in the observer is a panic of the run.
pub type RunObserver = Arc<dyn Fn(RunEvent) + Send + Sync>;

/// An event of a run, reported as it happens.
///
/// In JSON an event is an object whose `event` is the name of the variant in kebab case, such as `candidate-measured`, with the
/// fields of the variant beside it. Identifiers and scores have their recorded form: 64 hexadecimal digits, and
/// `numerator/denominator`.
///
/// Order: `run-opened` once; for each generation `generation-started`; then, for each candidate, `candidate-made`,
/// `candidate-accepted` and `candidate-measured`; after all of these, `candidate-decided` and `champion-changed`; last,
/// `generation-committed`. `candidate-accepted`, `candidate-decided` and `champion-changed` come in order of candidates. The other
/// events of different candidates, and `model-call`, come in the order in which they happen, which varies between executions.
/// Everything before `generation-committed` is provisional: after a cancellation or an error, the generation is run again.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RunEvent {
    /// The run is known and goes on from here; nothing has been executed yet.
    RunOpened {
        /// The hash of its configuration.
        run: RecordId,
        /// The last committed generation; `None` for a new run, whose seed is evaluated now.
        generation: Option<u64>,
        /// The best champion of all populations then.
        champion: Option<Box<Champion>>,
    },
    /// A generation started. Generation 0 has one candidate per population, the seed, without a parent.
    GenerationStarted {
        /// Its number.
        generation: u64,
        /// The candidates planned, in order.
        candidates: Vec<PlannedCandidate>,
    },
    /// The meta agents of a candidate ended.
    CandidateMade {
        /// The candidate.
        candidate: CandidateId,
        /// True if a meta agent completed.
        completed: bool,
        /// The number of meta agents that ran, fallbacks included.
        meta_runs: usize,
        /// Fuel that they used.
        fuel: u64,
    },
    /// The guard decided on the edits of a candidate.
    CandidateAccepted {
        /// The candidate.
        candidate: CandidateId,
        /// Accepted edits.
        edits: usize,
        /// Refused edits and accesses.
        refusals: usize,
        /// The fate that is already clear from its files, in which case it is not measured.
        fate: Option<Fate>,
    },
    /// A candidate was evaluated on a split.
    CandidateMeasured {
        /// The candidate.
        candidate: CandidateId,
        /// The split.
        split: Split,
        /// The score, if every case was measured.
        score: Option<Score>,
        /// Fuel that the evaluation used.
        fuel: u64,
        /// True if the evaluation was known and did not run.
        known: bool,
    },
    /// The fate of a candidate was decided.
    CandidateDecided {
        /// The candidate.
        candidate: CandidateId,
        /// Its fate.
        fate: Fate,
    },
    /// A population has a new champion.
    ChampionChanged {
        /// The index of the population.
        population: usize,
        /// The champion.
        champion: Champion,
    },
    /// A champion that was measured again answers its rows differently, by more than noise.
    DriftFound {
        /// The index of the population.
        population: usize,
        /// The champion.
        champion: CandidateId,
        /// Rows on which it is better than before.
        gained: u64,
        /// Rows on which it is worse.
        lost: u64,
        /// All rows.
        rows: u64,
    },
    /// A candidate learned its training rows: its progress there is above that on held-out rows by more than the limit.
    GapFound {
        /// The candidate.
        candidate: CandidateId,
        /// The gap.
        gap: Score,
        /// The limit.
        limit: Score,
    },
    /// A population shows a sign of complacency, which its next generations answer.
    ComplacencyFound {
        /// The index of the population.
        population: usize,
        /// The sign.
        kind: ComplacencyKind,
        /// The evidence.
        evidence: Vec<String>,
        /// The answers.
        answers: Vec<ComplacencyAnswer>,
    },
    /// The last answer of the budget of held-out rows was spent.
    HeldOutSpent {
        /// The generation, which is the last one.
        generation: u64,
        /// The budget.
        budget: u64,
    },
    /// A call of a model waits, or takes another way than it was asked for.
    ModelCall {
        /// The event of the call.
        call: ModelEvent,
    },
    /// A generation was committed to the store.
    GenerationCommitted {
        /// Its number.
        generation: u64,
        /// The hash of its record.
        record: RecordId,
        /// The best champion of all populations.
        champion: Champion,
        /// Members of all archives.
        members: usize,
        /// Fuel that all guests of the generation used.
        fuel: u64,
    },
    /// The run reached the requested generation, or every population had all its rounds.
    RunFinished {
        /// The last generation.
        generation: u64,
    },
}

/// A candidate of a generation that started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PlannedCandidate {
    /// The candidate.
    pub candidate: CandidateId,
    /// The index of its population.
    pub population: usize,
    /// Its parent; `None` for the seed.
    pub parent: Option<CandidateId>,
}
