//! A run: its beginning, its generations one by one, its resumption.
//!
//! Invariant: everything a generation leaves is written in one transaction. A kill at any moment leaves the state before or
//! after a generation, and the next generation is a function of that state, so an interrupted run ends with the same journal.

use hyperspace_core::{Authority, FileSet, RecordId, RelPath, Store, canon};
use hyperspace_eval::task::External;
use hyperspace_eval::{Evaluator, Score, Task};
use serde::Serialize;
use serde_json::{Value, json};

use crate::arms::imp_at_k;
use crate::config::{ExternalData, FORMAT, RUN_KIND, RunConfig, RunOptions};
use crate::error::EvolveError;
use crate::generation::{self, Context, Executed};
use crate::kin::Kin;
use crate::marks::RunSpace;
use crate::memo::Memo;
use crate::record::{Champion, EVALUATION_KIND, GENERATION_KIND, GenerationRecord, Segment};
use crate::room;
use crate::state::State;

/// Name of the external data in its tree.
const DATA_FILE: &str = "data";
/// Label of external data that are a folder; one of a file has a dot in it.
const DATA_FOLDER: &str = "folder";
/// Longest name of an agent, in bytes: with generation and candidate behind it, it is part of longer names.
const AGENT_NAME_BYTES_MAX: usize = 180;
/// Generations of one run.
pub const GENERATIONS_MAX: u64 = 1_000_000;

/// The agent that a run begins with.
#[derive(Debug, Clone)]
pub struct SeedAgent {
    /// Its name, a single path part.
    pub name: String,
    /// Its files.
    pub files: FileSet,
}

/// Is told after every generation.
pub trait Observer {
    /// A generation was committed.
    fn generation(&mut self, progress: &Progress<'_>);
}

impl Observer for () {
    fn generation(&mut self, _: &Progress<'_>) {}
}

/// Where a run stands.
#[derive(Debug)]
pub struct Progress<'a> {
    /// The generation that was committed.
    pub record: &'a GenerationRecord,
    /// Its hash.
    pub id: RecordId,
    /// Members of the archive.
    pub members: usize,
}

/// What a run has come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: String,
    /// The head of its journal.
    pub root: String,
    /// Score of the seed agent on training data.
    pub seed_score: Score,
    /// Score of the seed agent on held-out data.
    pub seed_held_out: Score,
    /// The best candidate.
    pub champion: Champion,
    /// The generation that the best candidate comes from: the hash to replay.
    pub champion_generation: RecordId,
    /// The last generation.
    pub last: RecordId,
    /// Generations after the seed.
    pub generations: u64,
    /// Members of the archive.
    pub members: usize,
    /// How much better the best held-out score of the archive is than the seed's; see [`imp_at_k`](crate::imp_at_k).
    pub improvement: Score,
    /// Fuel of all guests.
    pub fuel: u64,
}

/// A run over a store.
pub struct Run<'s> {
    store: &'s Store,
    context: Context,
    state: State,
    /// The mark space as it stands in the store; none while a generation is at work on it, or when that was given up.
    space: Option<RunSpace>,
}

