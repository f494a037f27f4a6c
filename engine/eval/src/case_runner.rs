//! Asking: the cases of a candidate side by side, and what came of each of them.
//!
//! Invariants: rows come in the order of the cases, whichever was done first; a case after the first without a measure does not
//! count, even if it ran; an error ends the evaluation when it is its turn, so that no failure hides behind a score and no
//! score behind a failure.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_llm::SessionError;
use hyperspace_sandbox::{Outcome, Report, Template};
use tokio::task::JoinSet;

use crate::case::{Case, CaseName};
use crate::case_room::{self, Asked, Episode, Manner};
use crate::doors::CaseDoors;
use crate::error::EvalError;
use crate::evaluation::{CaseOutcome, CaseResult};
use crate::scorer::{InvalidAnswer, Measure, Problem, cap_set, circle_packing};
use crate::split::Split;
use crate::stage;
use crate::task::Task;

/// Rows that may be done before an earlier one is, for each of those at the same time.
const AHEAD: usize = 4;
/// Characters of evidence in a row.
const EVIDENCE_CHARS_MAX: usize = 2_000;

/// Rows in order, up to the first without a measure; `at_once` cases run at the same time.
pub(crate) async fn rows(
    asker: &Arc<CaseRunner>,
    cases: &[Case],
    at_once: usize,
) -> Result<Vec<CaseResult>, EvalError> {
    let (mut rows, mut running, mut next) = (Rows::default(), JoinSet::new(), 0);
    loop {
        // Who is done takes the next case, whichever that is; but no one runs far ahead of the rows, or on where an error waits.
        while rows.go_on()
            && running.len() < at_once
            && next < cases.len().min(rows.rows.len() + AHEAD * at_once)
        {
            let (asker, case, index) = (Arc::clone(asker), cases[next].clone(), next);
            running.spawn(async move { (index, asker.measure(case).await) });
            next += 1;
        }
        let Some(joined) = running.join_next().await else { return rows.in_order() };
        let (index, row) = joined.map_err(|error| EvalError::Lost(error.to_string()))?;
        if let Err(EvalError::Model { source: SessionError::Outage(_), .. }) = &row {
            // The others would wait for the same provider, some of them for minutes.
            running.shutdown().await;
            return row.map(|row| vec![row]);
        }
        rows.add(index, row);
        if rows.ended {
            // Nothing that they do may come after this returns.
            running.shutdown().await;
            return Ok(rows.rows);
        }
    }
}

/// Rows in order, and those that wait for earlier ones.
#[derive(Default)]
struct Rows {
    rows: Vec<CaseResult>,
    /// There is a row without a measure, which is the last one.
    ended: bool,
    later: BTreeMap<usize, Result<CaseResult, EvalError>>,
    /// One of the later ones is an error. Cases that run are waited for then: what they asked of others is paid for.
    broken: bool,
}

impl Rows {
    fn go_on(&self) -> bool {
        !self.ended && !self.broken
    }

    fn add(&mut self, index: usize, row: Result<CaseResult, EvalError>) {
        self.broken |= row.is_err();
        self.later.insert(index, row);
        while !self.ended {
            let next = self.rows.len();
            match self.later.remove(&next) {
                Some(Ok(row)) => {
                    self.ended = row.measure.is_none();
                    self.rows.push(row);
                }
                Some(error) => {
                    self.later.insert(next, error);
                    return;
                }
                None => return,
            }
        }
    }

    /// The rows, or the error that comes after them.
    fn in_order(mut self) -> Result<Vec<CaseResult>, EvalError> {
        match self.later.remove(&self.rows.len()) {
            Some(Err(error)) if !self.ended => Err(error),
            _ => Ok(self.rows),
        }
    }
}

/// Asks a candidate the cases of a task.
pub(crate) struct CaseRunner {
    pub(crate) template: Template,
    pub(crate) forks: bool,
    pub(crate) wall_clock_ms: u64,
    pub(crate) task: Task,
    pub(crate) split: Split,
    /// The name of the model that the candidate's class gets.
    pub(crate) model: Option<String>,
    pub(crate) doors: Option<Arc<dyn CaseDoors>>,
}

