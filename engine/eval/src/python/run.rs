//! Runs one case of a task with an evaluator in Python.

use std::sync::Arc;

use hyperspace_core::{FileSet, Mutex};
use hyperspace_sandbox::{Item, Limits, Outcome, Report, Sandbox, Template};
use serde_json::{Value, json};

use crate::case::Case;
use crate::doors::StopError;
use crate::error::EvalError;
use crate::evaluation::CaseResult;
use crate::scorer::Measure;
use crate::task::Task;

use super::evaluator_door::{EvaluatorDoor, OPERATIONS, ProgramLedger};
use super::evaluator_result;
use super::rooms::Rooms;
use super::scorer::PythonCase;
use super::settings::{Isolation, PythonScoring};
use super::text_parts::TextParts;

/// Fuel of an evaluator if neither the task nor the caller sets more.
const EVALUATOR_FUEL_DEFAULT: u64 = 20_000_000_000;

/// Runs cases of one candidate.
pub(crate) struct PythonRunner {
    sandbox: Sandbox,
    rooms: Arc<Rooms>,
    program: Template,
    evaluator: Template,
    forks: bool,
    is_forked_for_cases: bool,
    seed_agent: FileSet,
}

/// The parts from which a runner is made.
pub(crate) struct PythonRunnerSpec<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) task: &'a Task,
    pub(crate) settings: &'a PythonScoring,
    pub(crate) agent: &'a FileSet,
    pub(crate) sdk: &'a FileSet,
    pub(crate) limits: Limits,
    pub(crate) base: Limits,
    pub(crate) seed: u64,
    /// True if guests start from a kept state when several start from it.
    pub(crate) forks: bool,
    /// True if there are several cases, so that each starts from a kept state.
    pub(crate) is_forked_for_cases: bool,
}

impl PythonRunner {
    /// Creates the templates of both guests. Nothing runs yet.
    pub(crate) fn new(spec: PythonRunnerSpec<'_>) -> Result<Self, EvalError> {
        let PythonRunnerSpec { sandbox, task, settings, agent, sdk, limits, base, seed, .. } = spec;
        let base = base.clone().with_fuel(base.fuel.max(EVALUATOR_FUEL_DEFAULT));
        // The evaluation begins only if the file exists.
        let program = task.entry_file(agent).unwrap_or_default();
        let rooms = Rooms {
            settings: settings.clone(),
            program_limits: limits,
            evaluator_limits: settings.limits.over(&base),
            agent: agent.clone(),
            task: task.files().clone(),
            sdk: sdk.clone(),
            packages: task.packages().clone(),
            module: task.entry().module.clone(),
            program: format!("/repo/{program}"),
            seed,
        };
        let broken = |error: hyperspace_core::PathError| EvalError::Sdk(error.to_string());
        Ok(Self {
            program: sandbox.template(rooms.program_setup().map_err(broken)?)?,
            evaluator: sandbox.template(rooms.evaluator_setup().map_err(broken)?)?,
            sandbox: sandbox.clone(),
            rooms: Arc::new(rooms),
            // Calls that each start from a state share that state, even within a single case.
            forks: spec.is_forked_for_cases || (spec.forks && settings.isolation == Isolation::Call),
            is_forked_for_cases: spec.is_forked_for_cases,
            seed_agent: task.seed_agent(),
        })
    }

    /// Runs one case. Returns `None` if the backstop ended it.
    pub(crate) async fn run_case(&self, case: &Case, seed: u64) -> Result<Option<CaseResult>, StopError> {
        let ledger = Arc::new(Mutex::new(ProgramLedger::default()));
        let door = EvaluatorDoor {
            sandbox: self.sandbox.clone(),
            rooms: Arc::clone(&self.rooms),
            template: self.program.clone(),
            forks: self.forks,
            seed,
            ledger: Arc::clone(&ledger),
            guest: None,
            is_charged_for_start: false,
            callbacks: Vec::new(),
            parts: TextParts::default(),
        };
        let item = Item::call("hyperspace_evaluator.driver", "evaluate", vec![self.spec(case, seed)]);
        let item = item.seed(seed).door(&OPERATIONS, door);
        let report = match self.is_forked_for_cases {
            true => self.evaluator.fork(item).await,
            false => self.evaluator.fresh(item).await,
        };
        let report = report.map_err(EvalError::from)?;
        if report.outcome == Outcome::WallClock {
            return Ok(None);
        }
        Ok(Some(self.result(case, &report, &ledger.lock())))
    }

    fn result(&self, case: &Case, report: &Report, ledger: &ProgramLedger) -> CaseResult {
        let read = evaluator_result::read(report, ledger, &self.rooms.settings.file);
        CaseResult {
            case: case.name.clone(),
            outcome: read.outcome,
            measure: read.score.map(Measure::of),
            fuel: report.fuel_used.saturating_add(ledger.fuel),
            evidence: read.evidence,
            answer: None,
            details: Some(read.details),
        }
    }

    /// Returns the evaluation in the form in which the driver in the evaluator's guest takes it.
    fn spec(&self, case: &Case, seed: u64) -> Value {
        let Rooms { settings, module, program, .. } = &*self.rooms;
        let case = case.data::<PythonCase>().cloned().unwrap_or_default();
        json!({
            "file": settings.file, "module": settings.module, "function": settings.function, "key": settings.key,
            "call": settings.call, "isolation": settings.isolation, "separation": settings.separation,
            "cascade": settings.cascade, "env": settings.env, "visible": settings.visible,
            "settings": settings.settings, "program": program, "entry": module,
            "names": self.rooms.module_names(&self.seed_agent), "results": "/tmp/results",
            "args": case.args, "case_seed": case.seed, "seed": seed, "reads": settings.reads,
            "replaces": settings.replaces,
        })
    }
}
