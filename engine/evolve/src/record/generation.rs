//! Generation records: the part of each generation that a run keeps, and that its hash covers.

use hyperspace_core::canon::{self, CanonError};
use hyperspace_core::{EventId, RecordId, TreeId};
use hyperspace_eval::{Evaluation, Score};
use hyperspace_store::{Batch, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::EvolveError;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{Event, GenerationFinished};
use crate::record::fate::Fate;
use crate::record::search_record::{SearchRecord, SearchTurn};

/// The record kind of a generation.
pub const GENERATION_KIND: &str = "generation";
/// The record kind of an evaluation.
pub const EVALUATION_KIND: &str = "evaluation";

/// A generation. Through the run, its hash covers task, data, runtime, SDK, limits and seed. Through the previous generation, it
/// covers everything that led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationRecord {
    /// The run.
    pub run: RecordId,
    /// The number, from 0.
    pub generation: u64,
    /// The previous generation.
    pub previous: Option<RecordId>,
    /// The candidates in order.
    pub candidates: Vec<CandidateRecord>,
    /// The champion of each population, in the order of the run's populations.
    pub champions: Vec<Champion>,
    /// The index of the champion that is best on training data; the first one among equals.
    pub best: u64,
    /// Fuel used by all guests of this generation.
    pub fuel: u64,
    /// The journal events of this generation, up to the one that names this record.
    pub journal: Segment,
    /// The entries of this generation in the journal of the run's mark space. Acts of the principal between two generations
    /// belong to neither of them.
    pub marks: Segment,
    /// Changes of populations as a whole, in order, after the candidates. Only in format 3, and left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<SearchTurn>,
    /// Members that were measured again, in order. Only in runs with a paired gate, and left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remeasured: Vec<Remeasurement>,
}

/// A further measurement of a member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remeasurement {
    /// The index of its population.
    pub agent: u64,
    /// The candidate that became this member.
    #[serde(rename = "place")]
    pub id: CandidateId,
    /// The evaluation on the training split.
    pub train: EvaluationRef,
    /// The evaluation on the held-out split.
    pub held_out: EvaluationRef,
    /// True after drift: earlier measurements no longer count.
    pub drift: bool,
}

/// A part of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Number of the first event or entry.
    pub from: u64,
    /// Number after the last one.
    pub to: u64,
    /// The last event, whose hash covers all earlier ones.
    pub head: EventId,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateRecord {
    /// The index of its population.
    #[serde(rename = "agent")]
    pub population: u64,
    /// The member from which it was forked; `None` for the seed.
    pub parent: Option<ParentRecord>,
    /// The runs of meta agents: its own first, then the fallbacks.
    pub meta: Vec<MetaRecord>,
    /// The files after the accepted edits.
    pub tree: TreeId,
    /// The files whose meta agent made it.
    pub made_by: TreeId,
    /// The evaluation on the training split.
    pub train: Option<EvaluationRef>,
    /// The evaluation on the held-out split.
    pub held_out: Option<EvaluationRef>,
    /// The decision on it.
    pub fate: Fate,
    /// Its search record; only in format 3, where every candidate has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchRecord>,
}

impl CandidateRecord {
    /// Returns whether the engine made it from its parent in a slimming attempt.
    #[must_use]
    pub fn is_slimming(&self) -> bool {
        self.search.as_ref().is_some_and(|search| search.slimming.is_some())
    }
}

/// The parent of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentRecord {
    /// The candidate that became this member.
    #[serde(rename = "place")]
    pub id: CandidateId,
    /// Its files.
    pub tree: TreeId,
}

/// A run of a meta agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaRecord {
    /// The files it ran from.
    pub tree: TreeId,
    /// The name of the outcome.
    pub outcome: String,
    /// Fuel used.
    pub fuel: u64,
}

/// A reference to an evaluation, with its main results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationRef {
    /// The record of the whole evaluation.
    pub record: RecordId,
    /// The score.
    pub score: Option<Score>,
    /// The name of the outcome.
    pub outcome: String,
    /// Fuel used.
    pub fuel: u64,
}

