//! The result of a generation before it is written.

use hyperspace_core::{FileSet, RecordId};
use hyperspace_eval::{Direction, Evaluation};
use hyperspace_llm::{Effort, Exchange};
use hyperspace_markspace::StagedEntries;

use crate::record::event::Event;
use crate::record::generation::{CandidateRecord, Champion, GenerationRecord, Remeasurement, Segment};
use crate::record::search_record::SearchTurn;
use crate::search::state::{RunState, best_champion};

/// The result of a generation, not written yet.
pub struct ExecutedGeneration {
    /// The candidates in order.
    pub candidates: Vec<CandidateRecord>,
    /// The champion of each population.
    pub champions: Vec<Champion>,
    /// The index of the best champion.
    pub best: u64,
    /// Journal events in order.
    pub events: Vec<Event>,
    /// The evaluations, including cached ones.
    pub evaluations: Vec<Evaluation>,
    /// The files of the candidates, in order.
    pub files: Vec<FileSet>,
    /// New entries of the mark space's journal, including refusals.
    pub marks: StagedEntries,
    /// Standard streams, logs and tool calls of meta agents, which the journal names by digest.
    pub outputs: Vec<Vec<u8>>,
    /// Model calls with their efforts, which the journal names by the heads of their streams.
    pub exchanges: Vec<(Exchange, Effort)>,
    /// Fuel used by all guests.
    pub fuel: u64,
    /// Changes of populations as a whole.
    pub turns: Vec<SearchTurn>,
    /// Members that were measured again.
    pub remeasured: Vec<Remeasurement>,
}

/// The parts of a generation that are collected candidate by candidate.
#[derive(Default)]
pub(crate) struct GenerationDraft {
    pub(crate) candidates: Vec<CandidateRecord>,
    pub(crate) champions: Vec<Champion>,
    pub(crate) events: Vec<Event>,
    pub(crate) evaluations: Vec<Evaluation>,
    pub(crate) files: Vec<FileSet>,
    pub(crate) outputs: Vec<Vec<u8>>,
    pub(crate) fuel: u64,
    pub(crate) turns: Vec<SearchTurn>,
    pub(crate) remeasured: Vec<Remeasurement>,
}

impl GenerationDraft {
    /// Adds the parts that exist only at the end.
    pub(crate) fn complete(
        self,
        direction: Direction,
        marks: StagedEntries,
        exchanges: Vec<(Exchange, Effort)>,
    ) -> ExecutedGeneration {
        ExecutedGeneration {
            candidates: self.candidates,
            best: best_champion(direction, &self.champions) as u64,
            champions: self.champions,
            events: self.events,
            evaluations: self.evaluations,
            files: self.files,
            marks,
            outputs: self.outputs,
            exchanges,
            fuel: self.fuel,
            turns: self.turns,
            remeasured: self.remeasured,
        }
    }
}

impl ExecutedGeneration {
    /// Returns the record of the generation, which was executed from `state`, with its segments of the run's journal and mark
    /// space.
    #[must_use]
    pub fn record(
        &self,
        run: RecordId,
        state: &RunState,
        journal: Segment,
        marks: Segment,
    ) -> GenerationRecord {
        GenerationRecord {
            run,
            generation: state.next,
            previous: state.last,
            candidates: self.candidates.clone(),
            champions: self.champions.clone(),
            best: self.best,
            fuel: self.fuel,
            journal,
            marks,
            turns: self.turns.clone(),
            remeasured: self.remeasured.clone(),
        }
    }
}
