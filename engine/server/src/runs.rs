//! Runs that go on in the background, with their progress.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{Mutex, RecordId};
use hyperspace_service::{Engine, RunHandle, RunProgress, RunRequest, RunStartView, RunView, ServiceError};
use serde::Serialize;
use tokio::task::AbortHandle;

/// Runs that were started by a server and go on without anybody who waits for them. Cheap to clone.
///
/// A run that is stopped, or ends with the process, keeps what was committed; starting it again resumes it.
#[derive(Clone)]
pub struct BackgroundRuns {
    engine: Engine,
    runs: Arc<Mutex<BTreeMap<RecordId, BackgroundRun>>>,
}

struct BackgroundRun {
    state: BackgroundRunState,
    abort: AbortHandle,
}

/// The state of a run that was started in the background.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[non_exhaustive]
pub enum BackgroundRunState {
    /// It goes on.
    Running {
        /// Its progress.
        progress: Box<RunProgress>,
    },
    /// It has ended.
    Ended {
        /// Its result.
        result: Box<RunView>,
    },
    /// It was stopped; everything committed stays.
    Stopped,
    /// It failed; everything committed stays.
    Failed {
        /// The reason, and what can be done about it.
        error: String,
    },
}

impl BackgroundRuns {
    /// Makes an empty list for the runs of an engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, runs: Arc::default() }
    }

    /// Starts a run, or resumes it if the store has it. It goes on after this returns.
    ///
    /// # Errors
    ///
    /// As [`Engine::start`], such as when another run writes to the store.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(&self, request: RunRequest) -> Result<RunStartView, ServiceError> {
        let handle = self.engine.start(request).await?;
        let (id, view) = (handle.id(), handle.start().clone());
        let state = BackgroundRunState::Running { progress: Box::new(handle.progress()) };
        let runs = Arc::clone(&self.runs);
        // The entry is made while the list is locked, so the task finds it.
        let mut locked = self.runs.lock();
        let task = tokio::spawn(follow(runs, id, handle));
        locked.insert(id, BackgroundRun { state, abort: task.abort_handle() });
        Ok(view)
    }

    /// Returns the state of a run that was started here.
    #[must_use]
    pub fn state(&self, run: &RecordId) -> Option<BackgroundRunState> {
        self.runs.lock().get(run).map(|run| run.state.clone())
    }

    /// Returns the runs that were started here.
    #[must_use]
    pub fn known(&self) -> Vec<RecordId> {
        self.runs.lock().keys().copied().collect()
    }

    /// Returns the runs that were started here and go on.
    #[must_use]
    pub fn running(&self) -> Vec<RecordId> {
        let runs = self.runs.lock();
        let goes_on = |run: &BackgroundRun| matches!(run.state, BackgroundRunState::Running { .. });
        runs.iter().filter(|(_, run)| goes_on(run)).map(|(id, _)| *id).collect()
    }

    /// Stops a run that was started here. Returns false if it does not go on.
    #[must_use]
    pub fn stop(&self, run: &RecordId) -> bool {
        let mut runs = self.runs.lock();
        match runs.get_mut(run) {
            Some(entry) if matches!(entry.state, BackgroundRunState::Running { .. }) => {
                entry.abort.abort();
                entry.state = BackgroundRunState::Stopped;
                true
            }
            _ => false,
        }
    }
}

/// Drives a run to its end, and keeps its progress where it can be seen.
async fn follow(runs: Arc<Mutex<BTreeMap<RecordId, BackgroundRun>>>, id: RecordId, mut handle: RunHandle) {
    let set = |state: BackgroundRunState| {
        if let Some(run) = runs.lock().get_mut(&id)
            && matches!(run.state, BackgroundRunState::Running { .. })
        {
            run.state = state;
        }
    };
    while handle.next().await.is_some() {
        set(BackgroundRunState::Running { progress: Box::new(handle.progress()) });
    }
    match handle.finish().await {
        Ok(result) => set(BackgroundRunState::Ended { result: Box::new(result) }),
        Err(error) => set(BackgroundRunState::Failed { error: words(&error) }),
    }
}

/// Returns an error in words, with what can be done about it.
pub(crate) fn words(error: &ServiceError) -> String {
    error.hints().into_iter().fold(error.with_causes(), |words, hint| format!("{words}\nhint: {hint}"))
}
