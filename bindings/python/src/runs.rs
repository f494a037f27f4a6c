//! Runs of evolution and replays, as streams of events.

use std::path::PathBuf;
use std::sync::Arc;

use hyperspace::service::{LimitSettings, SearchSettings, document};
use hyperspace::{ReplayHandle, ReplayRequest, ResumeRequest, RunHandle, RunRequest, RunSettings};
use pyo3::prelude::*;
use serde::Deserialize;
use tokio::sync::{Mutex, watch};

use crate::engine::PythonEngine;
use crate::errors::RequestFailure;
use crate::evaluation::agent;
use crate::options;
use crate::pending::Pending;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StartOptions {
    task: String,
    data: Option<PathBuf>,
    agent: Option<String>,
    #[serde(default)]
    settings: RunSettings,
    search: Option<SearchSettings>,
    #[serde(default)]
    limits: LimitSettings,
}

/// A handle that Python may use from several threads; `None` after its end was waited for.
type Taken<T> = Arc<Mutex<Option<T>>>;

fn ended() -> RequestFailure {
    RequestFailure::usage("its end was waited for already")
}

/// A run that goes on while it is waited for.
#[pyclass(frozen, module = "hyperspace", name = "Run")]
pub(crate) struct PythonRun {
    id: String,
    handle: Taken<RunHandle>,
    /// True once it was cancelled, even while somebody waits for it.
    cancelled: Arc<watch::Sender<bool>>,
    owner: PythonEngine,
}

/// Waits for work, or for the end of a run by `cancel`, which gives `None`.
async fn unless_cancelled<T>(cancelled: &watch::Sender<bool>, work: impl Future<Output = T>) -> Option<T> {
    let mut state = cancelled.subscribe();
    tokio::select! {
        biased;
        value = work => Some(value),
        _ = state.wait_for(|cancelled| *cancelled) => None,
    }
}

/// Work that results in a run.
fn started(
    owner: &PythonEngine,
    start: impl Future<Output = Result<RunHandle, hyperspace::ServiceError>> + Send + 'static,
) -> Pending {
    let engine = owner.clone();
    Pending::new(&owner.runtime, async move {
        let handle = start.await?;
        let (id, handle) = (handle.id().to_string(), Arc::new(Mutex::new(Some(handle))));
        Ok(PythonRun { id, handle, cancelled: Arc::new(watch::Sender::new(false)), owner: engine })
    })
}

#[pymethods]
impl PythonEngine {
    /// Starts a run. Results in a `Run`.
    #[pyo3(signature = (options, files=None))]
    fn start(
        &self,
        py: Python<'_>,
        options: &str,
        files: Option<Vec<(String, Vec<u8>)>>,
    ) -> PyResult<Pending> {
        let request = options::parse::<StartOptions>(options).and_then(|options| {
            let mut request = RunRequest::new().task(options.task);
            request.data = options.data;
            request.agent = agent(options.agent, files)?;
            request.settings = options.settings;
            request.settings.search = options.search;
            request.settings.limits = options.limits;
            Ok(request)
        });
        let request = request.map_err(|failure| failure.into_exception(py))?;
        let engine = self.engine.clone();
        Ok(started(self, async move { engine.start(request).await }))
    }

    /// Resumes a run, up to `generations` in all. Results in a `Run`.
    #[pyo3(signature = (run=None, generations=None))]
    fn resume(&self, run: Option<&str>, generations: Option<u64>) -> Pending {
        let mut request = ResumeRequest::new();
        if let Some(run) = run {
            request = request.run(run);
        }
        if let Some(generations) = generations {
            request = request.generations(generations);
        }
        let engine = self.engine.clone();
        started(self, async move { engine.resume(request).await })
    }

    /// Replays a run or a generation.
    #[pyo3(signature = (hash=None, all=false))]
    fn replay(&self, hash: Option<&str>, all: bool) -> PythonReplay {
        let mut request = ReplayRequest::new().all(all);
        if let Some(hash) = hash {
            request = request.hash(hash);
        }
        PythonReplay { handle: Arc::new(Mutex::new(Some(self.engine.replay(request)))), owner: self.clone() }
    }
}

#[pymethods]
impl PythonRun {
    /// The hash that names it.
    #[getter]
    fn id(&self) -> &str {
        &self.id
    }

    /// Waits for the next event. Results in its document, or None when the run has ended.
    fn next(&self) -> Pending {
        let (handle, cancelled) = (Arc::clone(&self.handle), Arc::clone(&self.cancelled));
        let work = async move {
            let mut handle = handle.lock().await;
            let run = handle.as_mut().ok_or_else(ended)?;
            let event = unless_cancelled(&cancelled, run.next()).await.flatten();
            Ok(event.map(|event| document(&event)))
        };
        Pending::new(&self.owner.runtime, work)
    }

    /// Waits for the end. Results in the document of `evolve --json`.
    fn finish(&self) -> Pending {
        let (handle, cancelled) = (Arc::clone(&self.handle), Arc::clone(&self.cancelled));
        Pending::new(&self.owner.runtime, async move {
            let run = handle.lock().await.take().ok_or_else(ended)?;
            let end = unless_cancelled(&cancelled, run.finish()).await;
            Ok(document(&end.ok_or_else(|| RequestFailure::usage("the run was cancelled"))??))
        })
    }

    /// Cancels it: the generation at work is given up, everything committed stays. Whoever waits for it is told.
    fn cancel(&self) -> Pending {
        let (handle, cancelled) = (Arc::clone(&self.handle), Arc::clone(&self.cancelled));
        Pending::new(&self.owner.runtime, async move {
            cancelled.send_replace(true);
            drop(handle.lock().await.take());
            Ok(())
        })
    }
}

/// A replay that goes on while it is waited for.
#[pyclass(frozen, module = "hyperspace", name = "Replay")]
pub(crate) struct PythonReplay {
    handle: Taken<ReplayHandle>,
    owner: PythonEngine,
}

#[pymethods]
impl PythonReplay {
    /// Waits for the end. Results in the document of `replay --json`.
    fn finish(&self) -> Pending {
        let handle = Arc::clone(&self.handle);
        Pending::new(&self.owner.runtime, async move {
            let replay = handle.lock().await.take().ok_or_else(ended)?;
            Ok(document(&replay.finish().await?))
        })
    }
}
