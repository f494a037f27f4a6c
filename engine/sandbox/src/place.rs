//! The place of a run among the runs at the same time.

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// One of the runs that `instances_max` bounds.
    Own,
    /// Beside a run that has such a place, and waits meanwhile. It takes none and computes with that run's permit, so that two such
    /// runs never block each other, and a command of a shell does not queue behind whole runs.
    Beside,
}
