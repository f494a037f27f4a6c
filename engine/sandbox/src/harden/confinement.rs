//! A description of what a process still needs once it is hardened.

use std::path::PathBuf;

/// The use of sockets that a process still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetworkUse {
    /// No socket can be made, except pairs within the process.
    #[default]
    Nothing,
    /// Sockets of the Internet and of the resolver can be made.
    Internet,
}

/// The files and the network that a process still needs. Everything else is refused after [`harden`](super::harden).
#[derive(Debug, Clone, Default)]
pub struct Confinement {
    pub(super) readable: Vec<PathBuf>,
    pub(super) writable: Vec<PathBuf>,
    pub(super) emptied: Vec<PathBuf>,
    pub(super) network: NetworkUse,
    pub(super) measured: bool,
}

impl Confinement {
    /// Lets files be read at or below a path. A path that does not exist is ignored.
    #[must_use]
    pub fn readable(mut self, path: impl Into<PathBuf>) -> Self {
        self.readable.push(path.into());
        self
    }

    /// Lets files be read, written, made and removed at or below a path. A path that does not exist is ignored.
    #[must_use]
    pub fn writable(mut self, path: impl Into<PathBuf>) -> Self {
        self.writable.push(path.into());
        self
    }

    /// Lets empty folders be removed below a path, and nothing else be done there.
    #[must_use]
    pub fn emptied(mut self, path: impl Into<PathBuf>) -> Self {
        self.emptied.push(path.into());
        self
    }

    /// Sets the sockets that can be made. Default: none.
    #[must_use]
    pub fn network(mut self, network: NetworkUse) -> Self {
        self.network = network;
        self
    }

    /// Keeps the process measurable by itself, for the attack suite: it may list the processes of the system, and its own files below
    /// `/proc` stay its user's, so other processes of that user may look into it as well. It may make pipes and sockets in the
    /// folders that it may write, as hostile stores have them.
    #[must_use]
    pub fn measured(mut self) -> Self {
        self.measured = true;
        self
    }
}
