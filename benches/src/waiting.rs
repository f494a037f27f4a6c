//! Guests that are held in a host call, and the memory that they take meanwhile.

use std::fs;
use std::future::Future;

use hyperspace_sandbox::{Door, DoorCall, DoorError, Report, SandboxError, async_trait};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};

use crate::error::BenchError;

/// A door that reports each call and answers once the [`Gate`] opens.
#[derive(Clone)]
pub struct WaitingDoor {
    called: mpsc::UnboundedSender<()>,
    open: watch::Receiver<bool>,
    answer: Value,
}

#[async_trait]
impl Door for WaitingDoor {
    async fn call(&mut self, _: DoorCall<'_>) -> Result<Value, DoorError> {
        let gone = || DoorError::Failed("the benchmark has ended".to_owned());
        self.called.send(()).map_err(|_| gone())?;
        self.open.wait_for(|&open| open).await.map_err(|_| gone())?;
        Ok(self.answer.clone())
    }
}

/// Holds guests that have called a [`WaitingDoor`].
pub struct Gate {
    calls: mpsc::UnboundedReceiver<()>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// Returns a closed gate, and a door behind it that answers `answer`; clone the door for each guest.
    #[must_use]
    pub fn new(answer: Value) -> (Self, WaitingDoor) {
        let (called, calls) = mpsc::unbounded_channel();
        let (sender, open) = watch::channel(false);
        (Self { calls, open: sender }, WaitingDoor { called, open, answer })
    }

    /// Waits until one more guest has called.
    pub async fn called(&mut self) {
        // Its door holds the other end as long as a guest can still call.
        let _ = self.calls.recv().await;
    }

    /// Lets all guests go on.
    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

/// Returns the private dirty KiB of this process while `count` guests, each started with its own door, wait in their first call.
/// All of them have ended when it returns.
///
/// # Errors
///
/// [`BenchError`] when a guest ends early or with an error, or the machine does not account for memory.
pub async fn private_kib_with<G>(count: u32, start: impl Fn(WaitingDoor) -> G) -> Result<f64, BenchError>
where
    G: Future<Output = Result<Report, SandboxError>> + Send + 'static,
{
    let (mut gate, door) = Gate::new(Value::Null);
    let mut guests = JoinSet::new();
    for _ in 0..count {
        guests.spawn(start(door.clone()));
    }
    for _ in 0..count {
        tokio::select! {
            () = gate.called() => {}
            Some(ended) = guests.join_next() => return Err(ended_early(ended)),
        }
    }
    let found = memory_kib("self", "Private_Dirty");
    gate.open();
    while let Some(ended) = guests.join_next().await {
        match ended {
            Ok(Ok(report)) if report.outcome.is_completed() => {}
            other => return Err(ended_early(other)),
        }
    }
    found
}

fn ended_early(ended: Result<Result<Report, SandboxError>, JoinError>) -> BenchError {
    match ended {
        Ok(Ok(report)) => BenchError::Guest {
            outcome: report.outcome.name().to_owned(),
            stderr: String::from_utf8_lossy(&report.stderr).into_owned(),
        },
        Ok(Err(error)) => error.into(),
        Err(error) => BenchError::engine(error),
    }
}

/// Returns the KiB of a field of `/proc/PROCESS/smaps_rollup`, for example `Private_Dirty`; `process` is an id or `self`.
///
/// # Errors
///
/// [`BenchError::Machine`] when the kernel does not report it.
pub fn memory_kib(process: &str, field: &str) -> Result<f64, BenchError> {
    let path = format!("/proc/{process}/smaps_rollup");
    let unknown = || BenchError::Machine { what: format!("{field} in {path}") };
    let text = fs::read_to_string(&path).map_err(|_| unknown())?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.ok_or_else(unknown)?.trim_matches(|c: char| !c.is_ascii_digit()).parse().map_err(|_| unknown())
}
