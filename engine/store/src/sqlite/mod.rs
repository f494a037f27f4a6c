//! The backend that keeps rows in one SQLite file.
//!
//! Invariants:
//! - A batch is one transaction, durable when it returns (WAL, `synchronous=FULL`).
//! - One process writes, any number read, at the same time.

mod error;
mod lock;
mod open;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

pub use open::SqliteBackend;
pub use schema::FORMAT;
