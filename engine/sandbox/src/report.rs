//! The report of a run: data about the guest, never an error of the host.

use hyperspace_core::RelPath;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

use crate::code_place::CodePlace;

/// The end of a run. Everything that a guest can do leads to one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// The program ended by itself.
    Completed,
    /// A Python exception was not caught.
    Exception {
        /// The class name, with its module unless that is `builtins`.
        exception: String,
        /// The message of the exception.
        message: String,
    },
    /// The fuel was used up.
    OutOfFuel,
    /// An allocation was refused and the guest did not recover.
    OutOfMemory,
    /// The guest's stack was exhausted.
    StackOverflow,
    /// The guest did something undefined, or aborted.
    Trap {
        /// The trap's name.
        trap: String,
    },
    /// The guest wrote more output than allowed; the output up to the limit is kept.
    OutputLimit,
    /// Another quota was exceeded and the guest did not recover.
    Quota {
        /// The quota's name.
        quota: String,
    },
    /// The program exited with a code other than 0.
    Exit {
        /// The code.
        code: u32,
    },
    /// The wall-clock backstop fired: an infrastructure problem, never scored.
    WallClock,
}

impl Outcome {
    /// Returns the short name: `completed`, `exception`, `out-of-fuel`, …
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Exception { .. } => "exception",
            Self::OutOfFuel => "out-of-fuel",
            Self::OutOfMemory => "out-of-memory",
            Self::StackOverflow => "stack-overflow",
            Self::Trap { .. } => "trap",
            Self::OutputLimit => "output-limit",
            Self::Quota { .. } => "quota",
            Self::Exit { .. } => "exit",
            Self::WallClock => "wall-clock",
        }
    }

    /// Returns whether the program ended by itself, without error.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        *self == Self::Completed
    }
}

/// A file in a kept mount that differs from its state at the start of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The mount that contains it.
    pub mount: RelPath,
    /// The path, relative to the mount.
    pub path: RelPath,
    /// The content at the end; `None` if the file was removed.
    pub content: Option<Arc<[u8]>>,
}

/// A refused operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// The operation: `write`, `remove`, `create-folder`, `remove-folder`, or `call`.
    pub op: String,
    /// The absolute guest path, or the name of the operation.
    pub target: String,
    /// The reason.
    pub reason: String,
}

/// The complete report of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The end of the run.
    pub outcome: Outcome,
    /// The value that the called function returned; `None` if there was no call, or it did not return.
    pub result: Option<Value>,
    /// The traceback of an exception, as Python prints it.
    pub traceback: Option<String>,
    /// The place in Python code at which a limit or a trap stopped the guest.
    pub stopped_at: Option<CodePlace>,
    /// Fuel used, including the host's charges; never more than the limit.
    pub fuel_used: u64,
    /// Standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// Standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// Virtual nanoseconds that passed: one per unit of fuel, plus every sleep.
    pub virtual_ns: u64,
    /// Calls through the door.
    pub host_calls: u64,
    /// Files changed in mounts that are kept, ordered by mount and path.
    pub changes: Vec<FileChange>,
    /// The first 256 refusals, in order.
    pub denials: Vec<Denial>,
    /// Total number of refusals.
    pub denials_total: u64,
    /// Peak size of linear memory in bytes.
    pub memory_bytes_peak: u64,
}
