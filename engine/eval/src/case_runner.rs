//! Runs the cases of a candidate, several at a time.
//!
//! Invariant: results are in the order of the cases, whichever finished first (see `result_buffer.rs`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyperspace_core::exact_json;
use hyperspace_sandbox::{Outcome, Report, Sandbox, SandboxError, Template};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::case::{Case, CaseName};
use crate::case_room::{self, CallStyle, PreparedCase, SharedJudge};
use crate::doors::{CaseDoors, StopError};
use crate::error::EvalError;
use crate::evaluation::{CaseOutcome, CaseResult};
use crate::evidence::{self, EVIDENCE_CHARS_MAX, EvidenceRules};
use crate::python::PythonRunner;
use crate::result_buffer::ResultBuffer;
use crate::row_watch::RowWatch;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};
use crate::split::Split;
use crate::stage;
use crate::task::Task;

/// Number of cases, for each one that runs at a time, by which a case may run ahead of the first unfinished one.
const AHEAD: usize = 4;

/// The expectation of an answer whose measure cannot be recorded.
const RECORDABLE: &str = "one whose score is a fraction of at most 4,000 digits";

/// Runs cases of a task on one candidate.
pub(crate) struct CaseRunner {
    pub(crate) guests: CaseGuests,
    pub(crate) wall_clock_ms: u64,
    pub(crate) task: Task,
    pub(crate) split: Split,
    pub(crate) evidence: EvidenceRules,
}

/// The guests that take part in a case.
pub(crate) enum CaseGuests {
    /// The candidate alone, measured by a scorer in this process.
    Room {
        /// The sandbox whose threads check answers.
        sandbox: Sandbox,
        template: Template,
        forks: bool,
        /// The name of the model that the candidate's class gets.
        model: Option<String>,
        doors: Option<Arc<dyn CaseDoors>>,
    },
    /// The candidate and an evaluator in Python.
    Python(PythonRunner),
}

/// The results of watched rows, in their order.
pub(crate) struct WatchedRows {
    pub(crate) rows: Vec<CaseResult>,
    /// True if the watch ended them.
    pub(crate) is_stopped: bool,
}

/// Runs `concurrency` cases at a time. Returns their results in order, up to the first one without a measure.
pub(crate) async fn run(
    runner: &Arc<CaseRunner>,
    cases: &[Case],
    concurrency: usize,
) -> Result<Vec<CaseResult>, EvalError> {
    let mut never = |_: &CaseResult| false;
    run_until(runner, cases, concurrency, AHEAD, &mut never).await.map(|watched| watched.rows)
}

/// Runs cases as [`run`] does, up to the one with which the watch ends them. Only a few cases run ahead, because they may be
/// discarded.
pub(crate) async fn run_watched(
    runner: &Arc<CaseRunner>,
    cases: &[Case],
    concurrency: usize,
    watch: &mut dyn RowWatch,
) -> Result<WatchedRows, EvalError> {
    run_until(runner, cases, concurrency, 1, &mut |row| watch.ends_with(row)).await
}

async fn run_until(
    runner: &Arc<CaseRunner>,
    cases: &[Case],
    concurrency: usize,
    ahead: usize,
    ends: &mut (dyn FnMut(&CaseResult) -> bool + Send),
) -> Result<WatchedRows, EvalError> {
    let mut seen = 0;
    let whole = |buffer: ResultBuffer| buffer.finish().map(|rows| WatchedRows { rows, is_stopped: false });
    let (mut buffer, mut running, mut next) = (ResultBuffer::default(), JoinSet::new(), 0);
    loop {
        while buffer.takes_more()
            && running.len() < concurrency
            && next < cases.len().min(buffer.len() + ahead * concurrency)
        {
            let (runner, case, index) = (Arc::clone(runner), cases[next].clone(), next);
            running.spawn(async move { (index, runner.run_case(&case).await) });
            next += 1;
        }
        let Some(joined) = running.join_next().await else { return whole(buffer) };
        let (index, result) = joined.map_err(|error| EvalError::Lost(error.to_string()))?;
        let result = match result {
            Err(StopError { error, at_once: true }) => {
                running.shutdown().await;
                return Err(*error);
            }
            other => other.map_err(|stop| *stop.error),
        };
        buffer.add(index, result);
        while let Some(row) = buffer.results().get(seen) {
            seen += 1;
            if ends(row) {
                running.shutdown().await;
                let mut rows = buffer.into_results();
                rows.truncate(seen);
                return Ok(WatchedRows { rows, is_stopped: true });
            }
        }
        if buffer.is_ended() {
            // No effect of the other cases may happen after this returns.
            running.shutdown().await;
            return whole(buffer);
        }
    }
}

