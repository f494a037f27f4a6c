//! Hardens the process, and reports what is in force.

use std::fs;
use std::sync::OnceLock;

use serde::Serialize;

use super::confinement::{Confinement, NetworkUse};
use super::{files, process, system_calls};
use crate::memory;

/// Results of those measures that the kernel does not report back, once the process is hardened.
static APPLIED: OnceLock<Applied> = OnceLock::new();

/// See [`APPLIED`].
#[derive(Debug)]
struct Applied {
    network: NetworkUse,
    files: Result<String, String>,
    calls: Result<(), String>,
    limits: Result<(), String>,
    closed: Result<(), String>,
}

/// The reason why a process cannot be hardened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HardenError {
    /// The process has several threads already, which would stay unhardened.
    #[error("the process has {0} threads; it must be hardened while it has one, at the beginning of main")]
    Threads(u64),
    /// The process was hardened before.
    #[error("the process is hardened already")]
    Again,
}

/// A measure and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HardeningMeasure {
    /// Its name.
    pub measure: &'static str,
    /// True if it is in force.
    pub in_force: bool,
    /// The observed state, or the reason why it is not in force.
    pub seen: String,
}

/// The measures that are in force in this process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hardening {
    /// All measures, in a fixed order.
    pub measures: Vec<HardeningMeasure>,
}

impl Hardening {
    /// Returns the measures that are not in force.
    pub fn missing(&self) -> impl Iterator<Item = &HardeningMeasure> {
        self.measures.iter().filter(|measure| !measure.in_force)
    }
}

/// Takes privileges away from this process for the rest of its life; see the page `docs/harden.md`. Call it at the beginning of
/// `main`, before any thread is started. A measure that this kernel does not support is left out, and the result says so.
///
/// ```no_run
/// # fn main() -> Result<(), hyperspace_sandbox::harden::HardenError> {
/// use hyperspace_sandbox::harden::{Confinement, harden};
///
/// let hardening = harden(&Confinement::default().readable("tasks").writable("runs").writable("cache"))?;
/// assert_eq!(hardening.missing().count(), 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`HardenError::Threads`] when there are several threads, [`HardenError::Again`] on the second call. In both cases nothing has
/// changed.
pub fn harden(confinement: &Confinement) -> Result<Hardening, HardenError> {
    let threads = status("Threads").and_then(|count| count.parse().ok()).unwrap_or(1);
    if threads != 1 {
        return Err(HardenError::Threads(threads));
    }
    if APPLIED.get().is_some() {
        return Err(HardenError::Again);
    }
    // Once it is closed to others, an ordinary user's process cannot open this file of its own.
    memory::open_pagemap();
    let limits = process::limit();
    let files = files::restrict(confinement);
    let closed = match confinement.measured {
        true => Err("left open for the attack suite, which measures this process".to_owned()),
        false => process::close_to_others(),
    };
    // This comes last: it refuses what the other measures need.
    let calls = system_calls::filter(confinement.network);
    let applied = Applied { network: confinement.network, files, calls, limits, closed };
    APPLIED.set(applied).map_err(|_| HardenError::Again)?;
    Ok(hardening())
}

/// Returns the measures that are in force in this process, as the kernel reports them where it can.
#[must_use]
pub fn hardening() -> Hardening {
    let applied = APPLIED.get();
    let why = |result: Option<&Result<(), String>>| match result {
        Some(Err(why)) => why.clone(),
        _ => "not switched on".to_owned(),
    };
    let measure = |measure, in_force: bool, seen: &str, otherwise: String| HardeningMeasure {
        measure,
        in_force,
        seen: if in_force { seen.to_owned() } else { otherwise },
    };
    let filtered = applied.is_some_and(|applied| applied.calls.is_ok());
    let (limited, descriptors) = process::limits_in_force();
    let limits = format!("no core, at most {} descriptors", descriptors.unwrap_or_default());
    let off = || "not switched on".to_owned();
    let (reached, enforced) = match applied.map(|applied| &applied.files) {
        Some(Ok(how)) => (how.clone(), true),
        Some(Err(why)) => (why.clone(), false),
        None => (off(), false),
    };
    let sockets = applied.is_some_and(|applied| applied.network == NetworkUse::Nothing) && filtered;
    let measures = vec![
        measure(
            "no new privileges",
            status("NoNewPrivs").is_some_and(|value| value == "1"),
            "set",
            why(applied.map(|applied| &applied.calls)),
        ),
        measure(
            "filter of system calls",
            filtered && status("Seccomp").is_some_and(|value| value == "2"),
            "no program, process, tracing, module or mount",
            why(applied.map(|applied| &applied.calls)),
        ),
        HardeningMeasure { measure: "files", in_force: enforced, seen: reached },
        measure(
            "no sockets",
            sockets,
            "no socket can be made",
            match applied {
                Some(applied) if applied.network == NetworkUse::Internet => {
                    "this command may need the network".to_owned()
                }
                applied => why(applied.map(|applied| &applied.calls)),
            },
        ),
        measure(
            "limits of the system",
            limited && descriptors.is_some(),
            &limits,
            why(applied.map(|applied| &applied.limits)),
        ),
        measure(
            "closed to other processes",
            process::is_closed_to_others(),
            "not dumpable",
            why(applied.map(|applied| &applied.closed)),
        ),
    ];
    Hardening { measures }
}

/// Returns a field of the status that the kernel reports for this thread.
fn status(name: &str) -> Option<String> {
    let status = fs::read_to_string("/proc/thread-self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}
