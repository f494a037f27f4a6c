//! The state of a run: a fold over its generation records.
//!
//! A live run, a resumed one and a replay get their state from [`State::apply`] and from nothing else.

use hyperspace_core::RecordId;
use hyperspace_eval::Direction;

use crate::archive::{Archive, Member};
use crate::error::EvolveError;
use crate::gate::Fate;
use crate::record::{CandidateRecord, Champion, GenerationRecord};

/// Where a run stands.
#[derive(Debug, Clone)]
pub struct State {
    /// The population.
    pub archive: Archive,
    /// The best so far; `None` before generation 0.
    pub champion: Option<Champion>,
    /// The last generation; `None` before generation 0.
    pub last: Option<RecordId>,
    /// The number of the next generation.
    pub next: u64,
    /// Number of the next journal event.
    pub next_event: u64,
    /// Entries of the mark space's journal that the generations so far cover.
    pub entries: u64,
    /// Generations with two candidates; with arm annealing they are its tournaments, as it makes one otherwise.
    pub pairs: u64,
    /// Fuel used by all guests.
    pub fuel: u64,
}

impl State {
    /// The state before generation 0. The journal begins with the event that names the run.
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        Self {
            archive: Archive::new(direction),
            champion: None,
            last: None,
            next: 0,
            next_event: 1,
            entries: 0,
            pairs: 0,
            fuel: 0,
        }
    }

    /// Takes the next generation in.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] when it is not the next one, or names a parent that is not in the archive.
    pub fn apply(&mut self, id: RecordId, record: &GenerationRecord) -> Result<(), EvolveError> {
        let what = || format!("generation {} ({id})", record.generation);
        if record.generation != self.next
            || record.previous != self.last
            || record.journal.from != self.next_event
            || record.marks.from < self.entries
            || record.marks.to < record.marks.from
        {
            return Err(EvolveError::record(what(), "it does not follow the generation before it"));
        }
        for (candidate, one) in (0..).zip(&record.candidates) {
            let parent = match &one.parent {
                None => None,
                Some(parent) => Some(self.archive.find(parent.place).ok_or_else(|| {
                    EvolveError::record(what(), format!("its parent {} is not in the archive", parent.place))
                })?),
            };
            if let Some(parent) = parent {
                self.archive.count_child(parent);
                if matches!(one.fate, Fate::Failed | Fate::MetaFailed) {
                    self.archive.count_failure(parent);
                }
            }
            let place = crate::Place { generation: record.generation, candidate };
            if let Some(member) = member(place, one, parent)? {
                self.archive.admit(member);
            }
        }
        self.champion = Some(record.champion.clone());
        self.last = Some(id);
        self.next += 1;
        // The segment, and the event that names the record.
        self.next_event = record.journal.to + 1;
        self.entries = record.marks.to;
        self.pairs += u64::from(record.candidates.len() == 2);
        self.fuel += record.fuel;
        Ok(())
    }
}

/// The member that a candidate becomes; `None` when it was not admitted.
pub(crate) fn member(
    place: crate::Place,
    one: &CandidateRecord,
    parent: Option<usize>,
) -> Result<Option<Member>, EvolveError> {
    if !one.fate.is_admitted() {
        return Ok(None);
    }
    let score = |evaluation: &Option<crate::record::EvaluationRef>| {
        let score = evaluation.as_ref().and_then(|evaluation| evaluation.score.clone());
        score.ok_or_else(|| EvolveError::record(place, "it was admitted without a score"))
    };
    Ok(Some(Member {
        place,
        tree: one.tree,
        parent,
        made_by: one.made_by,
        score: score(&one.train)?,
        held_out: score(&one.held_out)?,
        children: 0,
        failures: 0,
        train_evaluation: one.train.as_ref().map(|evaluation| evaluation.record),
        held_out_evaluation: one.held_out.as_ref().map(|evaluation| evaluation.record),
    }))
}
