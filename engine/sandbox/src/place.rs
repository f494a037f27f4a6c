//! The place of a run among the concurrent runs.

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// One of the runs that `instances_max` limits.
    Own,
    /// Beside a run that has such a place and waits meanwhile. It takes no place and computes with that run's permit, so two such
    /// runs never block each other, and a shell command does not queue behind whole runs.
    Beside,
}
