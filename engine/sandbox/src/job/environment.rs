//! The environment of a guest: limits, folders, variables, clock, and module search paths.

use std::collections::BTreeMap;
use std::fmt;

use crate::epoch::EPOCH_MS;
use crate::limits::Limits;
use crate::mount::Mount;

/// The environment of a program, set through the methods of [`Program`](crate::Program).
#[derive(Clone)]
pub struct GuestEnvironment {
    pub(crate) limits: Limits,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) epoch_ms: u64,
    pub(crate) python_path: Vec<String>,
    pub(crate) cwd: Option<String>,
}

impl Default for GuestEnvironment {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            mounts: Vec::new(),
            env: BTreeMap::new(),
            epoch_ms: EPOCH_MS,
            python_path: Vec::new(),
            cwd: None,
        }
    }
}

impl fmt::Debug for GuestEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestEnvironment")
            .field("limits", &self.limits)
            .field("mounts", &self.mounts)
            .finish_non_exhaustive()
    }
}

/// Marks a program that runs in the environment of its set-up.
#[derive(Debug, Clone, Default)]
pub struct NoEnvironment(());
