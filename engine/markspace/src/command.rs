//! What can be asked of a space, in the form in which it is journalled.
//!
//! The state of a space is the fold of [`Machine::apply`](crate::machine::Machine::apply) over the journal, refused
//! requests included: what they count (rates, envelope) is state, too.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::budget::Budget;
use crate::capability::Charter;
use crate::define::ScopeDef;
use crate::model::{Draft, Seq};
use crate::strength::Ratio;
use crate::time::Tick;
use hyperspace_core::{MarkKind, ScopeName};

/// What the content policies said about a write.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Screened {
    /// Nothing, or no policy looked at it.
    #[default]
    Clean,
    /// Accepted, with remarks.
    Flagged(Vec<(String, String)>),
    /// Rejected by this policy for this reason.
    Rejected(String, String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Command {
    Define(ScopeDef),
    Enrol {
        agent: String,
        charter: Charter,
    },
    Retire {
        pass: u32,
    },
    /// An attempt with a capability that is none here.
    Turned {
        agent: String,
        revoked: bool,
    },
    Write {
        pass: u32,
        scope: ScopeName,
        #[serde(serialize_with = "save", deserialize_with = "load")]
        draft: Arc<Draft>,
        screened: Screened,
    },
    Claim {
        pass: u32,
        scope: ScopeName,
        resource: String,
        action: String,
        confidence: Ratio,
    },
    Take {
        pass: u32,
        intent: Seq,
    },
    Finish {
        pass: u32,
        intent: Seq,
        result: Option<String>,
        failed: bool,
    },
    /// An attempt that was refused at another door, such as a file policy.
    Report {
        pass: u32,
        scope: ScopeName,
        resource: String,
        action: String,
        reason: String,
    },
    Boundary {
        scope: ScopeName,
        resource: String,
    },
    Resolve {
        pass: Option<u32>,
        need: Seq,
        action: Option<Seq>,
        answer: Option<String>,
    },
    Retract {
        mark: Seq,
        reason: String,
    },
    Collect {
        grace: u64,
    },
    Narrow {
        agent: String,
        scope: Option<ScopeName>,
        kind: MarkKind,
    },
    RequireNeed {
        agent: String,
        scope: Option<ScopeName>,
    },
    Restore {
        agent: String,
        scope: Option<ScopeName>,
        kind: MarkKind,
    },
    RestoreAll {
        agent: String,
    },
    ResetEnvelope {
        agent: String,
    },
    Seed {
        agent: String,
        per_hour: [u32; 5],
    },
    Probe {
        agent: String,
    },
    Judge {
        agent: String,
        canary: Seq,
    },
    SetBudget {
        agent: String,
        budget: Budget,
    },
    Spend {
        agent: String,
        input: u64,
        output: u64,
    },
}

impl Command {
    /// Its name in telemetry.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Command::Define(_) => "define",
            Command::Enrol { .. } => "enrol",
            Command::Retire { .. } => "retire",
            Command::Turned { .. } => "turned-away",
            Command::Write { .. } => "write",
            Command::Claim { .. } => "claim",
            Command::Take { .. } => "take",
            Command::Finish { .. } => "finish",
            Command::Report { .. } => "report",
            Command::Boundary { .. } => "boundary",
            Command::Resolve { .. } => "resolve",
            Command::Retract { .. } => "retract",
            Command::Collect { .. } => "collect",
            Command::Narrow { .. } => "narrow",
            Command::RequireNeed { .. } => "require-need",
            Command::Restore { .. } => "restore",
            Command::RestoreAll { .. } => "restore-all",
            Command::ResetEnvelope { .. } => "reset-envelope",
            Command::Seed { .. } => "seed-baseline",
            Command::Probe { .. } => "probe",
            Command::Judge { .. } => "judge-probe",
            Command::SetBudget { .. } => "set-budget",
            Command::Spend { .. } => "spend",
        }
    }
}

/// One line of the journal: what was asked, and nothing that decides. It comes out of a space and cannot be made up:
///
/// ```compile_fail,E0277
/// let forged: hyperspace_markspace::Entry = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    pub(crate) at: Tick,
    pub(crate) command: Command,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: Tick,
    command: Command,
}

impl Entry {
    /// Reads a line of a stored journal.
    pub(crate) fn decode(line: &[u8]) -> Result<Self, String> {
        let Line { at, command } = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        Ok(Self { at, command })
    }

    /// As it is stored, for reading.
    ///
    /// # Errors
    ///
    /// [`CanonError`](hyperspace_core::canon::CanonError) when it has no canonical form.
    pub fn to_value(&self) -> Result<serde_json::Value, hyperspace_core::canon::CanonError> {
        hyperspace_core::canon::to_value(self)
    }

    /// When it was asked.
    #[must_use]
    pub fn at(&self) -> Tick {
        self.at
    }

    /// What was asked.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.command.operation()
    }
}

fn save<S: Serializer>(draft: &Arc<Draft>, serializer: S) -> Result<S::Ok, S::Error> {
    draft.serialize(serializer)
}

fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Draft>, D::Error> {
    Draft::deserialize(deserializer).map(Arc::new)
}
