//! The handle of a run: it opens a stored run and executes generations.
//!
//! Invariant: all effects of a generation are written in one transaction. A kill at any moment leaves the state before or after a
//! generation, and the next generation is a function of that state, so an interrupted run ends with the same journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::RecordId;
use hyperspace_eval::Task;
use hyperspace_llm::Spend;
use hyperspace_store::Store;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::generation::eval_cache::StoredEvaluations;
use crate::generation::execute;
use crate::generation::executed::ExecutedGeneration;
use crate::generation::work::EvalSources;
use crate::mark_space::RunSpace;
use crate::models::accounts::ModelAccounts;
use crate::models::answered::note_answered;
use crate::models::calls::ModelCalls;
use crate::models::source::{CallScope, CallSource};
use crate::models::stored;
use crate::offspring::answers::AnswersInForce;
use crate::offspring::plan::GenerationPlan;
use crate::progress::{RunEvent, RunObserver};
use crate::record::candidate_id::CandidateId;
use crate::record::config::RunConfig;
use crate::resources::RunResources;
use crate::run::load::{load_context, records};
use crate::run::summary::{RunSummary, summarize};
use crate::search::state::RunState;

/// Maximum number of generations of one run.
pub const GENERATIONS_MAX: u64 = 1_000_000;

/// A run in a store. It owns its handle of the store, and is `Send` and `'static`.
///
/// Dropping the future of a method cancels it: nothing of the current generation is recorded, and the run can continue, or be
/// reopened, from the last committed one.
pub struct Run {
    pub(crate) store: Store,
    pub(crate) context: RunContext,
    pub(crate) state: RunState,
    /// The spend of each population when the last generation was committed.
    pub(crate) spent: Vec<Spend>,
    /// The accounts of the current work.
    pub(crate) accounts: ModelAccounts,
    /// The mark space at its stored end; `None` while a generation changes it, and after such a generation was cancelled.
    pub(crate) space: Option<RunSpace>,
}

/// A generation that was executed but not committed.
struct NextGeneration {
    executed: ExecutedGeneration,
    sources: EvalSources,
    space: RunSpace,
}

impl Run {
    /// Opens a stored run at its last generation.
    ///
    /// # Errors
    ///
    /// [`EvolveError::NoRun`], [`EvolveError::OtherRuntime`], and the errors of damaged stores.
    #[expect(clippy::unused_async, reason = "opening may become a remote operation")]
    pub async fn open(store: Store, id: &RecordId, resources: RunResources) -> Result<Self, EvolveError> {
        let context = load_context(&store, id, resources)?;
        let mut state = context.initial_state();
        let mut owners = BTreeMap::new();
        let records = records(&store, &context.run)?;
        if let Some(models) = context.resources.live_models() {
            note_answered(&store, &context.config, records.iter().map(|(_, record)| record), models)?;
        }
        let champion = records.last().map(|(_, record)| Box::new(record.champion().clone()));
        for (id, record) in records {
            state.apply(id, &record)?;
            for (candidate, one) in (0..).zip(&record.candidates) {
                owners.insert(CandidateId { generation: record.generation, candidate }, one.population);
            }
        }
        if state.next == 0 {
            return Err(EvolveError::no_seed_generation());
        }
        let owner = |id| owners.get(&id).and_then(|population| usize::try_from(*population).ok());
        let spent = stored::spent(&store, &context.run, context.config.populations.len(), owner)?;
        let accounts = ModelAccounts::new(&context, &spent);
        let mut run = Self { store, context, state, space: None, spent, accounts };
        run.space = Some(run.open_space()?);
        let (id, generation) = (run.context.run, Some(run.generation()));
        let opened = RunEvent::RunOpened { run: id, generation, champion };
        run.context.resources.watch_models();
        run.context.resources.emit(|| opened);
        Ok(run)
    }

    fn open_space(&self) -> Result<RunSpace, EvolveError> {
        let space = RunSpace::open(&self.store, &self.context, None)?;
        if space.next() < self.state.entries {
            return Err(EvolveError::inconsistent(
                "the mark space",
                "it has fewer entries than the generations say",
            ));
        }
        Ok(space)
    }

    /// Replaces the observer.
    pub fn observe(&mut self, observer: RunObserver) {
        self.context.resources.observer = Some(observer);
        self.context.resources.watch_models();
    }

    /// Executes and commits generations until `generation` is committed, every population has had all its rounds, or the budget
    /// of held-out rows is spent.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Option`] when the number is outside of 1 to [`GENERATIONS_MAX`]; otherwise the error that stopped the run.
    pub async fn run_to(&mut self, generation: u64) -> Result<(), EvolveError> {
        if !(1..=GENERATIONS_MAX).contains(&generation) {
            let expected = format!("a number between 1 and {GENERATIONS_MAX}");
            return Err(EvolveError::option("generations", generation, expected));
        }
        while self.state.next <= generation && !self.is_finished() {
            self.run_next().await?;
        }
        let generation = self.generation();
        self.context.resources.emit(|| RunEvent::RunFinished { generation });
        Ok(())
    }

