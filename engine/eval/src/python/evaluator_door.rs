//! The door of the evaluator's guest: requests to the program, and further guests for processes.
//!
//! While the evaluator waits, the program's guest runs; its virtual time also passes for the evaluator. When the program calls a
//! function of the evaluator, the program pays for it: the evaluator gets its fuel back.
//!
//! Attacks that end here: T-EVAL-04, T-EVAL-05, T-EVAL-16, T-EVAL-18, T-EVAL-19, T-EVAL-43.

use std::sync::{Arc, MutexGuard};

use hyperspace_core::Mutex;
use hyperspace_sandbox::{
    Door, DoorCall, DoorError, Files, Outcome, Report, Sandbox, SandboxError, Template, async_trait,
};
use serde_json::{Value, json};

use super::details::printed_end;
use super::process;
use super::program_guest::{ProgramEvent, ProgramGuest, ProgramRequest, end_of};
use super::rooms::{Rooms, START_FUEL};
use super::settings::Isolation;
use super::text_parts::TextParts;

/// The operations of the evaluator's guest.
pub(super) const OPERATIONS: [&str; 4] = ["program.ask", "program.end", "program.part", "process.run"];
/// Maximum number of bytes that are kept of printed text.
const PRINTED_BYTES_MAX: usize = 4_000;
/// Maximum number of further guests that one evaluation may run.
const PROCESSES_MAX: u64 = 10_000;

/// Everything known of the program after an evaluation.
#[derive(Debug, Default)]
pub(super) struct ProgramLedger {
    /// Fuel of all guests of the program, including those of processes.
    pub(super) fuel: u64,
    /// The end of what it printed.
    pub(super) printed: Vec<u8>,
    /// The outcome of the last guest that ended before the evaluator was done.
    pub(super) ended: Option<Outcome>,
    /// True while a function of the evaluator runs that the program called.
    pub(super) in_callback: bool,
    processes: u64,
}

impl ProgramLedger {
    pub(super) fn note(&mut self, report: &Report) {
        for text in [&report.stdout, &report.stderr] {
            self.printed.extend_from_slice(text);
        }
        let skip = self.printed.len().saturating_sub(PRINTED_BYTES_MAX);
        self.printed.drain(..skip);
    }
}

/// See the module.
pub(super) struct EvaluatorDoor {
    pub(super) sandbox: Sandbox,
    pub(super) rooms: Arc<Rooms>,
    pub(super) template: Template,
    pub(super) forks: bool,
    pub(super) seed: u64,
    pub(super) ledger: Arc<Mutex<ProgramLedger>>,
    pub(super) guest: Option<ProgramGuest>,
    /// True once a guest has started: the cost of its start is charged once, because all start from the same state.
    pub(super) is_charged_for_start: bool,
    /// For each function of the evaluator that the program called, the evaluator's fuel when the function began.
    pub(super) callbacks: Vec<u64>,
    /// The parts of the next request to the program, or of the next process.
    pub(super) parts: TextParts,
}

#[async_trait]
impl Door for EvaluatorDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        match call.operation {
            "program.ask" => self.ask(call).await,
            "program.part" => self.parts.add(&call.params),
            "program.end" => self.end().await,
            "process.run" => self.process(call).await,
            other => Err(DoorError::Invalid(format!("no such operation: {other}"))),
        }
    }
}

