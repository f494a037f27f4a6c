//! Templates and forks: what many runs have in common is done once, and each run starts from the state it left.
//!
//! A [`Setup`] says what is done first (files, imports, a call), an [`Item`] what one run does after it. A [`Template`] runs
//! the set-up once and keeps what it changed; [`Template::fork`] starts from there, [`Template::fresh`] does the set-up again.
//! Both give the same report, bit for bit.
//!
//! Invariants:
//! - A state is kept only between two calls of the guest, after the first one returned normally. Then the guest's stack is
//!   empty, its one mutable global has its first value again, and tables never change (`invariants.rs` checks this of the
//!   interpreter), so linear memory and [`crate::host::HostImage`] are all there is.
//! - What a fork can see is written before it starts: every page of its memory that is not untouched since the instance was
//!   made is copied from the template or from the first state (`pages.rs`), or all of it is mapped anew (`ground.rs`), and
//!   its host is a copy of the template's.
//! - An instance is used again only after a normal return with its memory at the size it started with. After a trap, an
//!   exit, spent fuel or a dropped future it is thrown away.
//!
//! Not here: what a run means; that is in `sandbox.rs` and `host.rs`, the same for all runs.

#[cfg(test)]
mod invariants;
mod kernel;
mod pages;
mod pool;
mod setup;
mod shelf;
mod slot;
mod template;

pub(crate) use pages::MemoryImage;
pub(crate) use pool::{Lease, Pool};
pub use setup::{Item, Setup};
pub(crate) use shelf::Shelf;
pub(crate) use slot::{Shown, Slot};
pub use template::Template;
pub(crate) use template::{Image, Prepared};