impl<'s> Run<'s> {
    /// Begins a run, or takes it up where it stands if the store has it already: equal configurations are one run.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Option`], [`EvolveError::SeedAgent`] or [`EvolveError::SeedScore`] for what the user gave; other
    /// kinds when store or sandbox fail.
    pub async fn begin(
        store: &'s Store,
        task: Task,
        agent: SeedAgent,
        options: &RunOptions,
        evaluator: Evaluator,
        workers: usize,
    ) -> Result<Self, EvolveError> {
        options.validate()?;
        check_agent(&agent, &task)?;
        let task_files = file_set(task.files())?;
        let data = task.external_data().map(external).transpose()?;
        let config = RunConfig {
            format: FORMAT,
            task: task.name().to_owned(),
            task_digest: task.digest(),
            task_files: task_files.tree().id(),
            data: data
                .as_ref()
                .map(|(label, files)| ExternalData { label: label.clone(), files: files.tree().id() }),
            agent: agent.name.clone(),
            agent_files: agent.files.tree().id(),
            seed: options.seed.to_string(),
            candidates: options.candidates,
            selection: options.arm.selection(options.selection),
            arm: options.arm,
            parity: options.parity,
            visibility: options.visibility.clone(),
            edit_scope: options.edit_scope.globs().to_vec(),
            meta_limits: options.meta_limits.clone(),
            eval_limits: evaluator.limits_for(&task),
            runtime: evaluator.sandbox().runtime_digest().to_owned(),
            sdk: evaluator.sdk().tree().id(),
        };
        let id = config.id()?;
        if store.head(&id)?.is_some() {
            return Self::open(store, &id, evaluator, workers).await;
        }
        let context = context(id, config, task, evaluator, workers)?;
        let mut space = RunSpace::new(&context)?;
        let memo = Memo::Store(store);
        let executed = generation::seed(&context, agent.files.clone(), &mut space, &memo).await?;
        let state = State::new(context.task.direction());
        let mut run = Self { store, context, state, space: None };
        run.commit(executed, |batch, config| {
            batch.put_files(&task_files);
            if let Some((_, files)) = &data {
                batch.put_files(files);
            }
            batch.put_record(RUN_KIND, &config.to_value()?)?;
            batch.append(
                &id,
                "run.started",
                json!({"run": id, "task": config.task, "agent": config.agent}),
            )?;
            Ok(())
        })?;
        run.space = Some(space);
        Ok(run)
    }

    /// Takes a run of the store up where it stands.
    ///
    /// # Errors
    ///
    /// [`EvolveError::NoRun`], [`EvolveError::OtherRuntime`], or what store and records say.
    pub async fn open(
        store: &'s Store,
        id: &RecordId,
        evaluator: Evaluator,
        workers: usize,
    ) -> Result<Self, EvolveError> {
        let context = load_context(store, id, evaluator, workers)?;
        let mut state = State::new(context.task.direction());
        for (id, record) in records(store, &context.run)? {
            state.apply(id, &record)?;
        }
        if state.champion.is_none() {
            return Err(EvolveError::Journal("it has no generation 0".to_owned()));
        }
        let mut run = Self { store, context, state, space: None };
        run.space = Some(run.open_space()?);
        Ok(run)
    }

    fn open_space(&self) -> Result<RunSpace, EvolveError> {
        let space = RunSpace::open(self.store, &self.context, None)?;
        if space.next() < self.state.entries {
            return Err(EvolveError::Journal(
                "its mark space has fewer entries than its generations".to_owned(),
            ));
        }
        Ok(space)
    }

    /// Goes on until `generations` after the seed are committed; already there, it does nothing.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Option`] for an absurd number; otherwise what stopped the run.
    pub async fn advance(
        &mut self,
        generations: u64,
        observer: &mut dyn Observer,
    ) -> Result<(), EvolveError> {
        if !(1..=GENERATIONS_MAX).contains(&generations) {
            let expected = format!("a number between 1 and {GENERATIONS_MAX}");
            return Err(EvolveError::option("generations", generations, expected));
        }
        while self.state.next <= generations {
            let memo = Memo::Store(self.store);
            // Kept again only after the commit: what was decided in a generation that is given up is forgotten with it.
            let mut space = match self.space.take() {
                Some(space) => space,
                None => self.open_space()?,
            };
            let executed =
                generation::next(&self.context, self.store, &self.state, &mut space, &memo).await?;
            let (id, record) = self.commit(executed, |_, _| Ok(()))?;
            self.space = Some(space);
            observer.generation(&Progress {
                record: &record,
                id,
                members: self.state.archive.members().len(),
            });
        }
        Ok(())
    }

