//! The backend that keeps rows in one SQLite file.
//!
//! Invariants:
//! - A batch is one transaction, durable when it returns (WAL, `synchronous=FULL`).
//! - One process writes, any number read, at the same time.
//! - A database is used only when its files are regular ones and its schema is ours (`open.rs`, `schema.rs`).
//! - A store that is behind the seal beside it is not written to (`seal.rs`).

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
