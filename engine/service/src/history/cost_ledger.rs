//! The sums of costs while the records of a run are read.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::RecordId;
use hyperspace_evolve::{
    CallStream, CandidateId, candidate_of, efforts_name, exchanges, journal, streams_of,
};
use hyperspace_llm::{FileCassette, Route, Spend};
use hyperspace_store::Store;

use super::costs::{CostRow, CostsView};
use super::recorded_calls::{answered_by, load_efforts};
use super::run_data::{RunData, UNKNOWN, load_evaluation, slimming_fuel};
use crate::error::ServiceError;
use crate::models::CALLS;

/// The row of the final test.
const TEST: &str = "test";
/// The row of calls whose generation was not committed.
const UNCOMMITTED: &str = "uncommitted";

/// The sums so far.
pub(crate) struct CostLedger<'a> {
    data: &'a RunData,
    total: CostRow,
    agents: Vec<CostRow>,
    models: BTreeMap<String, CostRow>,
    generations: Vec<CostRow>,
    test: CostRow,
    uncommitted: CostRow,
    candidates: BTreeMap<CandidateId, CostRow>,
    /// Work that belongs to no candidate.
    unknown: CostRow,
    unread: Vec<String>,
}

/// The unit of work to which a call belongs.
#[derive(Clone, Copy)]
enum CostUnit {
    Generation(usize),
    Test,
    Uncommitted,
}

impl<'a> CostLedger<'a> {
    pub(crate) fn of(data: &'a RunData) -> Self {
        let agents = data.config.populations.iter().map(|population| CostRow::named(&population.name));
        let generations = data.records.iter().map(|(_, record)| record.generation.to_string());
        Self {
            data,
            total: CostRow::named("all"),
            agents: agents.collect(),
            models: BTreeMap::new(),
            generations: generations.map(CostRow::named).collect(),
            test: CostRow::named(TEST),
            uncommitted: CostRow::named(UNCOMMITTED),
            candidates: BTreeMap::new(),
            unknown: CostRow::named(UNKNOWN),
            unread: Vec::new(),
        }
    }

    /// Adds the fuel of all candidates and of the final tests.
    pub(crate) fn fuel(&mut self, store: &Store) -> Result<(), ServiceError> {
        for (at, (_, record)) in self.data.records.iter().enumerate() {
            self.generations[at].add_fuel(record.fuel);
            self.total.add_fuel(record.fuel);
        }
        let mut seeds = BTreeSet::new();
        for (id, one) in self.data.candidates() {
            // Populations that begin with the same seed share its evaluations: it was measured once, for the first of them.
            let mut shared = |record: &RecordId| one.parent.is_none() && !seeds.insert(*record);
            let measured = [&one.train, &one.held_out].into_iter().flatten();
            let measured = measured.filter(|one| !shared(&one.record)).map(|one| one.fuel);
            let made = one.meta.iter().map(|run| run.fuel).chain([slimming_fuel(one)]);
            let fuel = made.chain(measured).fold(0, u64::saturating_add);
            self.owned_fuel(id, fuel);
        }
        for (id, record) in self.data.tests(store)? {
            let fuel = load_evaluation(store, &record)?.fuel;
            self.test.add_fuel(fuel);
            self.total.add_fuel(fuel);
            self.owned_fuel(id, fuel);
        }
        Ok(())
    }

    fn owned_fuel(&mut self, id: CandidateId, fuel: u64) {
        let Some((id, population)) = self.owner(id) else {
            return self.unknown.add_fuel(fuel);
        };
        let row = || CostRow::named(id.to_string());
        self.candidates.entry(id).or_insert_with(row).add_fuel(fuel);
        self.agents[population].add_fuel(fuel);
    }

    /// Returns a candidate of the run with the index of its population.
    fn owner(&self, id: CandidateId) -> Option<(CandidateId, usize)> {
        Some((id, self.data.population_of(id)?))
    }

    /// Adds the committed model calls, including those that the journal does not name.
    pub(crate) fn calls(&mut self, store: &Store) -> Result<(), ServiceError> {
        let works = store.refs(&self.data.id, &efforts_name(""))?;
        let heads = if works.is_empty() { BTreeMap::new() } else { self.heads(store)? };
        for (name, id) in works {
            let unit = self.unit_of(name.rsplit('/').next().unwrap_or_default());
            for (stream, efforts) in load_efforts(store, &id)?.streams {
                let mut models = self.models_of(store, &stream, heads.get(&stream))?.into_iter();
                for effort in &efforts {
                    let model = models.next().unwrap_or_else(|| self.data.model_of(&stream));
                    self.add(unit, candidate_of(&stream), model, |row| row.add(effort));
                }
            }
        }
        Ok(())
    }

