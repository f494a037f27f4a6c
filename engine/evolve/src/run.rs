//! A run: its beginning, its generations one by one, its resumption.
//!
//! Invariant: everything a generation leaves is written in one transaction. A kill at any moment leaves the state before or
//! after a generation, and the next generation is a function of that state, so an interrupted run ends with the same journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hyperspace_core::{FileSet, RecordId, RelPath, canon};
use hyperspace_eval::Task;
use hyperspace_llm::{Effort, Exchange, RECORD_KIND, Spend};
use hyperspace_store::{Batch, Store};

use crate::accounts::Accounts;
use crate::archive::Place;
use crate::children;
use crate::config::{ExternalData, FORMAT, RUN_KIND, RunConfig, RunOptions};
use crate::error::EvolveError;
use crate::generation::{self, Context, Executed};
use crate::load::{self, external, generation_name, load_context, records};
use crate::marks::RunSpace;
use crate::measure::Sources;
use crate::memo::Memo;
use crate::models::{self, AGENT_NAME_BYTES_MAX, Means};
use crate::record::event::{Event, RunStarted};
use crate::record::journal::journal_segment;
use crate::record::{EVALUATION_KIND, GENERATION_KIND, GenerationRecord, Segment};
use crate::room;
use crate::state::State;
use crate::summary::{Summary, summarize};
use crate::talk::{self, EFFORTS_KIND, Efforts, Talk, Work, efforts_name};

/// Conversations at the same time in a replay, where nobody waits for long.
const CONVERSATIONS: usize = 32;
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

