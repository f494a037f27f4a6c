//! The engine: a store, an interpreter and models, as one owned handle.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use hyperspace_core::Mutex;
use hyperspace_eval::Evaluator;
use hyperspace_llm::{ModelConfig, ModelEvent, ModelObserver};
use hyperspace_sandbox::{Runtime, RuntimeName, Sandbox, SandboxConfig};
use hyperspace_store::Store;
use tokio::sync::Semaphore;

use crate::blocking::BlockingRuntime;
use crate::defaults;
use crate::environment::Environment;
use crate::error::ServiceError;
use crate::guest::WAITING_GUESTS_MAX;
use crate::settings::Settings;

/// Is called when an interpreter is being prepared: with `true` when that begins, and with `false` when it is done.
type PrepareHook = Arc<dyn Fn(RuntimeName, bool) + Send + Sync>;
/// Is called when a model is about to be checked: with its name, its number from 1, and the number of models.
type CheckHook = Arc<dyn Fn(&str, usize, usize) + Send + Sync>;

/// Sets up an [`Engine`].
///
/// Defaults: the store `.hyperspace` in the working directory, one worker, no cache folder (so the interpreter is compiled at
/// every start, which takes about 15 seconds), no models, and an empty [`Environment`].
#[derive(Clone)]
pub struct EngineBuilder {
    store: PathBuf,
    workers: usize,
    cache_dir: Option<PathBuf>,
    reuse: bool,
    settings: Settings,
    environment: Environment,
    on_prepare: Option<PrepareHook>,
    on_model_check: Option<CheckHook>,
    on_model_event: Option<ModelObserver>,
}

impl EngineBuilder {
    /// Applies a settings file: store, workers and cache folder if it sets them, the defaults of new runs, and models. Later
    /// calls take precedence.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        if let Some(store) = &settings.store {
            self.store.clone_from(store);
        }
        if let Some(workers) = settings.workers {
            self.workers = workers;
        }
        if let Some(cache_dir) = &settings.cache_dir {
            self.cache_dir = Some(cache_dir.clone());
        }
        self.settings = settings;
        self
    }

    /// Sets the folder of the store, which is created by the first run or import.
    #[must_use]
    pub fn store(mut self, folder: impl Into<PathBuf>) -> Self {
        self.store = folder.into();
        self
    }

    /// Sets the number of guests that compute at the same time: 1 to 1,024. This changes no result.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Sets the folder that keeps compiled interpreters.
    #[must_use]
    pub fn cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(folder.into());
        self
    }

    /// Sets whether instances are reused and cases are forks of an imported candidate. Default true. Without it, everything runs
    /// in a new instance, which changes no result but takes longer.
    #[must_use]
    pub fn reuse(mut self, reuse: bool) -> Self {
        self.reuse = reuse;
        self
    }

    /// Sets the environment.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Calls `hook(runtime, true)` when an interpreter is about to be prepared, which takes a while the first time, and
    /// `hook(runtime, false)` afterwards.
    #[must_use]
    pub fn on_prepare(mut self, hook: impl Fn(RuntimeName, bool) + Send + Sync + 'static) -> Self {
        self.on_prepare = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` when a model is about to be checked before a run, with its name, its number from 1, and the number of models.
    #[must_use]
    pub fn on_model_check(mut self, hook: impl Fn(&str, usize, usize) + Send + Sync + 'static) -> Self {
        self.on_model_check = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` with the events of model calls outside of runs: waits, requests in another form, models that are unavailable.
    /// A run reports them among its own events.
    #[must_use]
    pub fn on_model_event(mut self, hook: impl Fn(ModelEvent) + Send + Sync + 'static) -> Self {
        self.on_model_event = Some(Arc::new(hook));
        self
    }

    /// Builds the engine. Nothing is opened, compiled or started yet.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Range`] when the number of workers is out of range.
    pub fn build(self) -> Result<Engine, ServiceError> {
        if !(1..=defaults::WORKERS_MAX).contains(&self.workers) {
            let expected = format!("1 to {}", defaults::WORKERS_MAX);
            return Err(ServiceError::range("workers", self.workers, expected));
        }
        Ok(Engine {
            shared: Arc::new(Shared {
                config: self,
                prepared: Mutex::default(),
                runtime: OnceLock::new(),
                waiting_guests: Arc::new(Semaphore::new(WAITING_GUESTS_MAX)),
                notes: Arc::default(),
            }),
        })
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("store", &self.store)
            .field("workers", &self.workers)
            .field("cache_dir", &self.cache_dir)
            .finish_non_exhaustive()
    }
}

