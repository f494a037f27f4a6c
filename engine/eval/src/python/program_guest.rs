//! The program's guest during one evaluation: it waits for requests, and is resumed while the evaluator waits.
//!
//! Its future is owned by the evaluator's door and polled only there. The two guests never run at the same time, so the outcome
//! does not depend on threads. A guest that has ended is replaced by a new one at the next request, and the state that the
//! program kept is lost. The value that it passes as the result of its run is ignored (T-EVAL-17).

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use hyperspace_sandbox::{
    Door, DoorCall, DoorError, Item, Outcome, Report, SandboxError, Template, async_trait, virtual_seconds,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::text_parts::TextParts;
use crate::evidence::at;

/// The operation with which the program's guest delivers an answer and waits for a request.
const NEXT: &str = "bridge.next";
/// The operation with which it delivers a part of a long answer.
const PART: &str = "bridge.part";
/// Fuel for the end of a guest, for what it does at its exit; nobody pays for it.
const END_FUEL: u64 = 50_000_000;

/// A request for the program.
pub(super) struct ProgramRequest {
    /// The text that the guest gets.
    pub(super) payload: String,
    /// Fuel of the evaluator that the program pays for: that of a function that it called there.
    pub(super) charge: u64,
    /// Fuel until the answer; a guest that needs more ends.
    pub(super) bound: u64,
}

/// An answer of the program.
pub(super) struct ProgramAnswer {
    pub(super) payload: String,
    /// True if it is a call of a function of the evaluator, after which the program continues.
    pub(super) callback: bool,
    /// Fuel that the guest has used.
    pub(super) fuel: u64,
    /// Its virtual time.
    pub(super) virtual_ns: u64,
}

/// The event that follows a request.
pub(super) enum ProgramEvent {
    Answer(ProgramAnswer),
    Ended(Box<Report>),
}

type GuestRun = Pin<Box<dyn Future<Output = Result<Report, SandboxError>> + Send>>;

/// A guest that has started.
pub(super) struct ProgramGuest {
    run: GuestRun,
    requests: UnboundedSender<ProgramRequest>,
    answers: UnboundedReceiver<ProgramAnswer>,
    /// Fuel and virtual time at its last answer.
    pub(super) fuel: u64,
    pub(super) virtual_ns: u64,
}

impl ProgramGuest {
    /// Starts a guest; nothing runs until [`ProgramGuest::next`] is called.
    pub(super) fn start(template: &Template, forks: bool, seed: u64) -> Self {
        let (requests, asked) = unbounded_channel();
        let (told, answers) = unbounded_channel();
        let door = ProgramDoor { requests: asked, answers: told, parts: TextParts::default() };
        let item = Item::call("hyperspace_program", "serve", Vec::new()).seed(seed).door(&[NEXT, PART], door);
        let template = template.clone();
        let run: GuestRun = match forks {
            true => Box::pin(async move { template.fork_beside(item).await }),
            false => Box::pin(async move { template.fresh_beside(item).await }),
        };
        Self { run, requests, answers, fuel: 0, virtual_ns: 0 }
    }

    /// Passes a request to the guest. If the guest has ended, [`ProgramGuest::next`] notices it.
    pub(super) fn ask(&self, request: ProgramRequest) {
        // The receiver is gone only after the guest has ended.
        drop(self.requests.send(request));
    }

    /// Runs the guest until its next answer or its end.
    ///
    /// # Errors
    ///
    /// [`SandboxError`] when the sandbox failed.
    pub(super) async fn next(&mut self) -> Result<ProgramEvent, SandboxError> {
        let (run, answers) = (&mut self.run, &mut self.answers);
        let event = poll_fn(|context| match run.as_mut().poll(context) {
            Poll::Ready(report) => Poll::Ready(report.map(|report| ProgramEvent::Ended(Box::new(report)))),
            Poll::Pending => match answers.try_recv() {
                Ok(answer) => Poll::Ready(Ok(ProgramEvent::Answer(answer))),
                Err(_) => Poll::Pending,
            },
        })
        .await?;
        if let ProgramEvent::Answer(answer) = &event {
            (self.fuel, self.virtual_ns) = (answer.fuel, answer.virtual_ns);
        }
        Ok(event)
    }

    /// Lets the guest end, and returns its report.
    ///
    /// # Errors
    ///
    /// [`SandboxError`] when the sandbox failed.
    pub(super) async fn end(mut self) -> Result<Option<Report>, SandboxError> {
        self.ask(ProgramRequest { payload: "[\"end\"]".to_owned(), charge: 0, bound: END_FUEL });
        match self.next().await? {
            ProgramEvent::Ended(report) => Ok(Some(*report)),
            ProgramEvent::Answer(_) => Ok(None),
        }
    }
}

/// The door of the program's guest.
struct ProgramDoor {
    requests: UnboundedReceiver<ProgramRequest>,
    answers: UnboundedSender<ProgramAnswer>,
    parts: TextParts,
}

#[async_trait]
impl Door for ProgramDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        if call.operation == PART {
            return self.parts.add(&call.params);
        }
        let text = |name: &str| call.params.get(name).and_then(Value::as_str).map(str::to_owned);
        let payload =
            text("payload").ok_or_else(|| DoorError::Invalid("an answer has a text `payload`".to_owned()))?;
        let payload = self.parts.complete(payload)?;
        let callback = call.params.get("callback").and_then(Value::as_bool).unwrap_or_default();
        let answer = ProgramAnswer { payload, callback, fuel: call.fuel_used, virtual_ns: call.virtual_ns };
        let gone = || DoorError::Failed("nobody asks any more".to_owned());
        self.answers.send(answer).map_err(|_| gone())?;
        let request = self.requests.recv().await.ok_or_else(gone)?;
        call.files.charge(request.charge);
        call.files.bound_fuel(request.bound);
        Ok(json!({ "payload": request.payload }))
    }
}

/// Returns one sentence on how a guest of the program ended.
pub(super) fn end_of(report: &Report, fuel_max: u64) -> String {
    match &report.outcome {
        Outcome::OutOfFuel => format!(
            "the program spent its fuel of {fuel_max} units, which are {} s of virtual time,{}",
            virtual_seconds(fuel_max),
            at(report.stopped_at.as_ref())
        )
        .trim_end_matches(',')
        .to_owned(),
        Outcome::Exception { exception, message } => format!("the program ended with {exception}: {message}"),
        Outcome::Exit { code } => format!("the program exited with code {code}"),
        Outcome::Completed => "the program exited with code 0".to_owned(),
        other => format!("the program's guest ended with {}{}", other.name(), at(report.stopped_at.as_ref())),
    }
}
