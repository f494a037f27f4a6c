//! A run of the store, seen as the original would have numbered it: per agent, one generation after the other.
//!
//! This is the only file of the layout that knows how runs and generations are recorded. A generation here is one candidate;
//! of a generation with several, each has a number of its own, in order. The two candidates of a tournament are one
//! generation: the winner, with the loser beside it.

use std::collections::BTreeMap;

use hyperspace_core::{EventId, RecordId, Store, StoreError, TreeId, canon};
use hyperspace_eval::task::RowTable;
use hyperspace_eval::{Case, Direction, Evaluation, Score, Split, Task};
use hyperspace_evolve::{
    Arm, CandidateRecord, Champion, Contender, EVALUATION_KIND, EvaluationRef, Fate, GenerationRecord,
    MetaRecord, Place, RUN_KIND, RunConfig, records,
};
use hyperspace_llm::Exchange;
use serde_json::Value;

use super::error::LayoutError;

/// A run.
pub(super) struct Source {
    pub(super) run: RecordId,
    /// The head of its journal.
    pub(super) root: Option<EventId>,
    pub(super) config: RunConfig,
    pub(super) task: Task,
    /// Cases of each split, and what the data say of them.
    pub(super) data: BTreeMap<Split, Data>,
    pub(super) agents: Vec<Agent>,
}

/// The data of a split.
pub(super) struct Data {
    pub(super) cases: Vec<Case>,
    pub(super) table: Option<RowTable>,
}

/// An agent of a run.
pub(super) struct Agent {
    /// Its name, which names its folder if there are several.
    pub(super) name: String,
    /// The model its meta agent talks to.
    pub(super) model: Option<String>,
    pub(super) generations: Vec<Generation>,
    /// The number of its best generation, as the run's own gate says.
    pub(super) champion: u64,
    /// The evaluation of the final agent on test data.
    pub(super) test: Option<RecordId>,
}

/// One candidate with its number.
pub(super) struct Generation {
    pub(super) number: u64,
    /// The generation's record.
    pub(super) record: RecordId,
    pub(super) place: Place,
    /// The parent that was selected.
    pub(super) parent: Option<u64>,
    /// Where it was forked; of the blind candidate of a tournament, that is the seed.
    pub(super) forked_from: Option<u64>,
    pub(super) candidate: Candidate,
    pub(super) tournament: Option<Tournament>,
    /// The generation with the same files, for one that was not evaluated because of that.
    pub(super) same_as: Option<u64>,
}

/// What became of one candidate.
pub(super) struct Candidate {
    pub(super) tree: TreeId,
    pub(super) made_by: TreeId,
    pub(super) fate: Fate,
    pub(super) meta: Vec<MetaRecord>,
    pub(super) train: Option<EvaluationRef>,
    pub(super) held_out: Option<EvaluationRef>,
    /// Last exchange of every conversation with a model, in order.
    pub(super) conversations: Vec<RecordId>,
}

/// A tournament: scores of both candidates on training data, and the one that did not go on.
pub(super) struct Tournament {
    pub(super) winner: Option<Contender>,
    pub(super) directed: Option<Score>,
    pub(super) blind: Option<Score>,
    pub(super) loser: Candidate,
}

/// What the journal tells of a generation beyond its record.
#[derive(Default)]
struct Told {
    /// `tournament.decided`, by agent.
    tournaments: BTreeMap<u64, Value>,
    /// Heads of conversations, by candidate.
    conversations: BTreeMap<u64, Vec<RecordId>>,
}

impl Source {
    /// Reads a run with everything it names, but for files and evaluations.
    pub(super) fn load(store: &Store, run: &RecordId) -> Result<Self, LayoutError> {
        let record = store.get_record(run)?;
        if record.kind != RUN_KIND {
            return Err(LayoutError::record(run, format!("it is a {}, not a run", record.kind)));
        }
        let config = RunConfig::from_value(&record.body)?;
        let task = load_task(store, &config)?;
        let mut data = BTreeMap::new();
        for split in [Split::Train, Split::HeldOut, Split::Test] {
            data.insert(split, Data { cases: task.cases(split), table: task.table(split)? });
        }
        let mut agents = vec![Numbering::new(config.agent.clone(), None)];
        for (id, record) in records(store, run)? {
            let told = told(store, &record)?;
            agents[0].take(&id, &record, config.arm, &told)?;
            agents[0].champion = Some(record.champion);
        }
        let agents = agents.into_iter().map(Numbering::finish).collect::<Result<_, _>>()?;
        Ok(Self { run: *run, root: store.head(run)?, config, task, data, agents })
    }

    /// How many cases a split has.
    pub(super) fn count(&self, split: Split) -> usize {
        self.data.get(&split).map_or(0, |data| data.cases.len())
    }

    pub(super) fn direction(&self) -> Direction {
        self.task.direction()
    }
}

/// An agent while its candidates are numbered.
struct Numbering {
    name: String,
    model: Option<String>,
    generations: Vec<Generation>,
    numbers: BTreeMap<Place, u64>,
    trees: BTreeMap<TreeId, u64>,
    champion: Option<Champion>,
}

impl Numbering {
    fn new(name: String, model: Option<String>) -> Self {
        let (numbers, trees) = (BTreeMap::new(), BTreeMap::new());
        Self { name, model, generations: Vec::new(), numbers, trees, champion: None }
    }