    fn unit_of(&self, work: &str) -> CostUnit {
        match work.parse() {
            Ok(number) if number < self.generations.len() => CostUnit::Generation(number),
            // A writer committed it after the generations were read.
            Ok(_) => CostUnit::Uncommitted,
            Err(_) => CostUnit::Test,
        }
    }

    /// Returns the streams that the journal names. A run whose configuration determines all models needs none.
    fn heads(&self, store: &Store) -> Result<BTreeMap<String, CallStream>, ServiceError> {
        let config = &self.data.config;
        let asked = config.populations.iter().flat_map(|one| [&one.model, &one.eval_model]).flatten();
        let judge = config.search.as_ref().and_then(|search| search.judge.as_ref());
        if !asked.chain(judge).any(|name| is_route(name)) {
            return Ok(BTreeMap::new());
        }
        let entries = journal(store, &self.data.id)?;
        Ok(streams_of(&entries).map(|stream| (stream.stream.clone(), stream.clone())).collect())
    }

    /// Returns the recorded model of each call for which the configuration names several.
    fn models_of(
        &self,
        store: &Store,
        stream: &str,
        head: Option<&CallStream>,
    ) -> Result<Vec<String>, ServiceError> {
        match head.filter(|_| is_route(&self.data.model_of(stream))) {
            Some(head) => Ok(exchanges(store, head)?.iter().map(answered_by).collect()),
            None => Ok(Vec::new()),
        }
    }

    /// Adds calls that were paid but whose generation or test was not committed. They are in files beside the store.
    pub(super) fn uncommitted(&mut self, store: &Store) -> Result<(), ServiceError> {
        let Some(folder) = store.folder().map(|folder| folder.join(CALLS)) else { return Ok(()) };
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                self.unread.push(format!("{}: {error}", folder.display()));
                return Ok(());
            }
        };
        let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.sort();
        let prefix = format!("{}-", self.data.id);
        for path in paths {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let work = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".jsonl"));
            let Some(work) = work else { continue };
            // After a kill right after the commit, the file of work that is already in the store may remain.
            if store.get_ref(&self.data.id, &efforts_name(work))?.is_some() {
                continue;
            }
            match FileCassette::open(&path).and_then(|cassette| cassette.spent(|_| true)) {
                Ok(streams) => {
                    for (stream, spent) in streams {
                        self.add_uncommitted(&stream, spent);
                    }
                }
                Err(error) => self.unread.push(error.to_string()),
            }
        }
        Ok(())
    }

    fn add_uncommitted(&mut self, stream: &str, spent: Spend) {
        let model = self.data.model_of(stream);
        self.add(CostUnit::Uncommitted, candidate_of(stream), model, |row| row.add_spent(spent));
    }

    /// Adds to one row of each group.
    fn add(&mut self, unit: CostUnit, id: Option<CandidateId>, model: String, add: impl Fn(&mut CostRow)) {
        add(&mut self.total);
        add(self.models.entry(model.clone()).or_insert_with(|| CostRow::named(model)));
        add(match unit {
            CostUnit::Generation(number) => &mut self.generations[number],
            CostUnit::Test => &mut self.test,
            CostUnit::Uncommitted => &mut self.uncommitted,
        });
        match id.and_then(|id| self.owner(id)) {
            Some((id, population)) => {
                add(&mut self.agents[population]);
                add(self.candidates.entry(id).or_insert_with(|| CostRow::named(id.to_string())));
            }
            None => add(&mut self.unknown),
        }
    }

    pub(crate) fn view(self) -> CostsView {
        let unknown = Some(self.unknown).filter(CostRow::is_used);
        let outside = [self.test, self.uncommitted].into_iter().filter(CostRow::is_used);
        CostsView {
            run: self.data.id,
            total: self.total,
            agents: self.agents.into_iter().chain(unknown.clone()).collect(),
            models: self.models.into_values().collect(),
            generations: self.generations.into_iter().chain(outside).collect(),
            candidates: self.candidates.into_values().chain(unknown).collect(),
            unread: self.unread,
        }
    }
}

/// Returns whether a name stands for several models.
fn is_route(name: &str) -> bool {
    !matches!(Route::parse(name), Ok(None))
}
