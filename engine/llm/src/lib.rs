//! A client for language models: providers, retries, budgets, cassettes, and a stub server for tests without a key.
//!
//! A [`Registry`] resolves the name of a [`Model`], [`Models`] makes models callable, and a [`Session`] is an ordered stream of
//! calls, each recorded in a [`Cassette`] before its answer is returned. `README.md` describes the settings and the scripts of
//! the stub server.
//!
//! Invariants, each repeated where it is enforced:
//! - Requests and answers are provider-neutral ([`ChatRequest`], [`ChatAnswer`]); differences between providers are data
//!   (`data/providers.toml`).
//! - A failed call is a value ([`Failure`]); an `Err` means that the run cannot continue.
//! - Every fault of a provider is retried, answered by a shorter conversation, or reported: exactly one of these.
//! - The amount spent is exact, to the token, however many calls run concurrently ([`Account`]).
//! - A key leaves this crate only in the header of a request ([`Secret`]).
//!
//! Intentionally absent: the process environment, clocks and randomness, which callers pass in; marks, tasks, wasm.
//!
//! Features: `stub` adds the scripted server of the module `stub`; `fuzzing` adds the oracles of the fuzz targets.

mod account;
mod adapt;
mod attachment;
mod breaker;
mod budget;
mod call;
mod called_model;
mod cassette;
mod catalogue;
mod check;
mod client;
mod clip;
mod config;
mod digest;
mod effort;
mod error;
mod events;
mod fault;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod hint;
mod learned;
mod numbers;
mod options;
mod price;
mod price_list;
mod profile;
mod recall;
mod redact;
mod registry;
mod repair;
mod reply;
mod retry;
mod route;
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
mod unpacked;
mod wire;

pub use self::account::Account;
pub use self::attachment::Attachment;
pub use self::budget::{BudgetExceeded, BudgetLimits, Resource, Spend};
pub use self::cassette::{
    Cassette, CassetteRecovery, Exchange, ExchangeOutcome, FileCassette, MemoryCassette, RECORD_KIND,
    StreamHead,
};
pub use self::catalogue::{Catalogue, KnownFamily, KnownPrice, KnownProvider};
pub use self::client::{Models, ProviderListing};
pub use self::config::{Api, ModelConfig};
pub use self::digest::RequestDigest;
pub use self::effort::{CallStats, Effort, ModelStats};
pub use self::error::{ChatError, ConfigError, Failure, FailureKind, SessionError};
pub use self::events::{ModelEvent, ModelObserver};
pub use self::fault::{FaultAction, FaultKind, HandledFault};
pub use self::learned::Learned;
pub use self::options::{CallOptions, SessionOptions};
pub use self::price::{Cost, Price};
pub use self::registry::{Model, ModelEnvironment, Registry};
pub use self::repair::Repair;
pub use self::reply::Reply;
pub use self::retry::RetryPolicy;
pub use self::route::Route;
pub use self::secret::Secret;
pub use self::session::Session;
pub use self::time_source::TimeSource;
pub use self::transport::install_tls;
pub use self::types::{Arguments, ChatAnswer, ChatRequest, FinishReason, Message, Tool, ToolCall, Usage};
