//! The result of an attack.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

/// The result of one attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the attack.
    pub id: String,
    /// The title of the attack.
    pub title: String,
    /// The expected end.
    pub expected: String,
    /// The observed end.
    pub observed: String,
    /// Every other difference from the expectation: output, refusals, the host, the next run. Empty when there is none.
    pub complaints: Vec<String>,
    /// True when the end is the expected one and there are no complaints.
    pub contained: bool,
    /// Fuel of the first run.
    pub fuel: u64,
    /// Processor time of the costlier run, in nanoseconds; null where the system does not report it.
    pub cpu_ns: Option<u64>,
    /// Bytes by which resident memory peaked during a run; null where the system does not report it.
    pub resident_bytes: Option<u64>,
    /// Attempts that were made: more than one when another program may have caused what an earlier one complained about.
    pub attempts: u32,
}

/// A difference from the expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    text: String,
    ambiguous: bool,
}

impl Complaint {
    /// Returns a complaint about something that only the attack can have caused.
    pub(crate) fn certain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ambiguous: false }
    }

    /// Returns a complaint about something that another program of this machine may have caused: processor time, or a name in a
    /// folder that others use, too.
    pub(crate) fn ambiguous(text: impl Into<String>) -> Self {
        Self { text: text.into(), ambiguous: true }
    }

    /// Returns whether another program may have caused it.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }
}

impl Display for Complaint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