    fn take(
        &mut self,
        id: &RecordId,
        record: &GenerationRecord,
        arm: Arm,
        told: &Told,
    ) -> Result<(), LayoutError> {
        let of = |candidate: u64, one: &CandidateRecord| -> (Place, Option<Place>, Candidate) {
            let place = Place { generation: record.generation, candidate };
            let conversations = told.conversations.get(&candidate).cloned().unwrap_or_default();
            (place, one.parent.as_ref().map(|parent| parent.place), self::candidate(one, conversations))
        };
        let mut all: Vec<_> = (0..).zip(&record.candidates).map(|(index, one)| of(index, one)).collect();
        let tournament = arm == Arm::Annealing && all.len() == 2;
        if !tournament {
            for (place, parent, candidate) in all {
                let parent = parent.map(|place| self.number(place)).transpose()?;
                self.push(*id, place, [parent, parent], candidate, None);
            }
            return Ok(());
        }
        let decided = told.tournaments.get(&0).cloned().unwrap_or_default();
        let score = |key: &str| canon::from_value(&decided[key]).map_err(LayoutError::from);
        let winner: Option<Contender> = canon::from_value(&decided["winner"])?;
        let selected = all[0].1.map(|place| self.number(place)).transpose()?;
        let (place, parent, candidate) = all.swap_remove(usize::from(winner == Some(Contender::Blind)));
        let (other, _, loser) = all.swap_remove(0);
        let forked = parent.map(|place| self.number(place)).transpose()?;
        let tournament = Tournament { winner, directed: score("directed")?, blind: score("blind")?, loser };
        self.push(*id, place, [selected, forked], candidate, Some(tournament));
        self.numbers.insert(other, self.generations.len() as u64 - 1);
        Ok(())
    }

    fn push(
        &mut self,
        record: RecordId,
        place: Place,
        [parent, forked_from]: [Option<u64>; 2],
        candidate: Candidate,
        tournament: Option<Tournament>,
    ) {
        let number = self.generations.len() as u64;
        let known = self.trees.get(&candidate.tree).copied();
        let same_as = known.filter(|_| matches!(candidate.fate, Fate::Unchanged | Fate::Duplicate));
        self.numbers.insert(place, number);
        if candidate.train.is_some() {
            self.trees.entry(candidate.tree).or_insert(number);
        }
        let generation =
            Generation { number, record, place, parent, forked_from, candidate, tournament, same_as };
        self.generations.push(generation);
    }

    fn number(&self, place: Place) -> Result<u64, LayoutError> {
        let found = self.numbers.get(&place).copied();
        found.ok_or_else(|| LayoutError::record(place, "it is named as a parent, but is no candidate before"))
    }

    fn finish(self) -> Result<Agent, LayoutError> {
        let missing = || LayoutError::NoRun(format!("agent {} has no generation yet", self.name));
        let champion = self.number(self.champion.as_ref().ok_or_else(missing)?.place)?;
        Ok(Agent { name: self.name, model: self.model, generations: self.generations, champion, test: None })
    }
}

fn candidate(one: &CandidateRecord, conversations: Vec<RecordId>) -> Candidate {
    Candidate {
        tree: one.tree,
        made_by: one.made_by,
        fate: one.fate,
        meta: one.meta.clone(),
        train: one.train.clone(),
        held_out: one.held_out.clone(),
        conversations,
    }
}

/// What the journal of a generation tells.
fn told(store: &Store, record: &GenerationRecord) -> Result<Told, LayoutError> {
    let mut told = Told::default();
    for event in store.events(&record.run, record.journal.from, record.journal.to)? {
        match event.kind.as_str() {
            "tournament.decided" => {
                told.tournaments.insert(event.body["agent"].as_u64().unwrap_or(0), event.body);
            }
            "model.stream" => {
                let stream = event.body["stream"].as_str().unwrap_or_default();
                let mut parts = stream.split('/').skip(3);
                let number = parts.next().and_then(|part| part.parse().ok());
                let head: Option<RecordId> = canon::from_value(&event.body["head"])?;
                if let (Some(number), Some(head)) = (number, head) {
                    told.conversations.entry(number).or_default().push(head);
                }
            }
            _ => {}
        }
    }
    Ok(told)
}

/// The exchanges of a conversation in order, from the last one.
pub(super) fn exchanges(store: &Store, head: &RecordId) -> Result<Vec<Exchange>, LayoutError> {
    let (mut found, mut next) = (Vec::new(), Some(*head));
    while let Some(id) = next {
        let record = store.get_record(&id)?;
        if record.kind != hyperspace_llm::RECORD_KIND {
            return Err(LayoutError::record(id, format!("it is a {}, not an exchange", record.kind)));
        }
        let exchange = Exchange::from_body(&record.body)?;
        next = exchange.prev;
        found.push(exchange);
    }
    found.reverse();
    Ok(found)
}

/// An evaluation with all its rows.
pub(super) fn evaluation(store: &Store, id: &RecordId) -> Result<Evaluation, LayoutError> {
    let record = store.get_record(id)?;
    if record.kind != EVALUATION_KIND {
        return Err(LayoutError::record(id, format!("it is a {}, not an evaluation", record.kind)));
    }
    canon::from_value(&record.body).map_err(|error| LayoutError::record(id, error))
}

fn load_task(store: &Store, config: &RunConfig) -> Result<Task, LayoutError> {
    let map = |tree| -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        let files = store.get_files(tree)?;
        Ok(files.iter().map(|(path, content)| (path.to_string(), content.to_vec())).collect())
    };
    let files = map(&config.task_files)?;
    let Some(data) = &config.data else { return Ok(Task::from_folder(&files, &config.task)?) };
    let mut given = map(&data.files)?;
    if data.label == "folder" {
        return Ok(Task::from_folders(&files, &config.task, &given, "data")?);
    }
    let missing = || LayoutError::record("the external data", "the file `data` is missing");
    let content = given.remove("data").ok_or_else(missing)?;
    Ok(Task::from_folder(&files, &config.task)?.with_data(&data.label, &content)?)
}
