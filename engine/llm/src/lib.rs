//! Calls of language models: providers, retries, budgets, the cassette, and a stub server to try it all without a key.
//!
//! A [`Registry`] finds a [`Model`] by name; [`Models`] makes it callable; a [`Session`] is one conversation partner's
//! calls in order, each recorded in a [`Cassette`] before its answer is given. `README.md` shows the settings and the scripts of the stub.
//!
//! Invariants of this crate, each stated again where it is kept:
//! - A request and its answer are neutral ([`ChatRequest`], [`ChatAnswer`]); how providers differ is data (`data/providers.toml`).
//! - A failed call is a value ([`Failure`]); `Err` means that the run cannot go on.
//! - Every fault of a provider is retried, or answered by a shorter conversation, or reported: one of these, once.
//! - What was spent is exact, to the token, however many calls run at the same time ([`Account`]).
//! - A key leaves this crate in the header of a request and nowhere else ([`Secret`]).
//!
//! Absent by design: the process environment, clocks and randomness, which are handed in; streaming; marks, tasks, wasm.

mod breaker;
mod budget;
mod cassette;
mod check;
mod client;
mod config;
mod digest;
mod effort;
mod error;
mod fault;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod price;
mod redact;
mod registry;
mod retry;
mod secret;
mod session;
#[cfg(feature = "stub")]
pub mod stub;
#[cfg(test)]
mod testing;
mod throttle;
mod time_source;
mod transport;
mod trim;
mod types;
mod wire;

pub use self::budget::{Account, BudgetExceeded, BudgetLimits, Resource, Spend};
pub use self::cassette::{
    Cassette, CassetteRecovery, Exchange, ExchangeOutcome, FileCassette, MemoryCassette, RECORD_KIND,
    StreamHead,
};
pub use self::client::{CallOptions, Models};
pub use self::config::{Api, ModelConfig};
pub use self::digest::RequestDigest;
pub use self::effort::{CallStats, Effort};
pub use self::error::{ChatError, ConfigError, Failure, FailureKind, SessionError};
pub use self::fault::{FaultAction, FaultKind, HandledFault};
pub use self::price::{Cost, Price};
pub use self::registry::{Model, ModelEnvironment, Registry};
pub use self::retry::RetryPolicy;
pub use self::secret::Secret;
pub use self::session::{Reply, Session, SessionOptions};
pub use self::time_source::TimeSource;
pub use self::types::{Arguments, ChatAnswer, ChatRequest, FinishReason, Message, Tool, ToolCall, Usage};
