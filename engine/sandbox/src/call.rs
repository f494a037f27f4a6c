//! The end of a guest's call, and the report made from it.
//!
//! Attacks that end here: T-CPU-01, T-CPU-02, T-CPU-03, T-CPU-04, T-CPU-05, T-CPU-06, T-CPU-08, T-CPU-09, T-CPU-10,
//! T-CPU-12, T-CPU-15, T-CPU-16, T-CPU-18, T-CPU-19, T-CPU-20, T-CPU-21, T-CPU-22, T-CPU-24, T-CPU-25, T-CRASH-01,
//! T-CRASH-02, T-CRASH-04, T-CRASH-05, T-CRASH-06, T-CRASH-08, T-CRASH-13, T-DOOR-11, T-HACK-14, T-HACK-37, T-MEM-09,
//! T-MEM-10, T-MEM-11, T-MEM-12, T-OUT-12, T-STACK-02, T-TIME-17.

use serde_json::Value;
use wasmtime::Trap;

use crate::error::SandboxError;
use crate::guest::{self, Claim, GuestException};
use crate::host::{Host, Stop};
use crate::report::{Outcome, Report};

/// Error numbers of preview 1 that an exhausted quota causes: `EFBIG`, `EMFILE`, `ENOSPC`.
const QUOTA_ERRNOS: [u16; 3] = [22, 33, 51];
/// Characters of an exception's name that an outcome keeps.
const NAME_CHARS_MAX: usize = 256;
/// Characters of an exception's message that an outcome keeps.
const MESSAGE_CHARS_MAX: usize = 4_096;

/// The end of a call of the guest.
pub(crate) enum CallEnd {
    /// The interpreter returned this code, or a trap or a host call ended it.
    Guest(wasmtime::Result<i32>),
    /// The wall-clock backstop ended it.
    Backstop,
}

/// The parts of a report that depend on how the call ended.
struct Conclusion {
    outcome: Outcome,
    result: Option<Value>,
    traceback: Option<String>,
}

impl From<Outcome> for Conclusion {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, result: None, traceback: None }
    }
}

impl CallEnd {
    /// Returns whether the guest completed a set-up.
    pub(crate) fn is_set_up(&self, host: &Host) -> bool {
        let claim = host.call.result.as_deref().and_then(|frame| guest::parse_claim(frame).ok().flatten());
        matches!((self, claim), (Self::Guest(Ok(0)), Some(Claim::Ok(_))))
    }

    /// Returns whether something stopped the guest in the middle of its work.
    pub(crate) fn is_stopped(&self) -> bool {
        match self {
            Self::Guest(Ok(_)) => false,
            Self::Guest(Err(error)) => !matches!(error.downcast_ref(), Some(Stop::Exit(_))),
            Self::Backstop => true,
        }
    }

    /// Makes the report, taking output and files from the host. `fuel_left` is the guest's.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Door`] when the door ended the run; [`SandboxError::Engine`] for a failure that is not the guest's.
    pub(crate) fn report(self, host: &mut Host, fuel_left: u64) -> Result<Report, SandboxError> {
        let conclusion = match self {
            Self::Guest(Ok(code)) => returned(host, code),
            Self::Guest(Err(error)) => stopped(host, error)?.into(),
            Self::Backstop => Outcome::WallClock.into(),
        };
        Ok(finish(host, fuel_left, conclusion))
    }
}

/// Returns the report of a program whose memory limit is below what the interpreter needs.
pub(crate) fn too_large(mut host: Host) -> Report {
    let left = host.kept.limits.fuel;
    finish(&mut host, left, Outcome::OutOfMemory.into())
}

