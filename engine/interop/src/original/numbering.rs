//! A run of the store with the original's numbering: per agent, one generation per candidate.
//!
//! This is the only file of the layout that knows how runs and generations are recorded. Candidates of one generation are
//! numbered in order. The two candidates of a tournament are one generation: the winner, with the loser beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{EventId, RecordId, TreeId, canon};
use hyperspace_eval::{Case, Direction, Evaluation, RowTable, Score, Split, Task, TaskLoader};
use hyperspace_evolve::{
    Arm, CallStream, CandidateId, CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef, Event, Fate,
    GenerationRecord, MetaRecord, PopulationConfig, RunConfig, TournamentDecided, TournamentSide,
    journal_segment, load_config, load_task, records, streams_of,
};
use hyperspace_llm::Exchange;
use hyperspace_store::Store;

use crate::error::InteropError;

/// A run with the original's numbers.
pub(super) struct NumberedRun {
    pub(super) run: RecordId,
    /// The last event of its journal.
    pub(super) root: Option<EventId>,
    pub(super) config: RunConfig,
    pub(super) task: Task,
    /// Number of cases and rows of each split.
    pub(super) data: BTreeMap<Split, SplitData>,
    pub(super) agents: Vec<NumberedAgent>,
}

/// Number of cases and rows of one split.
pub(super) struct SplitData {
    pub(super) cases: Arc<[Case]>,
    pub(super) table: Option<RowTable>,
}

/// An agent of a run.
pub(super) struct NumberedAgent {
    /// The agent's name and models. The name is that of its folder if there are several agents.
    pub(super) config: PopulationConfig,
    pub(super) generations: Vec<NumberedGeneration>,
    /// Number of its champion.
    pub(super) champion: u64,
    /// The evaluation of the final agent on test data.
    pub(super) test: Option<RecordId>,
}

/// One candidate with its number.
pub(super) struct NumberedGeneration {
    pub(super) number: u64,
    /// The generation's record.
    pub(super) record: RecordId,
    pub(super) place: CandidateId,
    /// The selected parent.
    pub(super) parent: Option<u64>,
    /// The generation from which it was forked; for the blind candidate of a tournament, the seed.
    pub(super) forked_from: Option<u64>,
    pub(super) candidate: NumberedCandidate,
    pub(super) tournament: Option<TournamentResult>,
    /// The generation with the same files, if the candidate was not evaluated for that reason.
    pub(super) same_as: Option<u64>,
}

/// The result of one candidate.
pub(super) struct NumberedCandidate {
    pub(super) tree: TreeId,
    pub(super) made_by: TreeId,
    pub(super) fate: Fate,
    pub(super) meta: Vec<MetaRecord>,
    pub(super) train: Option<EvaluationRef>,
    pub(super) held_out: Option<EvaluationRef>,
    /// Its conversations with models, in order.
    pub(super) conversations: Vec<CallStream>,
}

/// The result of a tournament: training scores of both candidates, and the loser.
pub(super) struct TournamentResult {
    pub(super) winner: Option<TournamentSide>,
    pub(super) directed: Option<Score>,
    pub(super) blind: Option<Score>,
    pub(super) loser: NumberedCandidate,
}

/// Facts about a generation that are only in its journal.
#[derive(Default)]
struct JournalFacts {
    /// Tournaments by agent.
    tournaments: BTreeMap<u64, TournamentDecided>,
    /// Conversations with models, by candidate.
    conversations: BTreeMap<u64, Vec<CallStream>>,
}

impl NumberedRun {
    /// Loads a run, without its files and evaluations.
    pub(super) fn load(store: &Store, run: &RecordId) -> Result<Self, InteropError> {
        let config = load_config(store, run)?;
        let task = load_task(store, &config, &TaskLoader::new())?;
        let mut data = BTreeMap::new();
        for split in [Split::Train, Split::HeldOut, Split::Test] {
            data.insert(split, SplitData { cases: task.cases(split), table: task.table(split)? });
        }
        let mut agents: Vec<_> = config.populations.iter().map(Numbering::new).collect();
        for (id, record) in records(store, run)? {
            let facts = journal_facts(store, &record)?;
            for (index, agent) in agents.iter_mut().enumerate() {
                agent.take(&id, &record, index, config.arm, &facts)?;
            }
        }
        let tests = store.refs(run, "test/")?;
        let agents = agents.into_iter().map(|agent| agent.finish(&tests)).collect::<Result<_, _>>()?;
        Ok(Self { run: *run, root: store.head(run)?, config, task, data, agents })
    }

    /// Returns the number of cases of a split.
    pub(super) fn count(&self, split: Split) -> usize {
        self.data.get(&split).map_or(0, |data| data.cases.len())
    }

    pub(super) fn direction(&self) -> Direction {
        self.task.direction()
    }
}

/// An agent while its candidates are numbered.
struct Numbering {
    config: PopulationConfig,
    generations: Vec<NumberedGeneration>,
    numbers: BTreeMap<CandidateId, u64>,
    trees: BTreeMap<TreeId, u64>,
    champion: Option<Champion>,
}

impl Numbering {
    fn new(config: &PopulationConfig) -> Self {
        let (numbers, trees) = (BTreeMap::new(), BTreeMap::new());
        Self { config: config.clone(), generations: Vec::new(), numbers, trees, champion: None }
    }

