//! The state of a run: a fold over its generation records.
//!
//! A live run, a resumed one and a replay get their state from [`State::apply`] and from nothing else. Each agent of a run has
//! a [`Line`] of its own: what it descends from, and nothing of what the others have.

use std::sync::Arc;

use hyperspace_core::RecordId;
use hyperspace_eval::Direction;

use crate::archive::{Archive, Member, Place};
use crate::error::EvolveError;
use crate::gate::Fate;
use crate::record::{CandidateRecord, Champion, EvaluationRef, GenerationRecord};

/// Where one agent stands.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its population. It is copied on a change only while somebody else holds it, which nobody does between generations.
    pub archive: Arc<Archive>,
    /// The best so far; `None` before generation 0.
    pub champion: Option<Champion>,
    /// Where its champions come from, the first one first.
    pub titles: Vec<Place>,
    /// Generations with two candidates of it; with arm annealing they are its tournaments, as it makes one otherwise.
    pub pairs: u64,
}

/// Where a run stands.
#[derive(Debug, Clone)]
pub struct State {
    /// The agents, in the order of the configuration.
    pub lines: Vec<Line>,
    /// The last generation; `None` before generation 0.
    pub last: Option<RecordId>,
    /// The number of the next generation.
    pub next: u64,
    /// Number of the next journal event.
    pub next_event: u64,
    /// Entries of the mark space's journal that the generations so far cover.
    pub entries: u64,
    /// Fuel used by all guests.
    pub fuel: u64,
}

impl State {
    /// The state before generation 0. The journal begins with the event that names the run.
    #[must_use]
    pub fn new(direction: Direction, agents: usize) -> Self {
        let archive = Arc::new(Archive::new(direction));
        let line = Line { archive, champion: None, titles: Vec::new(), pairs: 0 };
        Self { lines: vec![line; agents], last: None, next: 0, next_event: 1, entries: 0, fuel: 0 }
    }

    /// Members of all archives.
    #[must_use]
    pub fn members(&self) -> usize {
        self.lines.iter().map(|line| line.archive.members().len()).sum()
    }

    /// Takes the next generation in.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] when it is not the next one, has other agents, or names a parent that its agent does not have.
    pub fn apply(&mut self, id: RecordId, record: &GenerationRecord) -> Result<(), EvolveError> {
        let wrong =
            |why: String| EvolveError::record(format!("generation {} ({id})", record.generation), why);
        if record.generation != self.next
            || record.previous != self.last
            || record.journal.from != self.next_event
            || record.marks.from < self.entries
            || record.marks.to < record.marks.from
        {
            return Err(wrong("it does not follow the generation before it".to_owned()));
        }
        if record.champions.len() != self.lines.len() {
            let (found, expected) = (record.champions.len(), self.lines.len());
            return Err(wrong(format!("it has {found} champions, and the run has {expected} agents")));
        }
        let mut counts = vec![0_u64; self.lines.len()];
        for (candidate, one) in (0..).zip(&record.candidates) {
            let place = Place { generation: record.generation, candidate };
            let agent = usize::try_from(one.agent).ok().filter(|agent| *agent < counts.len());
            let agent = agent.ok_or_else(|| wrong(format!("{place} belongs to no agent")))?;
            counts[agent] += 1;
            self.lines[agent].take(place, one).map_err(wrong)?;
        }
        for ((line, champion), count) in self.lines.iter_mut().zip(&record.champions).zip(counts) {
            line.champion = Some(champion.clone());
            line.pairs += u64::from(count == 2);
        }
        self.last = Some(id);
        self.next += 1;
        // The segment, and the event that names the record.
        self.next_event = record.journal.to + 1;
        self.entries = record.marks.to;
        self.fuel += record.fuel;
        Ok(())
    }
}

impl Line {
    /// Takes one candidate in; what is wrong with it otherwise.
    fn take(&mut self, place: Place, one: &CandidateRecord) -> Result<(), String> {
        let archive = Arc::make_mut(&mut self.archive);
        let parent = match &one.parent {
            None => None,
            Some(parent) => {
                let found = archive.find(parent.place);
                Some(found.ok_or_else(|| format!("its parent {} is not in the archive", parent.place))?)
            }
        };
        if let Some(parent) = parent {
            archive.count_child(parent);
            if matches!(one.fate, Fate::Failed | Fate::MetaFailed) {
                archive.count_failure(parent);
            }
        }
        if let Some(member) = member(place, one, parent).map_err(|error| error.to_string())? {
            archive.admit(member);
        }
        if matches!(one.fate, Fate::Seed | Fate::Champion) {
            self.titles.push(place);
        }
        Ok(())
    }
}

/// The member that a candidate becomes; `None` when it was not admitted.
pub(crate) fn member(
    place: Place,
    one: &CandidateRecord,
    parent: Option<usize>,
) -> Result<Option<Member>, EvolveError> {
    if !one.fate.is_admitted() {
        return Ok(None);
    }
    let score = |evaluation: &Option<EvaluationRef>| {
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