/// A run over a store.
pub struct Run<'s> {
    pub(crate) store: &'s Store,
    pub(crate) context: Context,
    pub(crate) state: State,
    /// What each agent had spent when the last generation was committed.
    spent: Vec<Spend>,
    /// Who pays for the work that is done.
    accounts: Accounts,
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
        means: Means,
    ) -> Result<Self, EvolveError> {
        options.validate()?;
        check_agent(&agent, &task)?;
        let evaluator = &means.evaluator;
        let task_files = task.files().clone();
        let data = task.external_data().map(external).transpose()?;
        let config = RunConfig {
            format: FORMAT,
            task: task.name().to_owned(),
            task_digest: task.digest().to_owned(),
            task_files: task_files.tree().id(),
            data: data
                .as_ref()
                .map(|(label, files)| ExternalData { label: label.clone(), files: files.tree().id() }),
            agent: agent.name.clone(),
            agent_files: agent.files.tree().id(),
            models: (!options.agents.is_empty()).then(|| options.models.rules()),
            agents: models::agents(&agent.name, &options.agents, options.models.eval_model.as_deref(), &task),
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
            return Self::open(store, &id, means).await;
        }
        let context = load::context(id, config, task, means)?;
        let spent = vec![Spend::default(); context.config.agents.len()];
        let accounts = Accounts::new(&context, &spent);
        let (state, mut space) = (context.beginning(), RunSpace::new(&context)?);
        let mut run = Self { store, context, state, space: None, spent, accounts };
        let sources = run.sources().await?;
        let executed = generation::seed(&run.context, agent.files.clone(), &mut space, &sources).await?;
        run.commit(executed, |batch, config| {
            batch.put_files(&task_files);
            if let Some((_, files)) = &data {
                batch.put_files(files);
            }
            batch.put_record(RUN_KIND, &config.to_value()?)?;
            let started = RunStarted { run: id, task: config.task.clone(), agent: config.agent.clone() };
            Event::from(started).append_to(batch, &id)?;
            Ok(())
        })?;
        sources.committed();
        run.settle();
        run.space = Some(space);
        Ok(run)
    }

    /// Takes a run of the store up where it stands.
    ///
    /// # Errors
    ///
    /// [`EvolveError::NoRun`], [`EvolveError::OtherRuntime`], or what store and records say.
    pub async fn open(store: &'s Store, id: &RecordId, means: Means) -> Result<Self, EvolveError> {
        let context = load_context(store, id, means)?;
        let mut state = context.beginning();
        let mut owners = BTreeMap::new();
        for (id, record) in records(store, &context.run)? {
            state.apply(id, &record)?;
            let places = (0..).zip(&record.candidates);
            owners.extend(
                places
                    .map(|(candidate, one)| (Place { generation: record.generation, candidate }, one.agent)),
            );
        }
        if state.next == 0 {
            return Err(EvolveError::Journal("it has no generation 0".to_owned()));
        }
        let owner = |place| owners.get(&place).and_then(|agent| usize::try_from(*agent).ok());
        let spent = talk::spent(store, &context.run, &context.config.agents, owner)?;
        let accounts = Accounts::new(&context, &spent);
        let mut run = Self { store, context, state, space: None, spent, accounts };
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
        observer: &mut (dyn Observer + Send),
    ) -> Result<(), EvolveError> {
        if !(1..=GENERATIONS_MAX).contains(&generations) {
            let expected = format!("a number between 1 and {GENERATIONS_MAX}");
            return Err(EvolveError::option("generations", generations, expected));
        }
        while self.state.next <= generations && self.goes_on() {
            let sources = self.sources().await?;
            // Kept again only after the commit: what was decided in a generation that is given up is forgotten with it.
            let mut space = match self.space.take() {
                Some(space) => space,
                None => self.open_space()?,
            };
            let executed =
                generation::next(&self.context, self.store, &self.state, &mut space, &sources).await?;
            let (id, record) = self.commit(executed, |_, _| Ok(()))?;
            sources.committed();
            self.settle();
            self.space = Some(space);
            observer.generation(&Progress { record: &record, id, members: self.state.members() });
        }
        Ok(())
    }

    /// Whether an agent takes part in the next generation.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.context.config.agents.iter().any(|agent| agent.takes_part(self.state.next))
    }

    /// Where the next generation has its answers from.
    async fn sources(&mut self) -> Result<Sources<'s>, EvolveError> {
        let memo = Memo::Store(self.store);
        if self.context.config.models.is_none() {
            return Ok(Sources { memo, talk: None });
        }
        let owners: BTreeMap<Place, usize> = match self.state.next {
            0 => (0..)
                .zip(0..self.spent.len())
                .map(|(candidate, agent)| (Place { generation: 0, candidate }, agent))
                .collect(),
            _ => {
                let plan = children::plan(&self.context, &self.state);
                plan.forks.iter().map(|fork| (fork.place, fork.agent)).collect()
            }
        };
        let work = Work {
            name: format!("{}-{:08}", self.context.run, self.state.next),
            streams: &format!("generation/{}/", self.state.next),
            owner: Box::new(move |place| owners.get(&place).copied()),
        };
        let talk = self.talk(&work).await?;
        Ok(Sources { memo, talk: Some(Arc::new(talk)) })
    }

    /// The calls of a piece of work.
    pub(crate) async fn talk(&mut self, work: &Work<'_>) -> Result<Talk, EvolveError> {
        // Anew, as work that was given up may have been charged.
        self.accounts = Accounts::new(&self.context, &self.spent);
        let config = &self.context.config;
        let (Some(rules), Some(means)) = (&config.models, &self.context.means.models) else {
            let models = config.agents.iter().flat_map(|agent| [&agent.model, &agent.eval_model]);
            let models: BTreeSet<&str> = models.flatten().map(String::as_str).collect();
            let models = models.into_iter().collect::<Vec<_>>().join(", ");
            return Err(EvolveError::NoModels { models });
        };
        let paid = (self.accounts.agents(), rules.clone());
        Talk::live(work, &means.source, paid, means.conversations).await
    }

    /// What was charged is spent for good.
    pub(crate) fn settle(&mut self) {
        self.spent = self.accounts.by_agent();
    }

    /// What was spent on models so far, by all agents together.
    #[must_use]
    pub fn spent(&self) -> Spend {
        self.accounts.spent()
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
        first: impl FnOnce(&mut Batch, &RunConfig) -> Result<(), EvolveError>,
    ) -> Result<(RecordId, GenerationRecord), EvolveError> {
        let context = &self.context;
        let mut batch = self.store.batch()?;
        first(&mut batch, &context.config)?;
        let mut head = None;
        for event in &executed.events {
            head = Some(event.append_to(&mut batch, &context.run)?);
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
            // What models answered is no function of what the key covers.
            let files = executed.files.iter().find(|files| files.tree().id() == evaluation.agent);
            if let Some(files) = files.filter(|_| !context.asks_models()) {
                let key = context.means.evaluator.key(&context.task, files, evaluation.split);
                key.into_iter().for_each(|key| batch.put_memo(*key.as_bytes(), &id));
            }
        }
        let work = format!("{:08}", self.state.next);
        put_exchanges(&mut batch, &context.run, &work, &executed.exchanges)?;
        let marks = batch.put_staged(&executed.marks)?;
        let marks = marks.ok_or_else(|| EvolveError::Journal("it has no mark space".to_owned()))?;
        let marks = marks_segment(&executed, marks);
        let journal = Segment { from: self.state.next_event, to: head.seq + 1, head: head.id };
        let record = record_of(context.run, &self.state, &executed, (journal, marks));
        let id = batch.put_record(GENERATION_KIND, &record.to_value()?)?;
        let name = generation_name(record.generation);
        batch.set_ref(&context.run, &name, &id);
        record.finished(id).append_to(&mut batch, &context.run)?;
        batch.commit()?;
        self.state.apply(id, &record)?;
        Ok((id, record))
    }
}

