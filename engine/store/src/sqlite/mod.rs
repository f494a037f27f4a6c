//! The backend that keeps rows in one SQLite file.
//!
//! Invariants:
//! - A batch is one transaction, durable when it returns (WAL, `synchronous=FULL`).
//! - One process writes, and any number read at the same time.
//! - A database is used only if its files are regular files and its schema is ours (`open.rs`, `schema.rs`).
//! - A store that is behind the seal beside it is never written to (`seal.rs`).

mod error;
mod lock;
mod open;
mod read;
mod schema;
mod seal;
#[cfg(test)]
mod tests;
mod write;

pub use open::SqliteBackend;
pub use schema::FORMAT;
