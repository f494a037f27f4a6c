//! Exit codes, and errors as a user reads them.

use std::io::Write;
use std::process::ExitCode;

use hyperspace_eval::{EvalError, TaskError};
use hyperspace_evolve::EvolveError;
use hyperspace_interop::InteropError;
use hyperspace_llm::{ConfigError, Failure, FailureKind, SessionError};
use hyperspace_replay::ReplayError;
use hyperspace_sandbox::SandboxError;
use hyperspace_store::{ResolveError, StoreError};

use crate::{ambient, output};

pub(crate) const OK: u8 = 0;
/// Something of ours failed.
pub(crate) const INTERNAL: u8 = 1;
/// What was asked makes no sense.
pub(crate) const USAGE: u8 = 2;
/// A replay came out otherwise.
pub(crate) const DIVERGED: u8 = 10;
/// A budget is spent.
pub(crate) const BUDGET: u8 = 12;
/// The provider of a model failed or refused.
pub(crate) const PROVIDER: u8 = 13;
/// An object of the store is damaged or missing.
pub(crate) const DAMAGED: u8 = 14;
/// The guest did not end by itself, or has no score.
pub(crate) const GUEST: u8 = 15;

/// An error of the user's making, told in words.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// A usage error as an `anyhow` error.
pub(crate) fn usage_error(text: impl Into<String>) -> anyhow::Error {
    Usage(text.into()).into()
}

/// Prints what clap has to say: help to standard output, mistakes to standard error.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { USAGE } else { OK };
    // A reader that went away is no failure of ours.
    drop(error.print());
    ExitCode::from(code)
}

/// Prints an error with its causes and finds its exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::from(OK);
    }
    let mut text = format!("error: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            text.push_str(&format!("\n  because {cause}"));
            said = cause;
        }
    }
    // An error may quote a guest.
    if ambient::stderr_is_terminal() {
        text = output::harmless(&text);
    }
    drop(writeln!(std::io::stderr(), "{text}"));
    ExitCode::from(code(error))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind =
        error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

fn code(error: &anyhow::Error) -> u8 {
    let mut found = INTERNAL;
    for cause in error.chain() {
        let code = if cause.is::<Usage>() || cause.is::<TaskError>() || cause.is::<ConfigError>() {
            USAGE
        } else if let Some(error) = cause.downcast_ref::<SessionError>() {
            session(error)
        } else if let Some(error) = cause.downcast_ref::<StoreError>() {
            store(error)
        } else if let Some(error) = cause.downcast_ref::<EvolveError>() {
            evolve(error)
        } else if let Some(ReplayError::Evolve(error)) = cause.downcast_ref::<ReplayError>() {
            evolve(error)
        } else if let Some(ReplayError::Store(error)) = cause.downcast_ref::<ReplayError>() {
            store(error)
        } else if let Some(ReplayError::Unlinked(_)) = cause.downcast_ref::<ReplayError>() {
            DAMAGED
        } else if let Some(error) = cause.downcast_ref::<InteropError>() {
            layout(error)
        } else if let Some(error) = cause.downcast_ref::<ResolveError>() {
            match error {
                ResolveError::Store(error) => store(error),
                _ => USAGE,
            }
        } else if let Some(error) = cause.downcast_ref::<EvalError>() {
            eval(error)
        } else if let Some(error) = cause.downcast_ref::<SandboxError>() {
            sandbox(error)
        } else {
            continue;
        };
        found = code;
        if code != INTERNAL {
            break;
        }
    }
    found
}

fn session(error: &SessionError) -> u8 {
    match error {
        SessionError::Missing { .. } | SessionError::Mismatch { .. } => DIVERGED,
        SessionError::Damaged { .. } => DAMAGED,
        SessionError::Outage(_) => PROVIDER,
        SessionError::Budget(_) => BUDGET,
        _ => INTERNAL,
    }
}

/// The code of a call of a model that failed.
pub(crate) fn call(failure: &Failure) -> u8 {
    match failure.kind {
        FailureKind::Budget => BUDGET,
        FailureKind::Invalid => USAGE,
        _ => PROVIDER,
    }
}

fn store(error: &StoreError) -> u8 {
    match error {
        error if error.is_damage() => DAMAGED,
        StoreError::Absent { .. } | StoreError::Foreign { .. } | StoreError::Format { .. } => USAGE,
        _ => INTERNAL,
    }
}

fn evolve(error: &EvolveError) -> u8 {
    match error {
        EvolveError::Option { .. }
        | EvolveError::SeedAgent { .. }
        | EvolveError::NoRun { .. }
        | EvolveError::Task(_)
        | EvolveError::Path(_)
        | EvolveError::Models(_)
        | EvolveError::NoModels { .. }
        | EvolveError::OtherRuntime { .. } => USAGE,
        EvolveError::Model(error) => session(error),
        EvolveError::SeedScore { .. } => GUEST,
        EvolveError::Store(error) => store(error),
        EvolveError::Record { .. } | EvolveError::Journal(_) => DAMAGED,
        EvolveError::Eval(error) => eval(error),
        EvolveError::Sandbox(error) => sandbox(error),
        _ => INTERNAL,
    }
}

fn layout(error: &InteropError) -> u8 {
    match error {
        InteropError::Evolve(error) => evolve(error),
        InteropError::Store(error) => store(error),
        InteropError::Task(_) | InteropError::NoRun(_) => USAGE,
        InteropError::Record { .. } => DAMAGED,
        _ => INTERNAL,
    }
}

fn eval(error: &EvalError) -> u8 {
    match error {
        EvalError::NoEntry { .. } | EvalError::NoSplit { .. } | EvalError::Models(_) => USAGE,
        EvalError::Model { source, .. } => session(source),
        EvalError::Sandbox(error) => sandbox(error),
        _ => INTERNAL,
    }
}

fn sandbox(error: &SandboxError) -> u8 {
    match error {
        SandboxError::Job(_) | SandboxError::Config { .. } => USAGE,
        _ => INTERNAL,
    }
}