/// Writes the calls of models, and beside them what each took.
pub(crate) fn put_exchanges(
    batch: &mut Batch,
    run: &RecordId,
    work: &str,
    exchanges: &[(Exchange, Effort)],
) -> Result<(), EvolveError> {
    if exchanges.is_empty() {
        return Ok(());
    }
    let wrong = |error: canon::CanonError| EvolveError::record("a model exchange", error);
    for (exchange, _) in exchanges {
        batch.put_record(RECORD_KIND, &exchange.body().map_err(wrong)?)?;
    }
    let efforts = canon::to_value(&Efforts::of(exchanges)).map_err(wrong)?;
    let id = batch.put_record(EFFORTS_KIND, &efforts)?;
    batch.set_ref(run, &efforts_name(work), &id);
    Ok(())
}

/// The entries of a generation in the journal of its mark space, which ends with `head`.
fn marks_segment(executed: &Executed, head: hyperspace_core::EventId) -> Segment {
    let from = executed.marks.first();
    Segment { from, to: from + executed.marks.entries().len() as u64, head }
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

/// The record of a generation that was executed from `state`, with these pieces of its run's journal and mark space.
pub fn record_of(
    run: RecordId,
    state: &State,
    executed: &Executed,
    (journal, marks): (Segment, Segment),
) -> GenerationRecord {
    GenerationRecord {
        run,
        generation: state.next,
        previous: state.last,
        candidates: executed.candidates.clone(),
        champions: executed.champions.clone(),
        best: executed.best,
        fuel: executed.fuel,
        journal,
        marks,
    }
}

/// Executes a recorded generation again, from the state before it; nothing that was computed before is used, models answer from
/// the record, and nothing is written.
///
/// # Errors
///
/// As [`Run::advance`]; [`EvolveError::Model`] when a guest asks a model something else than what was recorded.
pub async fn reexecute(
    context: &Context,
    store: &Store,
    state: &State,
    recorded: &GenerationRecord,
) -> Result<Executed, EvolveError> {
    let talk = match &context.config.models {
        None => None,
        Some(rules) => {
            let events = journal_segment(store, &context.run, recorded.journal)?;
            let talk = Talk::replayed(store, &events, rules.clone(), CONVERSATIONS)?;
            Some(Arc::new(talk))
        }
    };
    let sources = Sources { memo: Memo::Nothing, talk };
    if state.next == 0 {
        let mut space = RunSpace::new(context)?;
        let files = store.get_files(&context.config.agent_files)?;
        return generation::seed(context, files, &mut space, &sources).await;
    }
    let mut space = RunSpace::open(store, context, Some(recorded.marks.from))?;
    generation::next(context, store, state, &mut space, &sources).await
}
