//! Runs in the background, with their progress and events.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{Mutex, RecordId};
use hyperspace_service::{
    Engine, ResumeRequest, RunEvent, RunHandle, RunProgress, RunRequest, RunStartView, RunView, ServiceError,
};
use serde::Serialize;
use tokio::task::JoinHandle;

use crate::client::{ClientAccount, MoneyClaim};
use crate::run_events::RunEventLog;

/// Maximum number of runs that have ended whose events are kept.
const ENDED_LOGS_MAX: usize = 8;

/// Runs that were started by a server and continue without anybody waiting for them. Cheap to clone.
///
/// A run that is stopped, or that ends with the process, keeps what was committed; starting it again resumes it.
#[derive(Clone)]
pub struct BackgroundRuns {
    engine: Engine,
    runs: RunTable,
}

type RunTable = Arc<Mutex<BTreeMap<RecordId, BackgroundRun>>>;

struct BackgroundRun {
    /// Its place in the order in which runs were started.
    number: u64,
    state: BackgroundRunState,
    events: Arc<RunEventLog>,
    task: Option<JoinHandle<()>>,
}

/// The state of a run that was started in the background.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[non_exhaustive]
pub enum BackgroundRunState {
    /// The run is in progress.
    Running {
        /// Its progress.
        progress: Box<RunProgress>,
    },
    /// The run has ended.
    Ended {
        /// Its result.
        result: Box<RunView>,
    },
    /// The run was stopped; everything committed stays.
    Stopped,
    /// The run failed; everything committed stays.
    Failed {
        /// The reason, and what can be done about it.
        error: String,
    },
}

/// The budget that pays for the run.
#[derive(Debug, Default)]
pub(crate) struct RunMeter {
    pub(crate) account: Option<Arc<ClientAccount>>,
    pub(crate) money: Option<MoneyClaim>,
}

impl BackgroundRuns {
    /// Returns an empty list for the runs of an engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, runs: Arc::default() }
    }

    /// Starts a run, or resumes it if the store has it. It continues after this method returns.
    ///
    /// # Errors
    ///
    /// As [`Engine::start`], for example when another run is writing to the store.
    ///
    /// # Panics
    ///
    /// When called outside of a tokio runtime.
    pub async fn start(&self, request: RunRequest) -> Result<RunStartView, ServiceError> {
        self.start_metered(request, RunMeter::default()).await
    }

    /// As [`BackgroundRuns::start`], metering what the run uses.
    pub(crate) async fn start_metered(
        &self,
        request: RunRequest,
        meter: RunMeter,
    ) -> Result<RunStartView, ServiceError> {
        Ok(self.follow(self.engine.start(request).await?, meter))
    }

    /// Resumes a run of the store. It continues after this method returns.
    pub(crate) async fn resume_metered(
        &self,
        request: ResumeRequest,
        meter: RunMeter,
    ) -> Result<RunStartView, ServiceError> {
        Ok(self.follow(self.engine.resume(request).await?, meter))
    }

    /// Continues a run in the background.
    fn follow(&self, handle: RunHandle, meter: RunMeter) -> RunStartView {
        let (id, view) = (handle.id(), handle.start().clone());
        let state = BackgroundRunState::Running { progress: Box::new(handle.progress()) };
        let events = Arc::new(RunEventLog::default());
        let (runs, log) = (Arc::clone(&self.runs), Arc::clone(&events));
        // The entry is made while the list is locked, so that the task finds it.
        let mut locked = self.runs.lock();
        let task = tokio::spawn(drive(runs, id, handle, log, meter));
        let number = 1 + locked.values().map(|run| run.number).max().unwrap_or_default();
        locked.insert(id, BackgroundRun { number, state, events, task: Some(task) });
        for run in logs_to_forget(&locked) {
            run.events.forget();
        }
        view
    }

    /// Returns the state of a run that was started here.
    #[must_use]
    pub fn state(&self, run: &RecordId) -> Option<BackgroundRunState> {
        self.runs.lock().get(run).map(|run| run.state.clone())
    }

    /// Returns the events of a run that was started here.
    pub(crate) fn events(&self, run: &RecordId) -> Option<Arc<RunEventLog>> {
        self.runs.lock().get(run).map(|run| Arc::clone(&run.events))
    }

    /// Returns the runs that were started here.
    #[must_use]
    pub fn known(&self) -> Vec<RecordId> {
        self.runs.lock().keys().copied().collect()
    }

    /// Returns the run started here whose hash begins like this, or, for `None`, the only one in progress.
    pub(crate) fn started_here(&self, wanted: Option<&str>) -> Option<RecordId> {
        match wanted {
            Some("") => None,
            Some(wanted) => self.known().into_iter().find(|id| id.to_string().starts_with(wanted)),
            None => match self.running()[..] {
                [only] => Some(only),
                _ => None,
            },
        }
    }

    /// Returns the runs that were started here and are in progress.
    #[must_use]
    pub fn running(&self) -> Vec<RecordId> {
        let runs = self.runs.lock();
        let goes_on = |run: &BackgroundRun| matches!(run.state, BackgroundRunState::Running { .. });
        runs.iter().filter(|(_, run)| goes_on(run)).map(|(id, _)| *id).collect()
    }

    /// Stops a run that was started here. Returns false if it is not in progress.
    #[must_use]
    pub fn stop(&self, run: &RecordId) -> bool {
        self.abort(run).is_some()
    }

    /// Stops a run that was started here, and waits until the store is free. Returns false if it is not in progress.
    pub(crate) async fn stopped(&self, run: &RecordId) -> bool {
        let Some(task) = self.abort(run) else { return false };
        // It ends by being cancelled, as requested.
        drop(task.await);
        true
    }

    /// Stops every run, and waits until the store is free.
    pub(crate) async fn stop_all(&self) -> Vec<RecordId> {
        let mut stopped = Vec::new();
        for run in self.running() {
            if self.stopped(&run).await {
                stopped.push(run);
            }
        }
        stopped
    }

    fn abort(&self, run: &RecordId) -> Option<JoinHandle<()>> {
        let mut runs = self.runs.lock();
        let entry = runs.get_mut(run)?;
        if !matches!(entry.state, BackgroundRunState::Running { .. }) {
            return None;
        }
        let task = entry.task.take()?;
        task.abort();
        entry.state = BackgroundRunState::Stopped;
        entry.events.end();
        Some(task)
    }
}