impl CaseRunner {
    /// Asks one case; a run that the backstop ended is repeated once.
    async fn measure(&self, case: Case) -> Result<CaseResult, EvalError> {
        let seed = case_room::case_seed(&self.task, self.split, &case.name);
        let name = CaseName { split: self.split, name: case.name.clone() };
        let manner = Manner { entry: self.task.entry(), model: self.model.as_deref() };
        for _ in 0..2 {
            let door = self.doors.as_ref().map(|doors| doors.door(&name)).transpose()?;
            let Asked { item, episode, stop } = case_room::ask(&case.problem, &manner, seed, door);
            let report = match self.forks {
                true => self.template.fork(item).await,
                false => self.template.fresh(item).await,
            };
            // Whatever the run looks like then, it is none of the candidate's doing.
            if let Some(error) = stop.take() {
                return Err(error);
            }
            let report = report?;
            if report.outcome != Outcome::WallClock {
                return Ok(row(&self.task, &case, report, episode));
            }
            tracing::warn!(case = case.name, "the wall-clock backstop ended a run");
        }
        Err(EvalError::WallClock { case: case.name, limit_ms: self.wall_clock_ms })
    }
}

/// What a report means for a case.
fn row(task: &Task, case: &Case, report: Report, episode: Option<Episode>) -> CaseResult {
    let evidence = evidence(&report);
    let fuel = report.fuel_used;
    let answer = answer(case, &report);
    let (outcome, measure) = match judge(case, report, episode) {
        Ok(measure) => (CaseOutcome::Scored, Some(measure)),
        Err(outcome) => (outcome, stage::of_failure(task)),
    };
    let evidence = evidence.filter(|_| outcome != CaseOutcome::Scored);
    CaseResult { case: case.name.clone(), outcome, measure, fuel, evidence, answer }
}

fn judge(case: &Case, report: Report, episode: Option<Episode>) -> Result<Measure, CaseOutcome> {
    let invalid = |evidence: InvalidAnswer| CaseOutcome::Invalid { evidence };
    // A bad answer ends an episode with an exception in the guest: the answer is the cause, so it is told first.
    let packing = episode.map(Episode::into_result).transpose().map_err(invalid)?;
    let completed = report.outcome.is_completed();
    let Some(value) = report.result.filter(|_| completed) else {
        // Leaving with code 0 before an answer is no completion of a call.
        let outcome = if completed { Outcome::Exit { code: 0 } } else { report.outcome };
        return Err(CaseOutcome::Failed { outcome });
    };
    match &case.problem {
        Problem::BinPacking(_) => {
            packing.and_then(|packing| packing.finish()).map(|packed| packed.measure()).ok_or_else(|| {
                invalid(InvalidAnswer::new("the episode", "an answer for every item", "an early end"))
            })
        }
        Problem::CapSet { dimension } => {
            cap_set::score(*dimension, &value).map(|set| set.measure()).map_err(invalid)
        }
        Problem::CirclePacking { circles } => {
            circle_packing::verify(*circles, &value).map(|packing| packing.measure()).map_err(invalid)
        }
        Problem::RowCase(row) => row.measure(&value).map_err(invalid),
    }
}

/// What a row was answered with, shortened.
fn answer(case: &Case, report: &Report) -> Option<String> {
    let Problem::RowCase(_) = &case.problem else { return None };
    let value = report.result.as_ref().filter(|value| report.outcome.is_completed() && !value.is_null())?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(text.chars().take(EVIDENCE_CHARS_MAX).collect())
}

/// The last words of a candidate.
fn evidence(report: &Report) -> Option<String> {
    let text = match &report.traceback {
        Some(traceback) => traceback.clone(),
        None => String::from_utf8_lossy(&report.stderr).into_owned(),
    };
    let skip = text.chars().count().saturating_sub(EVIDENCE_CHARS_MAX);
    let tail: String = text.chars().skip(skip).collect();
    (!tail.is_empty()).then_some(tail)
}
