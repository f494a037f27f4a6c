//! A description of what a process still needs once it is hardened.

use std::path::PathBuf;

/// The sockets that a process still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetworkUse {
    /// No sockets can be created, except pairs within the process.
    #[default]
    Nothing,
    /// Sockets for the Internet and for the resolver can be created.
    Internet,
}

/// The files and the network access that a process still needs. Everything else is refused after [`harden`](super::harden).
#[derive(Debug, Clone, Default)]
pub struct Confinement {
    pub(super) readable: Vec<PathBuf>,
    pub(super) writable: Vec<PathBuf>,
    pub(super) emptied: Vec<PathBuf>,
    pub(super) network: NetworkUse,
    pub(super) measured: bool,
}

impl Confinement {
    /// Allows files at or below a path to be read. A path that does not exist is ignored.
    #[must_use]
    pub fn readable(mut self, path: impl Into<PathBuf>) -> Self {
        self.readable.push(path.into());
        self
    }

    /// Allows files at or below a path to be read, written, created and removed. A path that does not exist is ignored.
    #[must_use]
    pub fn writable(mut self, path: impl Into<PathBuf>) -> Self {
        self.writable.push(path.into());
        self
    }

    /// Allows empty folders below a path to be removed, and nothing else.
    #[must_use]
    pub fn emptied(mut self, path: impl Into<PathBuf>) -> Self {
        self.emptied.push(path.into());
        self
    }

    /// Sets the sockets that can be created. Default: none.
    #[must_use]
    pub fn network(mut self, network: NetworkUse) -> Self {
        self.network = network;
        self
    }

    /// Lets the process observe itself, for the attack suite: it may list the processes of the system, and its own files below
    /// `/proc` remain accessible to its user, so other processes of that user can look into it as well. It may create pipes and
    /// sockets in folders that it may write, because hostile stores contain them.
    #[must_use]
    pub fn measured(mut self) -> Self {
        self.measured = true;
        self
    }
}