/// A prepared evaluator, and the number of rows that can wait in its sandbox at the same time.
#[derive(Clone)]
struct Prepared {
    instances: usize,
    evaluator: Evaluator,
}

impl Prepared {
    /// Returns the evaluator if its sandbox has this number of instances.
    fn with(&self, instances: usize) -> Option<Evaluator> {
        (self.instances >= instances).then(|| self.evaluator.clone())
    }
}

struct Shared {
    config: EngineBuilder,
    /// The evaluators of the runtimes that have been needed.
    prepared: Mutex<BTreeMap<RuntimeName, Prepared>>,
    runtime: OnceLock<BlockingRuntime>,
    /// Limits the guests that wait for functions of the host.
    waiting_guests: Arc<Semaphore>,
    /// Is held while notes beside the store are read, changed and written.
    notes: Arc<Mutex<()>>,
}

/// All operations of hyperspace on one store, as an owned handle that is cheap to clone, `Send` and `'static`.
///
/// The interpreter is prepared by the first call that needs it; calls that only read the store need none. Methods that run guests
/// or call models are async and run on the caller's tokio runtime; each has a twin with the suffix `_blocking`, which runs on
/// threads of the engine. Dropping the future of a call, or the handle of a run, cancels it. Methods that read the store block
/// while they read.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl Engine {
    /// Returns a builder for an engine.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// use hyperspace_service::Engine;
    ///
    /// let engine = Engine::builder().store("runs").cache_dir("cache").workers(2).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn builder() -> EngineBuilder {
        EngineBuilder {
            store: PathBuf::from(defaults::STORE),
            workers: 1,
            cache_dir: None,
            reuse: true,
            settings: Settings::default(),
            environment: Environment::default(),
            on_prepare: None,
            on_model_check: None,
            on_model_event: None,
        }
    }

    /// Returns the folder of the store.
    #[must_use]
    pub fn store_folder(&self) -> &Path {
        &self.shared.config.store
    }

    /// Returns the number of guests that compute at the same time.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.shared.config.workers
    }

    /// Returns the folder of compiled interpreters, if there is one.
    #[must_use]
    pub fn cache_folder(&self) -> Option<&Path> {
        self.shared.config.cache_dir.as_deref()
    }

    /// Opens the store for reading. A writer may be at work at the same time.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Store`] when there is no store, or none that this build can read.
    pub fn reader(&self) -> Result<Store, ServiceError> {
        self.check_store_folder()?;
        Ok(Store::open_reader(self.store_folder())?)
    }

    /// Opens the store for writing. `purpose` names the work.
    pub(crate) fn writer(&self, purpose: &str) -> Result<Store, ServiceError> {
        self.check_store_folder()?;
        Ok(Store::open_writer(self.store_folder(), &self.holder(purpose))?)
    }

    /// Opens the store for writing, and creates it if it does not exist.
    pub(crate) fn writer_or_new(&self, purpose: &str) -> Result<Store, ServiceError> {
        self.check_store_folder()?;
        Ok(Store::open_or_create(self.store_folder(), &self.holder(purpose))?)
    }

    /// Returns an error if the folder of the store is a file.
    fn check_store_folder(&self) -> Result<(), ServiceError> {
        let folder = self.store_folder();
        if folder.is_file() {
            return Err(ServiceError::file(folder, "expected a folder for the store, found a file"));
        }
        Ok(())
    }

    fn holder(&self, purpose: &str) -> String {
        match self.shared.config.environment.holder.as_str() {
            "" => format!("hyperspace {purpose}"),
            process => format!("hyperspace {purpose}, {process}"),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.config.settings
    }

    /// Returns an engine with further models besides those of the settings, for the same store and with the same interpreters.
    pub(crate) fn with_models(&self, models: BTreeMap<String, ModelConfig>) -> Self {
        let mut config = self.shared.config.clone();
        config.settings.models.extend(models);
        Self {
            shared: Arc::new(Shared {
                config,
                prepared: Mutex::new(self.shared.prepared.lock().clone()),
                runtime: OnceLock::new(),
                waiting_guests: Arc::clone(&self.shared.waiting_guests),
                notes: Arc::clone(&self.shared.notes),
            }),
        }
    }

    /// Returns the observer of model calls outside of runs.
    pub(crate) fn model_observer(&self) -> Option<ModelObserver> {
        self.shared.config.on_model_event.clone()
    }

    /// Reports that a model is about to be checked.
    pub(crate) fn tell_model_check(&self, model: &str, number: usize, all: usize) {
        if let Some(hook) = &self.shared.config.on_model_check {
            hook(model, number, all);
        }
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.shared.config.environment
    }

    /// Returns an evaluator of this engine with the plain runtime, preparing the interpreter if necessary.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// let evaluator = engine.evaluator()?;
    /// println!("{}", evaluator.sandbox().runtime_digest());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ServiceError::Sandbox`] when the interpreter cannot be prepared.
    pub fn evaluator(&self) -> Result<Evaluator, ServiceError> {
        self.evaluator_with(RuntimeName::default(), 0)
    }

    /// Returns an evaluator whose sandbox has the given runtime, and instances for `conversations` waiting rows.
    pub(crate) fn evaluator_with(
        &self,
        runtime: RuntimeName,
        conversations: usize,
    ) -> Result<Evaluator, ServiceError> {
        let instances = self.instances(conversations);
        let mut prepared = self.shared.prepared.lock();
        if let Some(ready) = prepared.get(&runtime).and_then(|ready| ready.with(instances)) {
            return Ok(ready);
        }
        let evaluator = self.prepare(runtime, instances)?;
        prepared.insert(runtime, Prepared { instances, evaluator: evaluator.clone() });
        Ok(evaluator)
    }

    /// Returns the number of instances needed for `conversations` rows and everything else.
    fn instances(&self, conversations: usize) -> usize {
        self.workers().max(conversations) + WAITING_GUESTS_MAX
    }

    /// As [`Engine::evaluator_with`], without blocking a thread of the caller's runtime.
    pub(crate) async fn prepared(
        &self,
        runtime: RuntimeName,
        conversations: usize,
    ) -> Result<Evaluator, ServiceError> {
        // The lock is held while an interpreter is being prepared, so waiting for it happens on another thread.
        let ready = self
            .shared
            .prepared
            .try_lock()
            .and_then(|prepared| prepared.get(&runtime)?.with(self.instances(conversations)));
        if let Some(ready) = ready {
            return Ok(ready);
        }
        let engine = self.clone();
        let prepare = move || engine.evaluator_with(runtime, conversations);
        let prepared = tokio::task::spawn_blocking(prepare).await;
        prepared.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(ServiceError::Threads(io::Error::other("the runtime is shutting down"))),
        })
    }

    /// Returns the semaphore of guests that wait for functions of the host.
    pub(crate) fn waiting_guests(&self) -> &Arc<Semaphore> {
        &self.shared.waiting_guests
    }

    /// Changes notes beside the store while no other run of this engine does, so that none overwrites what another one added.
    pub(crate) fn change_notes<T>(&self, change: impl FnOnce() -> T) -> T {
        let _alone = self.shared.notes.lock();
        change()
    }

    fn prepare(&self, runtime: RuntimeName, instances: usize) -> Result<Evaluator, ServiceError> {
        let config = &self.shared.config;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let sandbox = SandboxConfig::default()
            .with_runtime(Runtime::named(runtime))
            .with_cache_dir(config.cache_dir.clone())
            .with_instances_max(count(instances))
            .with_computing_max(Some(count(config.workers)))
            .with_reuse(config.reuse);
        let tell = |begins| config.on_prepare.as_ref().map(|hook| hook(runtime, begins));
        tell(true);
        let sandbox = Sandbox::new(&sandbox);
        tell(false);
        Ok(Evaluator::new(sandbox?)?.workers(config.workers).forks(config.reuse))
    }

    /// Runs a future on the threads of this engine, which are started by the first call.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Threads`] when they cannot be started.
    ///
    /// # Panics
    ///
    /// When called inside another tokio runtime: await the future there instead.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, ServiceError> {
        let runtime = match self.shared.runtime.get() {
            Some(runtime) => runtime,
            None => {
                let made = BlockingRuntime::new(self.workers()).map_err(ServiceError::Threads)?;
                self.shared.runtime.get_or_init(|| made)
            }
        };
        Ok(runtime.block_on(future))
    }
}
