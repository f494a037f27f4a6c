//! Cassettes: recorded model calls, which can be replayed without a provider.
//!
//! Exchanges are grouped into *streams*, one per session of a guest and numbered from 0, because many guests call models
//! concurrently and only the order within a stream is deterministic. An [`Exchange`] is identified by its canonical bytes,
//! which include the identifier of its predecessor, so the [`StreamHead`] covers the whole stream. The identifier equals that of
//! a store record of kind [`RECORD_KIND`] with [`Exchange::body`], so a store can hold exchanges as its own objects.
//!
//! The [`Effort`](crate::Effort) of a call is kept beside the exchange and is not part of its identifier.

mod exchange;
mod file;
mod index;
mod line;
mod memory;
#[cfg(any(test, feature = "fuzzing"))]
mod oracle;
mod stream;

pub use self::exchange::{Exchange, ExchangeOutcome, RECORD_KIND};
pub use self::file::{CassetteRecovery, FileCassette};
pub use self::memory::MemoryCassette;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::oracle::check_cassette;
pub use self::stream::{Cassette, StreamHead};

#[cfg(test)]
mod tests;
