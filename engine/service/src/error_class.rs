//! The class of each error, which depends only on its type.

use std::io;

use hyperspace_eval::EvalError;
use hyperspace_evolve::{EvolveError, EvolveErrorClass};
use hyperspace_interop::InteropError;
use hyperspace_llm::{Failure, FailureKind, SessionError};
use hyperspace_replay::ReplayError;
use hyperspace_sandbox::SandboxError;
use hyperspace_store::{ResolveError, StoreError};
use hyperspace_tools::WorkspaceError;

use crate::error::{ErrorClass, ServiceError};

pub(crate) fn of(error: &ServiceError) -> ErrorClass {
    match error {
        ServiceError::Range { .. }
        | ServiceError::Setting { .. }
        | ServiceError::Conflict { .. }
        | ServiceError::Requires { .. }
        | ServiceError::Request { .. }
        | ServiceError::Unknown { .. }
        | ServiceError::File { .. }
        | ServiceError::Missing { .. }
        | ServiceError::Task(_)
        | ServiceError::Models(_)
        | ServiceError::Path(_) => ErrorClass::Usage,
        ServiceError::Recording { source, .. } | ServiceError::Eval(source) => eval(source),
        ServiceError::Store(error) | ServiceError::Resolve(ResolveError::Store(error)) => store(error),
        ServiceError::Resolve(_) => ErrorClass::Usage,
        ServiceError::Evolve(error) => evolve(error),
        ServiceError::Replay(error) => replay(error),
        ServiceError::Interop(error) => interop(error),
        ServiceError::Sandbox(error) => sandbox(error),
        ServiceError::Workspace(error) => match **error {
            WorkspaceError::Shell(_) => ErrorClass::Internal,
            _ => ErrorClass::Usage,
        },
        ServiceError::ModelCheck { .. } => ErrorClass::Provider,
        ServiceError::Session(error) => session(error),
        ServiceError::FunctionCalls(_) => ErrorClass::Differs,
        ServiceError::Io { source, .. } if is_of_the_path(source) => ErrorClass::Usage,
        ServiceError::Io { .. }
        | ServiceError::Attack(_)
        | ServiceError::AttackHeader(_)
        | ServiceError::Threads(_) => ErrorClass::Internal,
    }
}

/// Returns the class of a failed model call.
pub(crate) fn failure(failure: &Failure) -> ErrorClass {
    match failure.kind {
        FailureKind::Budget => ErrorClass::Budget,
        FailureKind::Invalid => ErrorClass::Usage,
        FailureKind::Provider | FailureKind::Context | FailureKind::Refused => ErrorClass::Provider,
        _ => ErrorClass::Internal,
    }
}

fn session(error: &SessionError) -> ErrorClass {
    match error {
        SessionError::Missing { .. } | SessionError::Mismatch { .. } => ErrorClass::Differs,
        SessionError::Damaged { .. } => ErrorClass::Damage,
        SessionError::Outage(_) => ErrorClass::Provider,
        SessionError::Budget(_) => ErrorClass::Budget,
        SessionError::Busy { .. } => ErrorClass::Usage,
        _ => ErrorClass::Internal,
    }
}

fn store(error: &StoreError) -> ErrorClass {
    match error {
        error if error.is_damage() => ErrorClass::Damage,
        StoreError::Absent { .. }
        | StoreError::Foreign { .. }
        | StoreError::Format { .. }
        | StoreError::Locked { .. } => ErrorClass::Usage,
        error if error.is_read_only() => ErrorClass::Usage,
        StoreError::Io { source, .. } if is_of_the_path(source) => ErrorClass::Usage,
        _ => ErrorClass::Internal,
    }
}

/// Returns whether the given path or port is at fault and not the machine, so that another one would work.
fn is_of_the_path(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::NotFound
            | Kind::PermissionDenied
            | Kind::AlreadyExists
            | Kind::NotADirectory
            | Kind::IsADirectory
            | Kind::ReadOnlyFilesystem
            | Kind::InvalidFilename
            | Kind::AddrInUse
    )
}

fn evolve(error: &EvolveError) -> ErrorClass {
    match error.class() {
        EvolveErrorClass::Usage => ErrorClass::Usage,
        EvolveErrorClass::Diverged => ErrorClass::Differs,
        EvolveErrorClass::Budget => ErrorClass::Budget,
        EvolveErrorClass::Provider => ErrorClass::Provider,
        EvolveErrorClass::Damage => ErrorClass::Damage,
        EvolveErrorClass::Guest => ErrorClass::Guest,
        _ => ErrorClass::Internal,
    }
}

fn replay(error: &ReplayError) -> ErrorClass {
    match error {
        ReplayError::Evolve(error) => evolve(error),
        ReplayError::Store(error) => store(error),
        ReplayError::Unlinked(_) => ErrorClass::Damage,
        _ => ErrorClass::Internal,
    }
}

fn interop(error: &InteropError) -> ErrorClass {
    match error {
        InteropError::Evolve(error) => evolve(error),
        InteropError::Store(error) => store(error),
        InteropError::Task(_) | InteropError::NoRun(_) => ErrorClass::Usage,
        InteropError::Record { .. } => ErrorClass::Damage,
        _ => ErrorClass::Internal,
    }
}

fn eval(error: &EvalError) -> ErrorClass {
    match error {
        EvalError::NoEntry { .. } | EvalError::NoSplit { .. } | EvalError::Models(_) => ErrorClass::Usage,
        EvalError::Model { source, .. } => session(source),
        EvalError::Sandbox(error) => sandbox(error),
        _ => ErrorClass::Internal,
    }
}

fn sandbox(error: &SandboxError) -> ErrorClass {
    match error {
        SandboxError::Job(_) | SandboxError::Config { .. } => ErrorClass::Usage,
        _ => ErrorClass::Internal,
    }
}
