//! Limits of the operating system, core dumps, and access by other processes of the same user.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Resources of which the process needs none: core dumps, locked memory, message queues.
const NONE: [Resource; 3] = [Resource::Core, Resource::Memlock, Resource::Msgqueue];

/// Sets the limits of resources that the process does not need to zero, and makes the current limit of descriptors the maximum.
///
/// # Errors
///
/// A message if the system refuses a limit.
pub(super) fn limit() -> Result<(), String> {
    let set = |resource, limit| setrlimit(resource, limit).map_err(|error| error.to_string());
    for resource in NONE {
        set(resource, Rlimit { current: Some(0), maximum: Some(0) })?;
    }
    let descriptors = getrlimit(Resource::Nofile).current;
    set(Resource::Nofile, Rlimit { current: descriptors, maximum: descriptors })
}

/// Keeps other processes of the user from tracing or reading this one, and prevents core dumps.
///
/// # Errors
///
/// A message if the system refuses it.
pub(super) fn close_to_others() -> Result<(), String> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| error.to_string())
}

/// Returns whether other processes of this user are kept out.
pub(super) fn is_closed_to_others() -> bool {
    rustix::process::dumpable_behavior().is_ok_and(|behavior| behavior == DumpableBehavior::NotDumpable)
}

/// Returns whether core dumps are impossible, and the maximum number of descriptors, which cannot be raised.
pub(super) fn limits_in_force() -> (bool, Option<u64>) {
    let none = NONE.into_iter().all(|resource| getrlimit(resource).maximum == Some(0));
    let descriptors = getrlimit(Resource::Nofile);
    (none, descriptors.maximum.filter(|_| descriptors.maximum == descriptors.current))
}
