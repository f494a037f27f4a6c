//! The commands of a space, in the form in which they are journalled.
//!
//! The state of a space is the fold of [`Machine::apply`](crate::machine::Machine::apply) over the journal,
//! including refused commands: they count towards rates and the envelope, and counts are part of the state.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::budget::TokenBudget;
use crate::capability::CapabilitySpec;
use crate::define::ScopeDef;
use crate::model::Draft;
use crate::seq::Seq;
use crate::strength::Ratio;
use crate::time::Tick;
use hyperspace_core::{MarkKind, ScopeName};

/// A resource and an action on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceAction<'a> {
    /// The resource.
    pub resource: &'a str,
    /// The verb.
    pub action: &'a str,
}

/// Takes the resource and the verb, in this order.
impl<'a, R: AsRef<str> + ?Sized, A: AsRef<str> + ?Sized> From<(&'a R, &'a A)> for ResourceAction<'a> {
    fn from(what: (&'a R, &'a A)) -> Self {
        Self { resource: what.0.as_ref(), action: what.1.as_ref() }
    }
}

/// The result of the content policies on a write.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ScreenResult {
    /// No policy objected, or none looked at it.
    #[default]
    Clean,
    /// Accepted, with remarks.
    Flagged(Vec<(String, String)>),
    /// Rejected by this policy for this reason.
    Rejected(String, String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum SpaceCommand {
    Define(ScopeDef),
    Enrol {
        agent: String,
        charter: CapabilitySpec,
    },
    Retire {
        pass: u32,
    },
    /// An attempt with a capability that was not issued by this space's authority.
    Turned {
        agent: String,
        revoked: bool,
    },
    Write {
        pass: u32,
        scope: ScopeName,
        #[serde(serialize_with = "save", deserialize_with = "load")]
        draft: Arc<Draft>,
        screened: ScreenResult,
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
    /// An attempt that was refused elsewhere, such as by a file policy.
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
        budget: TokenBudget,
    },
    Spend {
        agent: String,
        input: u64,
        output: u64,
    },
}

impl SpaceCommand {
    /// Returns the name of the operation in telemetry.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            SpaceCommand::Define(_) => "define",
            SpaceCommand::Enrol { .. } => "enrol",
            SpaceCommand::Retire { .. } => "retire",
            SpaceCommand::Turned { .. } => "turned-away",
            SpaceCommand::Write { .. } => "write",
            SpaceCommand::Claim { .. } => "claim",
            SpaceCommand::Take { .. } => "take",
            SpaceCommand::Finish { .. } => "finish",
            SpaceCommand::Report { .. } => "report",
            SpaceCommand::Boundary { .. } => "boundary",
            SpaceCommand::Resolve { .. } => "resolve",
            SpaceCommand::Retract { .. } => "retract",
            SpaceCommand::Collect { .. } => "collect",
            SpaceCommand::Narrow { .. } => "narrow",
            SpaceCommand::RequireNeed { .. } => "require-need",
            SpaceCommand::Restore { .. } => "restore",
            SpaceCommand::RestoreAll { .. } => "restore-all",
            SpaceCommand::ResetEnvelope { .. } => "reset-envelope",
            SpaceCommand::Seed { .. } => "seed-baseline",
            SpaceCommand::Probe { .. } => "probe",
            SpaceCommand::Judge { .. } => "judge-probe",
            SpaceCommand::SetBudget { .. } => "set-budget",
            SpaceCommand::Spend { .. } => "spend",
        }
    }
}

/// A line of the journal: a command and its time, without its result. Only a space creates one:
///
/// ```compile_fail,E0277
/// let forged: hyperspace_markspace::RecordedCommand = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedCommand {
    pub(crate) at: Tick,
    pub(crate) command: SpaceCommand,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCommand {
    at: Tick,
    command: SpaceCommand,
}

impl RecordedCommand {
    /// Reads a line of a stored journal.
    pub(crate) fn decode(line: &[u8]) -> Result<Self, String> {
        let StoredCommand { at, command } =
            serde_json::from_slice(line).map_err(|error| error.to_string())?;
        Ok(Self { at, command })
    }

    /// Returns the command as it is stored, for reading.
    ///
    /// # Errors
    ///
    /// [`CanonError`](hyperspace_core::canon::CanonError) when it has no canonical form.
    pub fn to_value(&self) -> Result<serde_json::Value, hyperspace_core::canon::CanonError> {
        hyperspace_core::canon::to_value(self)
    }

    /// Returns the time of the request.
    #[must_use]
    pub fn at(&self) -> Tick {
        self.at
    }

    /// Returns the name of the operation.
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
