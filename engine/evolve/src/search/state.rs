//! The state of a run: a fold over its generation records.
//!
//! A live run, a resumed run and a replay all get their state from [`RunState::apply`]. Each [`Population`] of a run has its own
//! archive and champions, and nothing of the others.

use std::sync::Arc;

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::Direction;

use crate::error::EvolveError;
use crate::record::candidate_id::CandidateId;
use crate::record::fate::Fate;
use crate::record::generation::{CandidateRecord, Champion, GenerationRecord};
use crate::record::slimming_rules::SlimmingRules;
use crate::search::archive::Archive;
use crate::search::arms::Arms;
use crate::search::candidate_history::CandidateHistory;
use crate::search::held_out_use::HeldOutUse;
use crate::search::known_programs::KnownPrograms;
use crate::search::slimming_queue::SlimmingQueue;
use crate::search::strategy::Strategy;

/// The state of one population.
pub struct Population {
    /// The strategy, which holds the archive.
    pub(crate) strategy: Box<dyn Strategy>,
    /// The best candidate so far; `None` before generation 0.
    pub champion: Option<Champion>,
    /// The candidates that have been champion, oldest first.
    pub past_champions: Vec<CandidateId>,
    /// Number of generations in which it had two candidates. With the arm `annealing` these are its tournaments, because it has
    /// one candidate otherwise.
    pub pairs: u64,
    /// The programs measured so far, in a run that compares their forms.
    pub(crate) known: KnownPrograms,
    /// The bandits over models and prompts, in a run that has them.
    pub(crate) arms: Arms,
    /// All candidates, in a run that answers signs of complacency.
    pub(crate) history: Option<CandidateHistory>,
    /// Slimming attempts, in a run that makes some.
    pub(crate) slimming: Option<SlimmingQueue>,
}

/// The state of a run.
#[derive(Clone)]
pub struct RunState {
    /// The populations, in the order of the configuration.
    pub populations: Vec<Population>,
    /// The last generation; `None` before generation 0.
    pub last: Option<RecordId>,
    /// The number of the next generation.
    pub next: u64,
    /// The number of the next journal event.
    pub next_event: u64,
    /// Number of entries of the mark space's journal that the generations so far cover.
    pub entries: u64,
    /// Fuel used by all guests.
    pub fuel: u64,
    /// The use of held-out rows, in a run with a split policy.
    pub held_out: HeldOutUse,
}

impl RunState {
    /// Returns the state before generation 0. The journal begins with the event that names the run.
    pub(crate) fn new(populations: Vec<Population>) -> Self {
        Self {
            populations,
            last: None,
            next: 0,
            next_event: 1,
            entries: 0,
            fuel: 0,
            held_out: HeldOutUse::default(),
        }
    }

    /// Returns the number of members in all archives.
    #[must_use]
    pub fn members(&self) -> usize {
        self.populations.iter().map(|population| population.archive().members().len()).sum()
    }

    /// Returns the files of the champions of all other populations, if the population's candidates are kept.
    pub(crate) fn peers(&self, population: usize) -> Arc<[TreeId]> {
        let others = self.populations.iter().enumerate().filter(|(other, _)| *other != population);
        let champions = others.filter_map(|(_, other)| other.champion.as_ref()).map(|champion| champion.tree);
        let kept = self.populations.get(population).is_some_and(|own| own.history.is_some());
        if kept { champions.collect() } else { Arc::default() }
    }

    /// Returns the champion of each population.
    pub(crate) fn champions(&self) -> Result<Vec<Champion>, EvolveError> {
        let champions = self.populations.iter().map(|population| population.champion.clone());
        champions.collect::<Option<Vec<_>>>().ok_or_else(EvolveError::no_seed_generation)
    }