    /// Numbers the candidates that the agent with this index has in a generation.
    fn take(
        &mut self,
        id: &RecordId,
        record: &GenerationRecord,
        index: usize,
        arm: Arm,
        facts: &JournalFacts,
    ) -> Result<(), InteropError> {
        self.champion = record.champions.get(index).cloned();
        let index = index as u64;
        let of = |candidate: u64,
                  one: &CandidateRecord|
         -> (CandidateId, Option<CandidateId>, NumberedCandidate) {
            let place = CandidateId { generation: record.generation, candidate };
            let conversations = facts.conversations.get(&candidate).cloned().unwrap_or_default();
            (place, one.parent.as_ref().map(|parent| parent.id), self::candidate(one, conversations))
        };
        let own = (0..).zip(&record.candidates).filter(|(_, one)| one.population == index);
        let mut all: Vec<_> = own.map(|(candidate, one)| of(candidate, one)).collect();
        if arm != Arm::Annealing || all.len() != 2 {
            for (place, parent, candidate) in all {
                let parent = parent.map(|place| self.number(place)).transpose()?;
                self.push(*id, place, [parent, parent], candidate, None);
            }
            return Ok(());
        }
        let decided = facts.tournaments.get(&index);
        let missing = || InteropError::record(id, "two candidates without a tournament in the journal");
        let TournamentDecided { winner, directed, blind, .. } = decided.cloned().ok_or_else(missing)?;
        let selected = all[0].1.map(|place| self.number(place)).transpose()?;
        let (place, parent, candidate) = all.swap_remove(usize::from(winner == Some(TournamentSide::Blind)));
        let (other, _, loser) = all.swap_remove(0);
        let forked = parent.map(|place| self.number(place)).transpose()?;
        let tournament = TournamentResult { winner, directed, blind, loser };
        self.push(*id, place, [selected, forked], candidate, Some(tournament));
        self.numbers.insert(other, self.generations.len() as u64 - 1);
        Ok(())
    }

    fn push(
        &mut self,
        record: RecordId,
        place: CandidateId,
        [parent, forked_from]: [Option<u64>; 2],
        candidate: NumberedCandidate,
        tournament: Option<TournamentResult>,
    ) {
        let number = self.generations.len() as u64;
        let known = self.trees.get(&candidate.tree).copied();
        let same_as = known.filter(|_| matches!(candidate.fate, Fate::Unchanged | Fate::Duplicate));
        self.numbers.insert(place, number);
        if candidate.train.is_some() {
            self.trees.entry(candidate.tree).or_insert(number);
        }
        let generation =
            NumberedGeneration { number, record, place, parent, forked_from, candidate, tournament, same_as };
        self.generations.push(generation);
    }

    fn number(&self, place: CandidateId) -> Result<u64, InteropError> {
        let found = self.numbers.get(&place).copied();
        found.ok_or_else(|| InteropError::record(place, "named as a parent, but not an earlier candidate"))
    }

    /// Completes the numbering; `tests` are the run's evaluations on test data, by candidate.
    fn finish(self, tests: &[(String, RecordId)]) -> Result<NumberedAgent, InteropError> {
        let missing = || InteropError::NoRun(format!("agent {} has no generation yet", self.config.name));
        let place = self.champion.as_ref().ok_or_else(missing)?.id;
        let champion = self.number(place)?;
        let test = tests.iter().find(|(name, _)| *name == format!("test/{place}")).map(|(_, id)| *id);
        Ok(NumberedAgent { config: self.config, generations: self.generations, champion, test })
    }
}

fn candidate(one: &CandidateRecord, conversations: Vec<CallStream>) -> NumberedCandidate {
    NumberedCandidate {
        tree: one.tree,
        made_by: one.made_by,
        fate: one.fate,
        meta: one.meta.clone(),
        train: one.train.clone(),
        held_out: one.held_out.clone(),
        conversations,
    }
}

/// Reads the journal of a generation.
fn journal_facts(store: &Store, record: &GenerationRecord) -> Result<JournalFacts, InteropError> {
    let mut facts = JournalFacts::default();
    let events = journal_segment(store, &record.run, record.journal)?;
    for entry in &events {
        if let Event::TournamentDecided(decided) = &entry.event {
            facts.tournaments.insert(decided.agent, decided.clone());
        }
    }
    for stream in streams_of(&events) {
        // `generation/N/candidate/K/…`
        let number = stream.stream.split('/').nth(3).and_then(|part| part.parse().ok());
        let number =
            number.ok_or_else(|| InteropError::record(&stream.stream, "the stream names no candidate"))?;
        facts.conversations.entry(number).or_default().push(stream.clone());
    }
    Ok(facts)
}

/// Loads the exchanges of conversations, one conversation after the other.
pub(super) fn exchanges(store: &Store, conversations: &[CallStream]) -> Result<Vec<Exchange>, InteropError> {
    let mut found = Vec::new();
    for stream in conversations {
        found.extend(hyperspace_evolve::exchanges(store, stream)?);
    }
    Ok(found)
}

/// Loads an evaluation with all its rows.
pub(super) fn evaluation(store: &Store, id: &RecordId) -> Result<Evaluation, InteropError> {
    let record = store.get_record(id)?;
    if record.kind != EVALUATION_KIND {
        return Err(InteropError::record(id, format!("it is a {}, not an evaluation", record.kind)));
    }
    canon::from_value(&record.body).map_err(|error| InteropError::record(id, error))
}
