//! The path of a request from a client to the application layer, the same for every protocol: scope, budgets, queue, time limit.

mod admission;
mod evaluation;
mod limits;
mod metrics;
mod run_control;
mod session_table;
mod sessions;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyperspace_eval::Task;
use hyperspace_sandbox::Limits;
use hyperspace_service::{Engine, ExecutionView, ServiceError};

use self::admission::WorkQueue;
pub use self::limits::ServerLimits;
use self::metrics::{GaugeReadings, ServerMetrics};
pub(crate) use self::run_control::{start_document, written};
use self::session_table::SessionTable;
use crate::client::{Client, TokenScope};
use crate::refusal::{RefusalKind, RequestRefusal};
use crate::requests::{RequestError, RunPythonRequest};
use crate::runs::BackgroundRuns;

/// Receives descriptions of failures of the server.
pub(crate) type FailureHook = Arc<dyn Fn(&str) + Send + Sync>;

/// The gateway of a server. See the module. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gateway {
    shared: Arc<GatewayShared>,
}

struct GatewayShared {
    engine: Engine,
    runs: BackgroundRuns,
    limits: ServerLimits,
    /// The task of requests that name none.
    task: Option<Task>,
    queue: WorkQueue,
    /// Places for requests whose tasks are loaded.
    loads: WorkQueue,
    sessions: SessionTable,
    metrics: ServerMetrics,
    stopping: AtomicBool,
    on_failure: Option<FailureHook>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("engine", &self.shared.engine).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Creates the gateway of a server with this many tokens.
    pub(crate) fn new(
        engine: Engine,
        limits: ServerLimits,
        tokens: usize,
        task: Option<Task>,
        on_failure: Option<FailureHook>,
    ) -> Self {
        let of_one = limits.sessions_of_one(tokens);
        let places = limits.places.unwrap_or(engine.workers().saturating_mul(2));
        let shared = GatewayShared {
            runs: BackgroundRuns::new(engine.clone()),
            queue: WorkQueue::new(places, limits.waiting_max),
            loads: WorkQueue::new(engine.workers(), limits.waiting_max),
            sessions: SessionTable::new(limits.sessions_max, of_one, limits.session_idle),
            metrics: ServerMetrics::default(),
            stopping: AtomicBool::new(false),
            engine,
            limits,
            task,
            on_failure,
        };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn runs(&self) -> &BackgroundRuns {
        &self.shared.runs
    }

    pub(crate) fn limits(&self) -> &ServerLimits {
        &self.shared.limits
    }

    pub(crate) fn metrics(&self) -> &ServerMetrics {
        &self.shared.metrics
    }

    /// Returns the metrics as text.
    pub(crate) fn metrics_text(&self) -> String {
        let shared = &self.shared;
        shared.metrics.text(GaugeReadings {
            waiting: shared.queue.waiting(),
            places_free: shared.queue.free(),
            sessions: shared.sessions.expire(),
            runs: shared.runs.running().len(),
        })
    }

    /// Removes sessions that have been unused for too long.
    pub(crate) fn expire_sessions(&self) {
        self.shared.sessions.expire();
    }

    /// Refuses new work from now on.
    pub(crate) fn begin_stop(&self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
    }

    /// Reports a failure of the server to the log.
    pub(crate) fn note_failure(&self, refusal: &RequestRefusal) {
        if refusal.is_for_log()
            && let Some(hook) = &self.shared.on_failure
        {
            hook(&refusal.to_string());
        }
    }

    /// Refuses work if the server is about to stop.
    fn open(&self) -> Result<(), RequestRefusal> {
        match self.shared.stopping.load(Ordering::Relaxed) {
            true => Err(RequestRefusal::new(RefusalKind::Stopping, "the server is about to stop").retry(5)),
            false => Ok(()),
        }
    }

    /// Does work that uses at most `fuel`, in turn and within the time limit. The work returns its value and the fuel that it
    /// used. Dropping this future cancels the work, whose fuel then counts in full.
    async fn work<T, F>(&self, client: &Client, fuel: u64, work: F) -> Result<T, RequestRefusal>
    where
        F: Future<Output = Result<(T, u64), ServiceError>>,
    {
        self.open()?;
        let claim = client.account.claim_fuel(fuel)?;
        let limit = self.shared.limits.request;
        let in_turn = async {
            let _place = match self.shared.queue.enter().await {
                Ok(place) => place,
                Err(refusal) => return Ok(Err(refusal)),
            };
            work.await.map(Ok)
        };
        match tokio::time::timeout(limit, in_turn).await {
            Err(_) => Err(RequestRefusal::time_limit(limit)),
            Ok(Err(error)) => {
                // The work was refused before it ran, or this server failed.
                claim.settle(0);
                Err(error.into())
            }
            Ok(Ok(Err(refusal))) => {
                claim.settle(0);
                Err(refusal)
            }
            Ok(Ok(Ok((value, used)))) => {
                claim.settle(used);
                self.shared.metrics.used(used);
                Ok(value)
            }
        }
    }

    /// Loads what a request contains by value, such as a task, on a thread for blocking work. It holds its place until it is loaded, also
    /// when nobody waits for it any more.
    async fn load<T: Send + 'static>(
        &self,
        load: impl FnOnce() -> Result<T, RequestError> + Send + 'static,
    ) -> Result<T, RequestRefusal> {
        let place = self.shared.loads.enter().await?;
        let loading = move || {
            let loaded = load();
            drop(place);
            loaded
        };
        match tokio::task::spawn_blocking(loading).await {
            Ok(loaded) => Ok(loaded?),
            Err(error) => Err(RequestRefusal::new(RefusalKind::Failed, error.to_string())),
        }
    }

    /// Runs a program.
    pub(crate) async fn execute(
        &self,
        client: &Client,
        mut request: RunPythonRequest,
    ) -> Result<ExecutionView, RequestRefusal> {
        client.permits(TokenScope::Execute)?;
        request.memory_mib = client.account.memory_mib(request.memory_mib, memory_mib_by_default())?;
        let request = request.into_execution()?;
        let fuel = request.limits.fuel;
        let execution = async {
            let view = self.engine().execute(request).await?;
            let used = view.fuel;
            Ok((view, used))
        };
        self.work(client, fuel, execution).await
    }

    /// Does blocking read work on a separate thread.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        client: &Client,
        read: impl FnOnce(&Engine) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, RequestRefusal> {
        client.permits(TokenScope::Read)?;
        let engine = self.engine().clone();
        match tokio::task::spawn_blocking(move || read(&engine)).await {
            Ok(result) => Ok(result?),
            Err(error) => Err(RequestRefusal::new(RefusalKind::Failed, error.to_string())),
        }
    }
}

/// Returns the default memory of a guest in MiB.
fn memory_mib_by_default() -> u64 {
    Limits::default().memory_bytes >> 20
}