/// Draws the conclusion from the interpreter's return code and its result frame.
fn returned(host: &mut Host, code: i32) -> Conclusion {
    let frame = host.call.result.take();
    let claim = frame.map_or(Ok(None), |frame| guest::parse_claim(&frame));
    host.call.result_refused |= claim.is_err();
    let claim = claim.ok().flatten();
    match (code, claim) {
        (0, Some(Claim::Ok(value))) => {
            Conclusion { outcome: Outcome::Completed, result: Some(value), traceback: None }
        }
        (1, Some(Claim::Error(error))) => {
            let outcome = exception(host, &error);
            Conclusion { outcome, result: None, traceback: Some(error.traceback) }
        }
        _ if host.call.result_refused => quota("result_bytes").into(),
        _ => trap("malformed result").into(),
    }
}

/// Draws the conclusion from the error that ended the call.
fn stopped(host: &Host, error: wasmtime::Error) -> Result<Outcome, SandboxError> {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return Ok(match stop {
            Stop::Exit(0) => Outcome::Completed,
            Stop::Exit(code) => Outcome::Exit { code: *code },
            Stop::Output => Outcome::OutputLimit,
            Stop::HostCalls => quota("host_calls"),
            Stop::Fuel => Outcome::OutOfFuel,
            Stop::WallClock => Outcome::WallClock,
            Stop::Abort(why) => return Err(SandboxError::Door(why.clone())),
        });
    }
    if let Some(&code) = error.downcast_ref::<Trap>() {
        return Ok(match code {
            Trap::OutOfFuel => Outcome::OutOfFuel,
            Trap::StackOverflow => Outcome::StackOverflow,
            _ if host.kept.growth_denied => Outcome::OutOfMemory,
            code => trap(code.to_string().trim_start_matches("wasm trap: ")),
        });
    }
    if error.downcast_ref::<crate::abi::BadPointer>().is_some() {
        return Ok(trap("bad pointer in a host call"));
    }
    if host.kept.growth_denied { Ok(Outcome::OutOfMemory) } else { Err(SandboxError::engine(error)) }
}

fn quota(name: &str) -> Outcome {
    Outcome::Quota { quota: name.to_owned() }
}

fn trap(name: &str) -> Outcome {
    Outcome::Trap { trap: name.to_owned() }
}

/// Returns the outcome of an uncaught exception. Exhausted memory and exhausted quotas have outcomes of their own.
fn exception(host: &Host, error: &GuestException) -> Outcome {
    if error.exception == "MemoryError" {
        return Outcome::OutOfMemory;
    }
    if host.kept.fs.quota_hit() && error.errno.is_some_and(|errno| QUOTA_ERRNOS.contains(&errno)) {
        return quota("files");
    }
    if host.call.result_refused {
        return quota("result_bytes");
    }
    let message: String = error.message.chars().take(MESSAGE_CHARS_MAX).collect();
    let exception = error.exception.chars().take(NAME_CHARS_MAX).collect();
    Outcome::Exception { exception, message }
}

fn finish(host: &mut Host, fuel_left: u64, conclusion: Conclusion) -> Report {
    let Conclusion { outcome, result, traceback } = conclusion;
    let (nested, reserve, kept) = (host.call.nested, host.call.reserve, &mut host.kept);
    let fuel_used = match outcome {
        Outcome::OutOfFuel => kept.limits.fuel.saturating_sub(reserve),
        _ => kept.limits.fuel.saturating_sub(fuel_left.saturating_add(reserve)),
    };
    // Changes and refusals of a nested guest are part of the other guest's report.
    let ((denials, denials_total), changes) =
        if nested { ((Vec::new(), 0), Vec::new()) } else { (kept.fs.take_denials(), kept.fs.changes()) };
    Report {
        outcome,
        result,
        traceback,
        stopped_at: None,
        fuel_used,
        stdout: std::mem::take(&mut kept.output.stdout),
        stderr: std::mem::take(&mut kept.output.stderr),
        virtual_ns: fuel_used.saturating_add(kept.slept_ns),
        host_calls: kept.host_calls,
        changes,
        denials,
        denials_total,
        memory_bytes_peak: kept.memory_bytes_peak,
    }
}
