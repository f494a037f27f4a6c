//! Markspace: where agents leave marks for each other, and the guard that decides every one of them.
//!
//! Invariants:
//! - The state is a fold over the journal of what was asked, refusals included; the same journal gives the same state.
//! - An agent is who its [`Capability`](crate::Capability) says; authorisation comes before anything is counted.
//! - Visibility, decay, vocabulary and limits are those of the scope a mark stands in.
//! - Per resource at most one claim is held; nothing runs without its [`Permit`].
//! - Time is logical and given from outside; numbers that decide anything are integers.
//!
//! What was chosen where the protocol leaves a choice is written in `MARKSPACE.md` beside this crate; which test holds
//! which property in `PROPERTIES.md`.

mod agents;
mod attempt;
mod barrier;
mod budget;
mod command;
mod contest;
mod define;
mod doors;
#[cfg(feature = "store")]
mod durable;
mod envelope;
#[cfg(feature = "store")]
mod explain;
#[cfg(test)]
mod explore;
mod handle;
#[cfg(all(feature = "store", any(test, feature = "fuzzing")))]
pub(crate) mod hostile;
mod input;
#[cfg(feature = "store")]
mod journal;
mod log;
mod look;
mod machine;
mod marks;
mod model;
mod needs;
mod pipeline;
mod policy;
mod principal;
mod rates;
mod read;
#[cfg(feature = "store")]
mod reader;
mod refusal;
mod schedule;
mod scopes;
#[cfg_attr(not(feature = "store"), path = "snapshot_none.rs")]
mod snapshot;
#[cfg(feature = "store")]
mod staged;
mod strength;
mod system;
mod telemetry;
mod time;
mod watch;
mod write;

pub use agents::{AGENT_BYTES_MAX, SYSTEM_AGENT};
pub use budget::{Budget, Spent};
pub use command::Entry;
pub use contest::{Contender, winner};
pub use define::{
    Charter, ConflictPolicy, DIAGNOSTIC_SCOPE, Decay, Names, RateLimit, ResourceRule, SYSTEM_SCOPE, ScopeDef,
    Visibility,
};
pub use doors::{Execution, Permit, ToolResult, Verdict};
pub use envelope::{Detector, Rules};
#[cfg(feature = "store")]
pub use explain::Explanation;
pub use handle::MarkSpace;
pub use input::MARK_JSON_BYTES_MAX;
#[cfg(feature = "store")]
pub(crate) use journal::audit;
#[cfg(feature = "store")]
pub use journal::{Opened, spaces};
pub use log::Ticket;
pub use machine::Health;
pub use model::{Body, CONTENT_BYTES_MAX, Draft, Mark, NAME_BYTES_MAX, Seq};
pub use needs::NeedCluster;
pub use pipeline::{Manifest, validate_permissions, validate_pipeline};
pub use policy::{ContentPolicy, PolicyVerdict};
pub use principal::{BoundaryRuling, BoundaryVerdict, Standing};
pub use read::{Order, Query, View};
#[cfg(feature = "store")]
pub use reader::{Listing, SpaceReader};
pub use refusal::{Check, Refusal};
pub use schedule::Scheduler;
#[cfg(feature = "store")]
pub use staged::{Portion, StagedSpace, StoredEntries, stored_entries};
pub use strength::{Ratio, Strength, reinforce};
pub use system::{TOPIC_CANARY, TOPIC_ENVELOPE};
#[cfg(feature = "tracing")]
pub use telemetry::TracingSink;
pub use telemetry::{Event, JsonLines, MemorySink, Sink};
pub use time::{Clock, HOUR, LogicalClock, MINUTE, Tick};
pub use watch::{Delivery, WATCH_QUEUE_MAX, WatchPattern};
pub use write::TOPIC_CONTENT;
