//! The engine as Python holds it: the application layer, with the threads on which it works.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyperspace::models::{Secret, TimeSource};
use hyperspace::{Environment, Settings};
use pyo3::prelude::*;

use crate::attached::attached;
use crate::engine_threads::EngineThreads;
use crate::errors::RequestFailure;
use crate::pending::Pending;

/// Real time.
#[derive(Debug)]
struct ProcessClock(Instant);

impl ProcessClock {
    #[expect(clippy::disallowed_methods, reason = "a front end reads the clock; results do not depend on it")]
    fn start() -> Self {
        Self(Instant::now())
    }
}

impl TimeSource for ProcessClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    #[expect(clippy::disallowed_methods, reason = "a front end reads the clock; results do not depend on it")]
    fn unix_seconds(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

/// One store, one interpreter, and threads. Made for one process: a forked child makes its own.
#[pyclass(frozen, module = "hyperspace", name = "Engine")]
#[derive(Clone)]
pub(crate) struct PythonEngine {
    pub(crate) engine: hyperspace::Engine,
    pub(crate) runtime: EngineThreads,
}

/// Parses the settings of a file's text, or returns the default ones.
fn settings(text: Option<&str>) -> Result<Settings, RequestFailure> {
    text.map_or_else(
        || Ok(Settings::default()),
        |text| Settings::parse("settings", text).map_err(RequestFailure::from),
    )
}

#[pymethods]
impl PythonEngine {
    /// Makes an engine. `settings` is the text of a settings file; `key(NAME)` returns the value of an environment variable or None.
    #[new]
    #[pyo3(signature = (store, cache_dir, workers, settings_text=None, key=None))]
    fn new(
        py: Python<'_>,
        store: PathBuf,
        cache_dir: Option<PathBuf>,
        workers: usize,
        settings_text: Option<&str>,
        key: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let fail = |failure: RequestFailure| failure.into_exception(py);
        let mut environment = Environment::default()
            .holder(format!("Python, process {}", std::process::id()))
            .clock(Arc::new(ProcessClock::start()));
        if let Some(key) = key {
            environment = environment.keys(move |name| {
                let value = attached(|py| key.call1(py, (name,))?.extract::<Option<String>>(py));
                value.and_then(Result::ok).flatten().map(|value| Secret::new(&value))
            });
        }
        let mut builder = hyperspace::Engine::builder()
            .settings(settings(settings_text).map_err(fail)?)
            .store(store)
            .workers(workers)
            .environment(environment);
        if let Some(cache_dir) = cache_dir {
            builder = builder.cache_dir(cache_dir);
        }
        let engine = builder.build().map_err(|error| fail(error.into()))?;
        Ok(Self { engine, runtime: EngineThreads::start(workers).map_err(fail)? })
    }

    /// Prepares the interpreter: compiles it where it is not in the cache. Results in the digest of the runtime.
    fn warm(&self) -> Pending {
        let engine = self.engine.clone();
        self.blocking(move || Ok(engine.evaluator()?.sandbox().runtime_digest().to_owned()))
    }
}

impl PythonEngine {
    /// Starts work that blocks its thread and whose result is a text.
    pub(crate) fn blocking(
        &self,
        work: impl FnOnce() -> Result<String, RequestFailure> + Send + 'static,
    ) -> Pending {
        Pending::new(&self.runtime, async move {
            let worked = tokio::task::spawn_blocking(work).await;
            worked.unwrap_or_else(|error| Err(RequestFailure::internal(error.to_string())))
        })
    }
}
