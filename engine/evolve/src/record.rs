//! What is recorded of a generation: the value behind its hash.

pub(crate) mod event;
pub(crate) mod journal;

use hyperspace_core::{EventId, RecordId, TreeId, canon};
use hyperspace_eval::Score;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::event::{Event, GenerationFinished};
use crate::archive::Place;
use crate::error::EvolveError;
use crate::gate::Fate;

/// The kind of a generation in the store.
pub const GENERATION_KIND: &str = "generation";
/// The kind of an evaluation in the store.
pub const EVALUATION_KIND: &str = "evaluation";

/// One generation. Its hash covers, through the run, the task, data, runtime, SDK, limits and seed, and, through the one
/// before it, everything that led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationRecord {
    /// The run.
    pub run: RecordId,
    /// The number, from 0.
    pub generation: u64,
    /// The generation before it.
    pub previous: Option<RecordId>,
    /// The candidates in order.
    pub candidates: Vec<CandidateRecord>,
    /// The best of each agent so far, in the order of the run's agents.
    pub champions: Vec<Champion>,
    /// Which of them is the best on training data; of equals the first.
    pub best: u64,
    /// Fuel that all guests of this generation used.
    pub fuel: u64,
    /// The journal events of this generation, up to the one that names this record.
    pub journal: Segment,
    /// The entries of this generation in the journal of the run's mark space. What the principal did there between two
    /// generations is in neither of them.
    pub marks: Segment,
}

/// A piece of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Number of the first event, or entry.
    pub from: u64,
    /// Number after the last one.
    pub to: u64,
    /// The last event, whose hash covers all before it.
    pub head: EventId,
}

/// One candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateRecord {
    /// Whose candidate it is: an index into the agents of the run.
    pub agent: u64,
    /// Where it was forked; `None` for the seed.
    pub parent: Option<ParentRecord>,
    /// The runs of meta agents: its own, then those that stood in.
    pub meta: Vec<MetaRecord>,
    /// The files after the edits that were accepted.
    pub tree: TreeId,
    /// The files whose meta agent made it.
    pub made_by: TreeId,
    /// The evaluation on the training split.
    pub train: Option<EvaluationRef>,
    /// The evaluation on the held-out split.
    pub held_out: Option<EvaluationRef>,
    /// What became of it.
    pub fate: Fate,
}

/// The parent of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentRecord {
    /// Its place.
    pub place: Place,
    /// Its files.
    pub tree: TreeId,
}

/// One run of a meta agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaRecord {
    /// The files it ran from.
    pub tree: TreeId,
    /// Name of the outcome.
    pub outcome: String,
    /// Fuel used.
    pub fuel: u64,
}

/// An evaluation, and the essence of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationRef {
    /// The whole of it.
    pub record: RecordId,
    /// The score.
    pub score: Option<Score>,
    /// Name of the outcome.
    pub outcome: String,
    /// Fuel used.
    pub fuel: u64,
}

/// The best candidate so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Champion {
    /// Its place.
    pub place: Place,
    /// Its files.
    pub tree: TreeId,
    /// Score on the training split.
    pub score: Score,
    /// Score on the held-out split.
    pub held_out: Score,
}

impl GenerationRecord {
    /// The record as a value.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] when it has no canonical form.
    pub fn to_value(&self) -> Result<Value, EvolveError> {
        canon::to_value(self).map_err(|error| EvolveError::record("the generation", error))
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] for unknown or missing fields.
    pub fn from_value(value: &Value) -> Result<Self, EvolveError> {
        let record: Self =
            canon::from_value(value).map_err(|error| EvolveError::record("the generation", error))?;
        let agents = record.champions.len() as u64;
        if record.best >= agents || record.candidates.iter().any(|one| one.agent >= agents) {
            let why = format!("`best` and `agent` must be below {agents}, the number of champions");
            return Err(EvolveError::record("the generation", why));
        }
        Ok(record)
    }

    /// Returns the event that ends the generation; `id` is the identifier of this record.
    #[must_use]
    pub fn finished(&self, id: RecordId) -> Event {
        GenerationFinished { generation: self.generation, record: id, fuel: self.fuel }.into()
    }

    /// The best candidate of all agents so far.
    ///
    /// # Panics
    ///
    /// Never on a record that was read: `best` is checked there.
    #[must_use]
    pub fn champion(&self) -> &Champion {
        let best = usize::try_from(self.best).ok().and_then(|best| self.champions.get(best));
        best.expect("`best` is one of the champions")
    }
}