    /// Executes and commits the next generation.
    async fn run_next(&mut self) -> Result<(), EvolveError> {
        let NextGeneration { executed, sources, space } = self.execute_next().await?;
        self.commit(executed, |_| Ok(()))?;
        self.finish_generation(sources, space);
        Ok(())
    }

    /// Executes the next generation and discards it: nothing is committed, and the run stays where it was. With an empty
    /// recording of models, it ends with the first request of a meta agent
    /// ([`SessionError::Missing`](hyperspace_llm::SessionError)).
    ///
    /// # Errors
    ///
    /// The error that would stop the run.
    pub async fn rehearse(&mut self) -> Result<(), EvolveError> {
        self.execute_next().await.map(drop)
    }

    async fn execute_next(&mut self) -> Result<NextGeneration, EvolveError> {
        // Put back only after the commit, so that the decisions of a cancelled generation are forgotten with it.
        let mut space = match self.space.take() {
            Some(space) => space,
            None => self.open_space()?,
        };
        space.enter(self.state.next);
        let answers = AnswersInForce::read(&self.context, &space)?;
        let plan = GenerationPlan::new(&self.context, &self.state, answers)?;
        let sources = self.sources(&plan).await?;
        let executed =
            execute::next(&self.context, &self.store, &self.state, plan, &mut space, &sources).await?;
        Ok(NextGeneration { executed, sources, space })
    }

    /// Cleans up after a commit.
    pub(crate) fn finish_generation(&mut self, sources: EvalSources, space: RunSpace) {
        sources.committed();
        self.confirm_spend();
        self.space = Some(space);
    }

    /// Returns whether every population has had all generations that its rounds allow, or the budget of held-out rows is spent.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !self.context.config.takes_part(self.state.next) || self.held_out_is_spent()
    }

    /// Returns whether held-out rows no longer answer, so that nothing can be accepted.
    #[must_use]
    pub fn held_out_is_spent(&self) -> bool {
        let splits = self.context.config.search.as_ref().and_then(|search| search.splits);
        splits.is_some_and(|splits| self.state.held_out.is_spent(&splits))
    }

    /// Returns the sources of generation 0, which has one candidate per population.
    pub(crate) async fn seed_sources(&mut self) -> Result<EvalSources, EvolveError> {
        let populations = 0..self.spent.len();
        let id = |population| CandidateId { generation: 0, candidate: population as u64 };
        self.sources_for(populations.map(|population| (id(population), population)).collect()).await
    }

    /// Returns the sources of a planned generation.
    async fn sources(&mut self, plan: &GenerationPlan) -> Result<EvalSources, EvolveError> {
        let owners = plan.candidates.iter().map(|candidate| (candidate.id, candidate.population));
        self.sources_for(owners.collect()).await
    }

    async fn sources_for(
        &mut self,
        owners: BTreeMap<CandidateId, usize>,
    ) -> Result<EvalSources, EvolveError> {
        let cache = Some(StoredEvaluations::new(self.store.clone()));
        if self.context.config.models.is_none() {
            return Ok(EvalSources { cache, calls: None });
        }
        let scope = CallScope {
            name: format!("{}-{:08}", self.context.run, self.state.next),
            streams: &format!("generation/{}/", self.state.next),
            owner: Box::new(move |id| owners.get(&id).copied()),
        };
        let calls = self.open_calls(&scope).await?;
        Ok(EvalSources { cache, calls: Some(Arc::new(calls)) })
    }

    /// Opens the model calls of a unit of work.
    pub(crate) async fn open_calls(&mut self, scope: &CallScope<'_>) -> Result<ModelCalls, EvolveError> {
        // New accounts, because work that was cancelled may have been charged.
        self.accounts = ModelAccounts::new(&self.context, &self.spent);
        let config = &self.context.config;
        let (Some(rules), Some(resources)) = (&config.models, &self.context.resources.models) else {
            let models = config.called_models().into_iter().collect::<Vec<_>>().join(", ");
            return Err(EvolveError::NoModels { models });
        };
        let accounts = self.accounts.populations();
        let source = CallSource::open(scope, &resources.source, &accounts).await?;
        Ok(ModelCalls::live(source, accounts, rules.clone(), resources.conversations))
    }

    /// Makes the charges of the current work permanent.
    pub(crate) fn confirm_spend(&mut self) {
        self.spent = self.accounts.by_population();
    }

    /// Returns the spend on models so far, of all populations together.
    #[must_use]
    pub fn spent(&self) -> Spend {
        self.accounts.total()
    }

    /// Returns the number of the last generation.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.state.next.saturating_sub(1)
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the hash of the configuration, which identifies the run.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.context.run
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &RunConfig {
        &self.context.config
    }

    /// Returns the task.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.context.task
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// Summarises the run.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`].
    pub fn summary(&self) -> Result<RunSummary, EvolveError> {
        summarize(&self.store, &self.context, &self.state)
    }
}