/// The best candidate of a population so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Champion {
    /// The candidate.
    #[serde(rename = "place")]
    pub id: CandidateId,
    /// Its files.
    pub tree: TreeId,
    /// Score on the training split.
    pub score: Score,
    /// Score on the held-out split.
    pub held_out: Score,
}

impl GenerationRecord {
    /// Returns the record as a value.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Internal`] when it has no canonical form.
    pub fn to_value(&self) -> Result<Value, EvolveError> {
        canon::to_value(self).map_err(|error| EvolveError::internal("the generation", error))
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] for unknown or missing fields.
    pub fn from_value(value: &Value) -> Result<Self, EvolveError> {
        let record: Self =
            canon::from_value(value).map_err(|error| EvolveError::record("the generation", error))?;
        let populations = record.champions.len() as u64;
        let owners = record.candidates.iter().map(|one| one.population);
        let owners = owners.chain(record.turns.iter().map(SearchTurn::population));
        let mut owners = owners.chain(record.remeasured.iter().map(|again| again.agent));
        if record.best >= populations || owners.any(|population| population >= populations) {
            let why = format!("`best` and `agent` must be below {populations}, the number of champions");
            return Err(EvolveError::record("the generation", why));
        }
        Ok(record)
    }

    /// Returns the event that ends the generation. `id` is the identifier of this record.
    #[must_use]
    pub fn finished(&self, id: RecordId) -> Event {
        GenerationFinished { generation: self.generation, record: id, fuel: self.fuel }.into()
    }

    /// Returns the best champion of all populations.
    ///
    /// # Panics
    ///
    /// Never for a record from [`GenerationRecord::from_value`], which checks `best`.
    #[must_use]
    pub fn champion(&self) -> &Champion {
        let best = usize::try_from(self.best).ok().and_then(|best| self.champions.get(best));
        best.expect("`best` is one of the champions")
    }
}

/// Loads an evaluation, with its artifacts.
///
/// # Errors
///
/// [`EvolveError::Store`], or [`EvolveError::Record`] when it is something else.
pub fn load_evaluation(store: &Store, id: &RecordId) -> Result<Evaluation, EvolveError> {
    let stored = store.get_record(id)?;
    if stored.kind != EVALUATION_KIND {
        return Err(EvolveError::record(id, format!("it is a {}, not an evaluation", stored.kind)));
    }
    let evaluation: Evaluation =
        canon::from_value(&stored.body).map_err(|error| EvolveError::record(id, error))?;
    Ok(evaluation.attached(|blob| store.get_blob(blob))?)
}

/// Returns the record of an evaluation. Its artifacts are separate objects ([`Evaluation::detached`]).
///
/// # Errors
///
/// [`CanonError`] when it has no canonical form.
pub fn evaluation_value(evaluation: &Evaluation) -> Result<Value, CanonError> {
    canon::to_value(&evaluation.detached().0)
}

/// Adds an evaluation with its artifacts to a batch.
pub(crate) fn put_evaluation(batch: &mut Batch, evaluation: &Evaluation) -> Result<RecordId, EvolveError> {
    let (recorded, contents) = evaluation.detached();
    for content in contents {
        batch.put_blob(&content);
    }
    let value = canon::to_value(&recorded).map_err(|error| EvolveError::internal("an evaluation", error))?;
    Ok(batch.put_record(EVALUATION_KIND, &value)?)
}

/// Loads a generation record.
///
/// # Errors
///
/// [`EvolveError::Store`] or [`EvolveError::Record`].
pub fn load_record(store: &Store, id: &RecordId) -> Result<GenerationRecord, EvolveError> {
    let stored = store.get_record(id)?;
    if stored.kind != GENERATION_KIND {
        return Err(EvolveError::record(id, format!("it is a {}, not a generation", stored.kind)));
    }
    GenerationRecord::from_value(&stored.body)
}
