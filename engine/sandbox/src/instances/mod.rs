//! Instances of the interpreter, each used for one run after another, and the states that they are brought into.
//!
//! Invariants:
//! - A state is kept only between two calls of the guest, and only if the first one returned normally. Then the guest's stack is
//!   empty, its one mutable global has its initial value again, and tables never change (`memory/invariants.rs` checks this of
//!   the interpreter), so linear memory and [`crate::host::PersistentState`] are all there is.
//! - Everything that a fork can see is written before it starts. Every page of its memory that was touched since the instance
//!   was made is copied from the state or from the initial image (`memory/image.rs`), or all of its memory is mapped anew
//!   (`memory/linear_memory.rs`); its host is a copy of the state's.
//! - An instance is reused only after a normal return, and with its memory at the size it started with. After a trap, an exit,
//!   exhausted fuel or a dropped future it is discarded.

mod instance;
mod pool;
mod returns;
mod state;

pub(crate) use self::instance::GuestCall;
pub(crate) use self::pool::{InstanceLease, InstancePool};
pub(crate) use self::state::{GuestState, SetupOutcome};