impl EvaluatorDoor {
    fn ledger(&self) -> MutexGuard<'_, ProgramLedger> {
        self.ledger.lock()
    }

    async fn ask(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        let params = &call.params;
        let payload = params.get("payload").and_then(Value::as_str).unwrap_or_default().to_owned();
        let payload = self.parts.complete(payload)?;
        let resume = params.get("resume").and_then(Value::as_bool).unwrap_or_default();
        // The program pays for what the evaluator has done for it since its call.
        let charge = self.callbacks.last().map_or(0, |began| call.fuel_used.saturating_sub(*began));
        call.files.refund(charge);
        if resume {
            self.callbacks.pop();
        }
        let timeout = params.get("seconds").and_then(Value::as_f64).map(fuel_of);
        let mut guest = match self.guest.take() {
            Some(guest) => guest,
            None => match self.start(call.files).await? {
                Ok(guest) => guest,
                Err(ended) => return Ok(ended),
            },
        };
        let (fuel, before) = (guest.fuel, guest.virtual_ns);
        let left = self.fuel_left().saturating_sub(charge);
        let is_timed = timeout.is_some_and(|timeout| timeout < left);
        let bound = timeout.map_or(left, |timeout| timeout.min(left));
        guest.ask(ProgramRequest { payload, charge, bound });
        match guest.next().await.map_err(abort)? {
            ProgramEvent::Answer(answer) => {
                call.files.pass_time(answer.virtual_ns.saturating_sub(before));
                self.ledger().fuel += answer.fuel.saturating_sub(fuel);
                if answer.callback {
                    // The refund of this call comes first, so fuel is counted from there.
                    self.callbacks.push(call.fuel_used.saturating_sub(charge));
                    call.files.bound_fuel(self.fuel_left());
                }
                self.ledger().in_callback = !self.callbacks.is_empty();
                if answer.callback
                    || self.rooms.settings.isolation == Isolation::Evaluation
                    || !self.callbacks.is_empty()
                {
                    self.guest = Some(guest);
                }
                Ok(json!({ "payload": answer.payload, "callback": answer.callback }))
            }
            ProgramEvent::Ended(report) => {
                call.files.pass_time(report.virtual_ns.saturating_sub(before));
                self.ledger().fuel += report.fuel_used.saturating_sub(fuel);
                self.callbacks.clear();
                self.ledger().in_callback = false;
                self.ended(&report, is_timed)
            }
        }
    }

    /// Returns the fuel that the program has left in this evaluation.
    fn fuel_left(&self) -> u64 {
        self.rooms.program_limits.fuel.saturating_sub(self.ledger().fuel)
    }

    /// Lets the program's guest end, so that its output is known.
    async fn end(&mut self) -> Result<Value, DoorError> {
        if let Some(guest) = self.guest.take()
            && let Some(report) = guest.end().await.map_err(abort)?
        {
            self.ledger().note(&report);
        }
        Ok(Value::Null)
    }

    /// Starts a guest and runs it until it is ready. Returns the answer for the evaluator if it does not get there.
    async fn start(&mut self, files: &Files) -> Result<Result<ProgramGuest, Value>, DoorError> {
        if self.fuel_left() == 0 {
            let most = self.rooms.program_limits.fuel;
            let text = format!("the program spent its fuel of {most} units in calls before this one");
            self.ledger().ended = Some(Outcome::OutOfFuel);
            return Ok(Err(
                json!({"ended": {"outcome": "out-of-fuel", "text": text, "trace": "", "deadline": false}}),
            ));
        }
        let mut guest = ProgramGuest::start(&self.template, self.forks, self.seed);
        match guest.next().await.map_err(abort)? {
            ProgramEvent::Answer(_) => {
                if !self.is_charged_for_start {
                    self.is_charged_for_start = true;
                    self.ledger().fuel += guest.fuel.saturating_sub(START_FUEL);
                    files.pass_time(guest.virtual_ns.saturating_sub(START_FUEL));
                }
                Ok(Ok(guest))
            }
            ProgramEvent::Ended(report) => {
                self.ledger().fuel += report.fuel_used.saturating_sub(START_FUEL);
                files.pass_time(report.virtual_ns.saturating_sub(START_FUEL));
                self.ended(&report, false).map(Err)
            }
        }
    }

    /// Returns the answer for a guest that has ended. `is_timed` says that it was given less time than it had fuel left.
    fn ended(&mut self, report: &Report, is_timed: bool) -> Result<Value, DoorError> {
        if report.outcome == Outcome::WallClock {
            return Err(DoorError::WallClock(
                "the program's guest ran into the wall-clock backstop".to_owned(),
            ));
        }
        let most = self.rooms.program_limits.fuel;
        let deadline = is_timed && report.outcome == Outcome::OutOfFuel;
        let mut ledger = self.ledger();
        ledger.note(report);
        if !deadline {
            ledger.ended = Some(report.outcome.clone());
        }
        drop(ledger);
        let trace = report.traceback.clone().unwrap_or_else(|| printed_end(&report.stderr));
        Ok(json!({"ended": {
            "outcome": report.outcome.name(), "text": end_of(report, most), "trace": trace, "deadline": deadline,
        }}))
    }

    async fn process(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        self.ledger().processes += 1;
        if self.ledger().processes > PROCESSES_MAX {
            return Err(DoorError::Exhausted(format!("an evaluation may run {PROCESSES_MAX} processes")));
        }
        let used = self.ledger().fuel;
        let request = process::ProcessRequest::read(&call.params, &mut self.parts)?;
        let seed = self.seed.wrapping_add(self.ledger().processes);
        let (job, bound) = request.job(&self.rooms, seed, used)?;
        let report = self.sandbox.run_beside(job).await.map_err(abort)?;
        call.files.pass_time(report.virtual_ns);
        let mut ledger = self.ledger();
        ledger.fuel += report.fuel_used;
        ledger.note(&report);
        drop(ledger);
        if report.outcome == Outcome::WallClock {
            return Err(DoorError::WallClock("a process ran into the wall-clock backstop".to_owned()));
        }
        process::answer(&report, bound)
    }
}

/// Returns the fuel that corresponds to virtual seconds.
pub(super) fn fuel_of(seconds: f64) -> u64 {
    let ns = (seconds.clamp(0.0, 9.0e6) * 1e9).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a range that fits"
    )]
    let fuel = ns as u64;
    fuel
}

/// Ends the evaluation after a failure of the sandbox, which says nothing about program or evaluator.
fn abort(error: SandboxError) -> DoorError {
    DoorError::Abort(error.to_string())
}
