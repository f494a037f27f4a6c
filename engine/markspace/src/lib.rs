//! Markspace: the place where agents leave marks for each other, and the guard that decides on every mark.
//!
//! Invariants:
//! - The state is a fold over the journal of requests, including refused ones; the same journal gives the same state.
//! - An agent is identified by its [`Capability`]; authorisation comes before anything is counted.
//! - Visibility, decay, vocabulary and limits are those of the scope in which a mark stands.
//! - At most one claim is held per resource; no tool runs without its [`Permit`].
//! - Time is logical and comes from outside; numbers that decide anything are integers.
//!
//! A space lives in memory ([`MarkSpace::in_memory`], [`MarkSpace::recorded`]) or in a store, which folds its journal
//! ([`SpaceFold`]) and stores its decisions ([`SpaceJournal`], [`StagedSpace`]). This crate has no store of its own.
//!
//! `MARKSPACE.md` beside this crate documents the choices that the protocol leaves open; `PROPERTIES.md` lists which test
//! verifies which property.

mod act_api;
mod agents;
mod attempt;
mod barrier;
mod budget;
mod capability;
mod command;
mod contest;
mod define;
mod envelope;
mod explain;
#[cfg(test)]
mod explore;
mod fold;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guard;
mod handle;
mod input;
mod listing;
mod log;
mod machine;
mod marks;
mod model;
mod needs;
mod outcome;
mod pipeline;
mod policy;
mod principal;
mod rates;
mod read;
mod read_api;
mod refusal;
mod schedule;
mod scopes;
mod seq;
mod snapshot;
mod source;
mod staged;
mod staged_entries;
mod strength;
mod system;
mod telemetry;
mod time;
mod watch;
mod write;
mod write_api;

pub use act_api::{ClaimOutcome, Permit, ToolOutcome, ToolResult};
pub use agents::{AGENT_BYTES_MAX, SYSTEM_AGENT};
pub use budget::{TokenBudget, TokensSpent};
pub use capability::{Authority, Capability, CapabilitySpec, Grant, ResourceRule};
pub use command::{RecordedCommand, ResourceAction};
pub use contest::{ClaimContender, winner};
pub use define::{
    AllowedNames, ConflictPolicy, DIAGNOSTIC_SCOPE, Decay, RateLimit, SYSTEM_SCOPE, ScopeDef, ScopeVisibility,
};
pub use envelope::{Detector, SpaceRules};
pub use explain::Explanation;
pub use fold::{SpaceFold, SpaceJournal, block_values};
pub use guard::Guard;
pub use handle::{MarkSpace, SpaceOpening};
pub use hyperspace_core::{Decision, DenyReason, EditScope, FileOp, MarkId, MarkKind, RelPath, ScopeName};
pub use input::MARK_JSON_BYTES_MAX;
pub use listing::Listing;
pub use log::Ticket;
pub use model::{Body, CONTENT_BYTES_MAX, Draft, Mark, NAME_BYTES_MAX};
pub use needs::NeedCluster;
pub use outcome::ProbeResult;
pub use pipeline::{Manifest, validate_permissions, validate_pipeline};
pub use policy::{ContentPolicy, PolicyDecision};
pub use principal::{AgentStatus, BoundaryDecision, BoundaryOutcome};
pub use read::{MarkView, Query, ReadOrder};
pub use refusal::{GuardCheck, Refusal};
pub use schedule::Scheduler;
pub use seq::Seq;
pub use snapshot::{SNAPSHOT_FORMAT, Snapshot};
pub use source::{Severity, TrustSource};
pub use staged::StagedSpace;
pub use staged_entries::{StagedEntries, StagedPiece};
pub use strength::{Ratio, Strength, reinforce};
pub use system::{TOPIC_CANARY, TOPIC_ENVELOPE};
#[cfg(feature = "tracing")]
pub use telemetry::TracingSink;
pub use telemetry::{JsonLines, MemorySink, Sink, TelemetryEvent};
pub use time::{HOUR, LogicalClock, MINUTE, SpaceClock, Tick};
pub use watch::{Delivery, WATCH_QUEUE_MAX, WatchPattern};
pub use write::TOPIC_CONTENT;