    /// Adds the next generation.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Inconsistent`] when it is not the next one, has another number of populations, or names a parent that its
    /// population does not have.
    pub fn apply(&mut self, id: RecordId, record: &GenerationRecord) -> Result<(), EvolveError> {
        let wrong =
            |why: String| EvolveError::inconsistent(format!("generation {} ({id})", record.generation), why);
        if record.generation != self.next
            || record.previous != self.last
            || record.journal.from != self.next_event
            || record.marks.from < self.entries
            || record.marks.to < record.marks.from
        {
            return Err(wrong("it does not follow the generation before it".to_owned()));
        }
        if record.champions.len() != self.populations.len() {
            let (found, expected) = (record.champions.len(), self.populations.len());
            return Err(wrong(format!("it has {found} champions, and the run has {expected} agents")));
        }
        let mut counts = vec![0_u64; self.populations.len()];
        let peers: Vec<Arc<[TreeId]>> = (0..counts.len()).map(|index| self.peers(index)).collect();
        for (candidate, one) in (0..).zip(&record.candidates) {
            let candidate = CandidateId { generation: record.generation, candidate };
            let index = usize::try_from(one.population).ok().filter(|index| *index < counts.len());
            let index = index.ok_or_else(|| wrong(format!("{candidate} belongs to no agent")))?;
            counts[index] += u64::from(!one.is_slimming());
            self.populations[index].apply(candidate, one, &peers[index]).map_err(wrong)?;
            self.held_out.apply(candidate, one);
        }
        for turn in &record.turns {
            let index = usize::try_from(turn.population()).ok();
            let population = index.and_then(|index| self.populations.get_mut(index));
            let population = population.ok_or_else(|| wrong("a turn belongs to no agent".to_owned()))?;
            population.strategy.turn(turn).map_err(wrong)?;
        }
        for again in &record.remeasured {
            let index = usize::try_from(again.agent).ok();
            let population = index.and_then(|index| self.populations.get_mut(index));
            let population =
                population.ok_or_else(|| wrong("a measurement belongs to no agent".to_owned()))?;
            population.strategy.remeasured(again).map_err(wrong)?;
        }
        for ((population, champion), count) in self.populations.iter_mut().zip(&record.champions).zip(counts)
        {
            population.champion = Some(champion.clone());
            population.pairs += u64::from(count == 2);
        }
        self.last = Some(id);
        self.next += 1;
        // The segment, followed by the event that names the record.
        self.next_event = record.journal.to + 1;
        self.entries = record.marks.to;
        self.fuel += record.fuel;
        Ok(())
    }
}

impl Population {
    /// Returns a population before generation 0.
    pub(crate) fn new(strategy: Box<dyn Strategy>, arms: Arms) -> Self {
        Self {
            strategy,
            arms,
            champion: None,
            past_champions: Vec::new(),
            pairs: 0,
            known: KnownPrograms::default(),
            history: None,
            slimming: None,
        }
    }

    /// Makes the population keep all candidates, if `keeps` is true.
    pub(crate) fn with_history(mut self, keeps: bool) -> Self {
        self.history = keeps.then(CandidateHistory::default);
        self
    }

    /// Makes the population slim members by these rules.
    pub(crate) fn with_slimming(mut self, rules: Option<SlimmingRules>) -> Self {
        self.slimming = rules.map(SlimmingQueue::new);
        self
    }

    /// Returns the admitted candidates.
    #[must_use]
    pub fn archive(&self) -> &Arc<Archive> {
        self.strategy.archive()
    }

    /// Returns whether a slimmed program has replaced a member.
    pub(crate) fn is_taken(&self, id: CandidateId) -> bool {
        self.slimming.as_ref().is_some_and(|queue| queue.is_taken(id))
    }

    /// Adds one candidate, or returns the fault of its record.
    fn apply(
        &mut self,
        id: CandidateId,
        record: &CandidateRecord,
        peers: &Arc<[TreeId]>,
    ) -> Result<(), String> {
        self.strategy.apply(id, record)?;
        self.known.apply(id, record)?;
        self.arms.apply(record, self.strategy.archive()).map_err(|why| format!("{id}: {why}"))?;
        if matches!(record.fate, Fate::Seed | Fate::Champion) {
            self.past_champions.push(id);
        }
        self.history.iter_mut().for_each(|history| history.apply(id, record, peers));
        self.slimming.iter_mut().for_each(|queue| queue.apply(id, record));
        Ok(())
    }
}

impl Clone for Population {
    fn clone(&self) -> Self {
        Self {
            strategy: self.strategy.duplicate(),
            champion: self.champion.clone(),
            past_champions: self.past_champions.clone(),
            pairs: self.pairs,
            known: self.known.clone(),
            arms: self.arms.clone(),
            history: self.history.clone(),
            slimming: self.slimming.clone(),
        }
    }
}

/// Returns the index of the champion that is best on training data; among equals, the first.
pub(crate) fn best_champion(direction: Direction, champions: &[Champion]) -> usize {
    let mut best = 0;
    for (index, champion) in champions.iter().enumerate() {
        if champion.score.better_than(&champions[best].score, direction) {
            best = index;
        }
    }
    best
}