impl CaseRunner {
    /// Runs one case. A run that the backstop ended is repeated once.
    async fn run_case(&self, case: &Case) -> Result<CaseResult, StopError> {
        let seed = case_room::case_seed(&self.task, self.split, &case.name);
        for _ in 0..2 {
            if let Some(result) = self.attempt(case, seed).await? {
                return Ok(result);
            }
            tracing::warn!(case = case.name, "the wall-clock backstop ended a run");
        }
        Err(EvalError::WallClock { case: case.name.clone(), limit_ms: self.wall_clock_ms }.into())
    }

    /// Runs one case once. Returns `None` if the backstop ended it.
    async fn attempt(&self, case: &Case, seed: u64) -> Result<Option<CaseResult>, StopError> {
        let (sandbox, template, forks, model, doors) = match &self.guests {
            CaseGuests::Python(python) => return python.run_case(case, seed).await,
            CaseGuests::Room { sandbox, template, forks, model, doors } => {
                (sandbox, template, *forks, model, doors)
            }
        };
        let name = CaseName { split: self.split, name: case.name.clone() };
        let style = CallStyle { entry: self.task.entry(), model: model.as_deref() };
        let door = doors.as_ref().map(|doors| doors.door(&name)).transpose()?;
        let session = self.task.scorer().start(case);
        let PreparedCase { item, judge, stop } = case_room::prepare(session, &style, seed, door);
        let report = match forks {
            true => template.fork(item).await,
            false => template.fresh(item).await,
        };
        // The door ended the run, so the guest is not responsible for how it ended.
        if let Some(error) = stop.take() {
            return Err(error);
        }
        let report = report.map_err(EvalError::from)?;
        if report.outcome == Outcome::WallClock {
            return Ok(None);
        }
        Ok(Some(self.result(case, report, judge, sandbox).await.map_err(EvalError::from)?))
    }

    /// Returns the result of a case, from the report of its run and the judge's view of what the guest said.
    async fn result(
        &self,
        case: &Case,
        report: Report,
        judge: SharedJudge,
        sandbox: &Sandbox,
    ) -> Result<CaseResult, SandboxError> {
        let evidence = evidence::of(&report, self.evidence);
        let fuel = report.fuel_used;
        let answer = self.task.scorer().keeps_answers().then(|| answer(&report)).flatten();
        let (outcome, measure) = match measured(report, judge, sandbox).await? {
            Ok(measure) => (CaseOutcome::Scored, Some(measure)),
            Err(outcome) => (outcome, stage::measure_of_failure(&self.task)),
        };
        let evidence = evidence.filter(|_| outcome != CaseOutcome::Scored);
        Ok(CaseResult { case: case.name.clone(), outcome, measure, fuel, evidence, answer, details: None })
    }
}

/// Ends a check when the future that waits for it is dropped.
struct CheckGuard(Arc<AtomicBool>);

impl Drop for CheckGuard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Measures on a thread for computing, because checking an answer may take a second.
async fn measured(
    report: Report,
    judge: SharedJudge,
    sandbox: &Sandbox,
) -> Result<Result<Measure, CaseOutcome>, SandboxError> {
    let guard = CheckGuard(Arc::default());
    let mut work = WorkMeter::cancelled_by(Arc::clone(&guard.0));
    sandbox.compute(move || measure(report, &judge, &mut work)).await
}

fn measure(report: Report, judge: &SharedJudge, work: &mut WorkMeter) -> Result<Measure, CaseOutcome> {
    let invalid = |evidence: InvalidAnswer| CaseOutcome::Invalid { evidence };
    let mut judge = judge.lock();
    // A bad answer usually ends the guest with an exception. The answer is the cause, so it is what is reported.
    if let Some(fault) = judge.fault() {
        return Err(invalid(fault));
    }
    let completed = report.outcome.is_completed();
    let Some(value) = report.result.filter(|_| completed) else {
        // Exiting with code 0 before an answer does not complete a call.
        let outcome = if completed { Outcome::Exit { code: 0 } } else { report.outcome };
        return Err(CaseOutcome::Failed { outcome });
    };
    let measure = judge.measure_within(&value, work).map_err(invalid)?;
    if measure.amount.is_recordable() {
        return Ok(measure);
    }
    Err(invalid(InvalidAnswer::new("answer", RECORDABLE, "one with more")))
}

/// Returns the candidate's answer, shortened: a text as it is, anything else as JSON.
fn answer(report: &Report) -> Option<String> {
    let completed = report.outcome.is_completed();
    let value = report.result.as_ref().filter(|value: &&Value| completed && !value.is_null())?;
    Some(exact_json::shown(value).chars().take(EVIDENCE_CHARS_MAX).collect())
}
