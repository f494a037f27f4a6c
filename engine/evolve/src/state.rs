//! The state of a run: a fold over its generation records.
//!
//! A live run, a resumed one and a replay get their state from [`State::apply`] and from nothing else.

use hyperspace_core::RecordId;
use hyperspace_eval::Direction;

use crate::archive::{Archive, Member};
use crate::error::EvolveError;
use crate::record::{Champion, GenerationRecord};

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
    /// Fuel used by all guests.
    pub fuel: u64,
}

impl State {
    /// The state before generation 0. The journal begins with the event that names the run.
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        Self { archive: Archive::new(direction), champion: None, last: None, next: 0, next_event: 1, fuel: 0 }
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
            }
            if !one.fate.is_admitted() {
                continue;
            }
            let score = |evaluation: &Option<crate::record::EvaluationRef>| {
                evaluation.as_ref().and_then(|evaluation| evaluation.score.clone()).ok_or_else(|| {
                    EvolveError::record(what(), format!("candidate {candidate} was admitted without a score"))
                })
            };
            self.archive.admit(Member {
                place: crate::Place { generation: record.generation, candidate },
                tree: one.tree,
                parent,
                made_by: one.made_by,
                score: score(&one.train)?,
                held_out: score(&one.held_out)?,
                children: 0,
            });
        }
        self.champion = Some(record.champion.clone());
        self.last = Some(id);
        self.next += 1;
        // The segment, and the event that names the record.
        self.next_event = record.journal.to + 1;
        self.fuel += record.fuel;
        Ok(())
    }
}
