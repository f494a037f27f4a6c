//! The thread of a command.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyperspace_sandbox::Files;

use super::cpu_time::{self, ThreadCpuTime};
use super::error::ShellError;
use super::randomness::set_checked_source;
use super::session::{CommandResult, ShellSession};
use crate::limits::{REAL_LIMIT, STACK_BYTES};

/// Cancels the interpreter when the caller stops waiting.
struct CancelOnDrop(Option<Arc<AtomicBool>>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(token) = self.0.take() {
            token.store(true, Ordering::Relaxed);
        }
    }
}

/// Runs a command on its own thread, and returns the session with the result.
pub(super) async fn run_on_thread(
    mut session: Box<ShellSession>,
    files: Files,
    command: String,
    cpu_limit: Duration,
) -> Result<(Box<ShellSession>, CommandResult), ShellError> {
    let mut cancel = CancelOnDrop(Some(session.cancellation()));
    let (send_result, result) = tokio::sync::oneshot::channel();
    let (send_cpu_time, cpu_time) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("shell".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            // The receivers are gone if the caller stopped waiting.
            let clock = ThreadCpuTime::of_this_thread();
            drop(send_cpu_time.send(clock.clone()));
            let context = session.context();
            let ran = set_checked_source(move |bytes| context.fill(bytes)).map(|()| {
                let mut result = session.run(files, &command);
                result.cpu_time = clock.elapsed().unwrap_or_default();
                (session, result)
            });
            drop(send_result.send(ran));
        })
        .map_err(|error| ShellError::Lost(error.to_string()))?;
    let ran = tokio::time::timeout(REAL_LIMIT, async {
        tokio::select! {
            ran = result => Some(ran),
            () = cpu_time::exceeded(cpu_time, cpu_limit) => None,
        }
    });
    let ran = ran.await.ok().flatten().ok_or(ShellError::WallClock)?;
    let ran = ran.map_err(|_| ShellError::Lost("the thread of the command ended early".to_owned()))?;
    cancel.0 = None;
    // The thread has nothing left to do; waiting ensures that it is gone when the answer is returned.
    thread.join().map_err(|_| ShellError::Lost("the thread of the command ended in a panic".to_owned()))?;
    ran
}