/// Returns the runs whose events are dropped: those that have ended, without the latest ones.
fn logs_to_forget(runs: &BTreeMap<RecordId, BackgroundRun>) -> Vec<&BackgroundRun> {
    let goes_on = |run: &&BackgroundRun| matches!(run.state, BackgroundRunState::Running { .. });
    let mut ended: Vec<&BackgroundRun> = runs.values().filter(|run| !goes_on(run)).collect();
    ended.sort_by_key(|run| std::cmp::Reverse(run.number));
    ended.split_off(ended.len().min(ENDED_LOGS_MAX))
}

/// Returns the fuel that an event reports.
fn fuel_of(event: &RunEvent) -> u64 {
    match event {
        RunEvent::CandidateMade { fuel, .. } | RunEvent::CandidateMeasured { fuel, known: false, .. } => {
            *fuel
        }
        _ => 0,
    }
}

/// Drives a run to its end, making its progress visible.
async fn drive(
    runs: RunTable,
    id: RecordId,
    mut handle: RunHandle,
    events: Arc<RunEventLog>,
    mut meter: RunMeter,
) {
    let set = |state: BackgroundRunState| {
        if let Some(run) = runs.lock().get_mut(&id)
            && matches!(run.state, BackgroundRunState::Running { .. })
        {
            run.state = state;
        }
    };
    let mut within = true;
    while let Some(event) = handle.next().await {
        events.push(&event);
        let progress = handle.progress();
        if let Some(money) = &mut meter.money {
            money.note(progress.spent.cost);
        }
        set(BackgroundRunState::Running { progress: Box::new(progress) });
        within = meter.account.as_ref().is_none_or(|account| account.add_fuel(fuel_of(&event)));
        if !within {
            break;
        }
    }
    if let Some(money) = &mut meter.money {
        money.note(handle.progress().spent.cost);
    }
    if within {
        match handle.finish().await {
            Ok(result) => set(BackgroundRunState::Ended { result: Box::new(result) }),
            Err(error) => set(BackgroundRunState::Failed { error: words(&error) }),
        }
    } else {
        handle.cancel();
        let error = "the token's budget of fuel is spent; what was committed stays".to_owned();
        set(BackgroundRunState::Failed { error });
    }
    drop(meter);
    events.end();
}

/// Returns a description of an error, with what can be done about it.
pub(crate) fn words(error: &ServiceError) -> String {
    error.hints().into_iter().fold(error.with_causes(), |words, hint| format!("{words}\nhint: {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_runs_that_ended_long_ago_are_dropped() {
        let run = |number: u64| {
            let (state, events) = (BackgroundRunState::Stopped, Arc::default());
            (RecordId::of_bytes(&number.to_le_bytes()), BackgroundRun { number, state, events, task: None })
        };
        let runs: BTreeMap<RecordId, BackgroundRun> = (1..=20).map(run).collect();
        let mut numbers: Vec<u64> = logs_to_forget(&runs).iter().map(|run| run.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=12).collect::<Vec<u64>>());
    }
}