    /// The number of the last generation.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.state.next.saturating_sub(1)
    }

    /// The store that it is in.
    #[must_use]
    pub fn store(&self) -> &'s Store {
        self.store
    }

    /// Its name: the hash of its configuration.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.context.run
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &RunConfig {
        &self.context.config
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.context.task
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the run has come to.
    ///
    /// # Errors
    ///
    /// What the store says.
    pub fn summary(&self) -> Result<Summary, EvolveError> {
        summarize(self.store, &self.context, &self.state)
    }

    /// Writes a generation: objects, journal, record, in one transaction.
    fn commit(
        &mut self,
        executed: Executed,
        first: impl FnOnce(&mut hyperspace_core::Batch<'_>, &RunConfig) -> Result<(), EvolveError>,
    ) -> Result<(RecordId, GenerationRecord), EvolveError> {
        let context = &self.context;
        let mut batch = self.store.batch()?;
        first(&mut batch, &context.config)?;
        let mut head = None;
        for (kind, body) in &executed.events {
            head = Some(batch.append(&context.run, kind, body.clone())?);
        }
        let Some(head) = head else {
            return Err(EvolveError::Journal("a generation without events".to_owned()));
        };
        for files in &executed.files {
            batch.put_files(files);
        }
        for output in &executed.outputs {
            batch.put_blob(output);
        }
        for evaluation in &executed.evaluations {
            let value = canon::to_value(evaluation).map_err(|e| EvolveError::record("an evaluation", e))?;
            let id = batch.put_record(EVALUATION_KIND, &value)?;
            if let Some(files) = executed.files.iter().find(|files| files.tree().id() == evaluation.agent) {
                if let Some(key) = context.evaluator.key(&context.task, files, evaluation.split) {
                    batch.put_memo(*key.as_bytes(), &id);
                }
            }
        }
        let marks = executed.marks.put(&mut batch)?;
        let marks = marks.ok_or_else(|| EvolveError::Journal("it has no mark space".to_owned()))?;
        let marks = marks_segment(&executed, marks);
        let journal = Segment { from: self.state.next_event, to: head.seq + 1, head: head.id };
        let record = record(context, &self.state, &executed, journal, marks);
        let id = batch.put_record(GENERATION_KIND, &record.to_value()?)?;
        let name = generation_name(record.generation);
        batch.set_ref(&context.run, &name, &id);
        batch.append(&context.run, "generation.finished", finished(&record, &id))?;
        batch.commit()?;
        self.state.apply(id, &record)?;
        Ok((id, record))
    }
}

/// The entries of a generation in the journal of its mark space, which ends with `head`.
fn marks_segment(executed: &Executed, head: hyperspace_core::EventId) -> Segment {
    let from = executed.marks.first();
    Segment { from, to: from + executed.marks.entries().len() as u64, head }
}

/// The record of a generation that was executed from `state`.
fn record(
    context: &Context,
    state: &State,
    executed: &Executed,
    journal: Segment,
    marks: Segment,
) -> GenerationRecord {
    GenerationRecord {
        run: context.run,
        generation: state.next,
        previous: state.last,
        candidates: executed.candidates.clone(),
        champion: executed.champion.clone(),
        fuel: executed.fuel,
        journal,
        marks,
    }
}

/// The body of the event that ends a generation.
fn finished(record: &GenerationRecord, id: &RecordId) -> Value {
    json!({"generation": record.generation, "record": id, "fuel": record.fuel})
}

fn generation_name(generation: u64) -> String {
    format!("generation/{generation:08}")
}

/// External data as they are stored: what they are, and their files.
fn external(data: &External) -> Result<(String, FileSet), EvolveError> {
    Ok(match data {
        External::File { label, bytes } => (ending(label), data_files(bytes)?),
        External::Folder { files, .. } => (DATA_FOLDER.to_owned(), file_set(files)?),
    })
}

/// The ending of a file's name: it says what is in it, the rest of the name does not matter.
fn ending(label: &str) -> String {
    label.rsplit_once('.').map_or_else(|| "data".to_owned(), |(_, ending)| format!("data.{ending}"))
}

fn data_files(bytes: &[u8]) -> Result<FileSet, EvolveError> {
    let mut files = FileSet::new();
    files
        .insert(RelPath::new(DATA_FILE)?, bytes.to_vec())
        .map_err(|error| EvolveError::record("the external data", error))?;
    Ok(files)
}

fn file_set(map: &std::collections::BTreeMap<String, Vec<u8>>) -> Result<FileSet, EvolveError> {
    let mut files = FileSet::new();
    for (path, content) in map {
        files
            .insert(RelPath::new(path)?, content.clone())
            .map_err(|error| EvolveError::record("the task", error))?;
    }
    Ok(files)
}

fn check_agent(agent: &SeedAgent, task: &Task) -> Result<(), EvolveError> {
    let bad = |why: String| Err(EvolveError::SeedAgent { agent: agent.name.clone(), why });
    if RelPath::new(&agent.name).is_err() || agent.name.contains('/') {
        return bad("its name must be a file name without slashes".to_owned());
    }
    if agent.name.len() > AGENT_NAME_BYTES_MAX {
        let bytes = agent.name.len();
        return bad(format!("its name has {bytes} bytes; at most {AGENT_NAME_BYTES_MAX}"));
    }
    let has = |name: &str| agent.files.iter().any(|(path, _)| path.as_str() == name);
    let entry = format!("{}.py", task.entry().module.replace('.', "/"));
    if !has(&entry) && !has(&format!("{}/__init__.py", task.entry().module.replace('.', "/"))) {
        let function = &task.entry().function;
        return bad(format!("it has no {entry}; task {} calls {function}() in it", task.name()));
    }
    if !has("meta_agent.py") {
        return bad("it has no meta_agent.py; that file must define improve(job)".to_owned());
    }
    let reserved = |path: &&RelPath| room::RESERVED.iter().any(|name| path.components().next() == Some(name));
    if let Some(path) = agent.files.iter().map(|(path, _)| path).find(reserved) {
        let folders = room::RESERVED.join("/ and ");
        return bad(format!("it has the file {path}, but {folders}/ are mounted by the engine; move it"));
    }
    Ok(())
}

fn context(
    run: RecordId,
    config: RunConfig,
    task: Task,
    evaluator: Evaluator,
    workers: usize,
) -> Result<Context, EvolveError> {
    let evaluator = evaluator.limits(config.eval_limits.clone());
    let seed = config.seed()?;
    Ok(Context {
        run,
        config,
        task,
        evaluator,
        workers: workers.max(1),
        authority: Authority::new(),
        seed,
        kin: Kin::default(),
    })
}

/// Everything that generations of a stored run share, from the store alone.
///
/// # Errors
///
/// [`EvolveError::NoRun`] when it is no run; [`EvolveError::OtherRuntime`] when this build is not the one that recorded it.
pub fn load_context(
    store: &Store,
    id: &RecordId,
    evaluator: Evaluator,
    workers: usize,
) -> Result<Context, EvolveError> {
    let record = store.get_record(id)?;
    if record.kind != RUN_KIND {
        return Err(EvolveError::NoRun { hash: id.to_string(), why: format!("it is a {}", record.kind) });
    }
    let config = RunConfig::from_value(&record.body)?;
    let digests = [
        ("runtime", config.runtime.clone(), evaluator.sandbox().runtime_digest().to_owned()),
        ("SDK", config.sdk.to_string(), evaluator.sdk().tree().id().to_string()),
    ];
    for (what, recorded, present) in digests {
        if recorded != present {
            return Err(EvolveError::OtherRuntime { what, recorded, present });
        }
    }
    let task = load_task(store, &config)?;
    context(*id, config, task, evaluator, workers)
}

fn load_task(store: &Store, config: &RunConfig) -> Result<Task, EvolveError> {
    let map = |tree| -> Result<std::collections::BTreeMap<String, Vec<u8>>, EvolveError> {
        let files = store.get_files(tree)?;
        Ok(files.iter().map(|(path, content)| (path.to_string(), content.to_vec())).collect())
    };
    let files = map(&config.task_files)?;
    let task = match &config.data {
        None => Task::from_folder(&files, &config.task)?,
        Some(data) if data.label == DATA_FOLDER => {
            Task::from_folders(&files, &config.task, &map(&data.files)?, "data")?
        }
        Some(data) => {
            let content = map(&data.files)?
                .remove(DATA_FILE)
                .ok_or_else(|| EvolveError::record("the external data", "the file `data` is missing"))?;
            Task::from_folder(&files, &config.task)?.with_data(&data.label, &content)?
        }
    };
    if task.digest() != config.task_digest {
        let why = format!("its files give {}, the run says {}", task.digest(), config.task_digest);
        return Err(EvolveError::record(format!("task {}", config.task), why));
    }
    Ok(task)
}

/// The generations of a run in order, verified to be records of that run.
///
/// # Errors
///
/// What the store says, or [`EvolveError::Record`].
pub fn records(store: &Store, run: &RecordId) -> Result<Vec<(RecordId, GenerationRecord)>, EvolveError> {
    let mut records = Vec::new();
    for (name, id) in store.refs(run, "generation/")? {
        let record = load_record(store, &id)?;
        if record.run != *run || generation_name(record.generation) != name {
            return Err(EvolveError::record(name, "it names a generation of another place"));
        }
        records.push((id, record));
    }
    Ok(records)
}

/// One generation record.
///
/// # Errors
///
/// What the store says, or [`EvolveError::Record`].
pub fn load_record(store: &Store, id: &RecordId) -> Result<GenerationRecord, EvolveError> {
    let stored = store.get_record(id)?;
    if stored.kind != GENERATION_KIND {
        return Err(EvolveError::record(id, format!("it is a {}, not a generation", stored.kind)));
    }
    GenerationRecord::from_value(&stored.body)
}

fn summarize(store: &Store, context: &Context, state: &State) -> Result<Summary, EvolveError> {
    let missing = || EvolveError::Journal("it has no generation 0".to_owned());
    let champion = state.champion.clone().ok_or_else(missing)?;
    let seed = state.archive.members().first().ok_or_else(missing)?;
    let named = |generation: u64| -> Result<RecordId, EvolveError> {
        store.get_ref(&context.run, &generation_name(generation))?.ok_or_else(missing)
    };
    let direction = context.task.direction();
    let held_out: Vec<Option<Score>> =
        state.archive.members().iter().map(|member| Some(member.held_out.clone())).collect();
    let improvement = imp_at_k(direction, &seed.held_out, &held_out, held_out.len());
    Ok(Summary {
        run: context.run,
        task: context.config.task.clone(),
        root: store.head(&context.run)?.ok_or_else(missing)?.to_string(),
        seed_score: seed.score.clone(),
        seed_held_out: seed.held_out.clone(),
        champion_generation: named(champion.place.generation)?,
        champion,
        last: state.last.ok_or_else(missing)?,
        generations: state.next.saturating_sub(1),
        members: state.archive.members().len(),
        improvement,
        fuel: state.fuel,
    })
}

/// Executes a recorded generation again, from the state before it; nothing that was computed before is used, and nothing is
/// written. `entries` is how many the mark space's journal had then.
///
/// # Errors
///
/// As [`Run::advance`].
pub async fn reexecute(
    context: &Context,
    store: &Store,
    state: &State,
    entries: u64,
) -> Result<Executed, EvolveError> {
    if state.next == 0 {
        let mut space = RunSpace::new(context)?;
        let files = store.get_files(&context.config.agent_files)?;
        return generation::seed(context, files, &mut space, &Memo::Nothing).await;
    }
    let mut space = RunSpace::open(store, context, Some(entries))?;
    generation::next(context, store, state, &mut space, &Memo::Nothing).await
}
