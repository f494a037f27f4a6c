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
    /// All other differences from the expectation: output, refusals, the host, the next run. Empty if there are none.
    pub complaints: Vec<String>,
    /// True if the end is the expected one and there are no complaints.
    pub contained: bool,
    /// Fuel of the first run.
    pub fuel: u64,
    /// Processor time of the more expensive run, in nanoseconds; null if the system does not report it.
    pub cpu_ns: Option<u64>,
    /// Number of bytes by which resident memory peaked during a run; null if the system does not report it.
    pub resident_bytes: Option<u64>,
    /// Number of attempts made, which is more than one if another program may have caused the complaints of an earlier one.
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

    /// Returns a complaint about something that another program on this machine may have caused: processor time, or a name in a
    /// folder that other programs use, too.
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
