//! The binary interface of WASI preview 1: error numbers, types with their layout in a guest's memory, and pointers into it.
//!
//! The numbers, sizes and offsets are those of the standard's definition of `wasi_snapshot_preview1`. A pointer that leaves the memory
//! or is misaligned ends the run with a trap, as the standard says; other faults of an argument are error numbers.
//! `wasi/linker.rs` makes the functions importable.
//!
//! Nothing in here refers to a file, a clock or a host.

mod arguments;
mod errno;
mod memory;
mod names;
mod records;

pub(crate) use self::arguments::{CallResults, Parameter};
pub(crate) use self::errno::{AbiError, Errno};
pub(crate) use self::memory::{BadPointer, GuestMemory, GuestPtr, GuestSlice};
pub(crate) use self::names::{
    Advice, Clockid, Eventrwflags, Eventtype, Fdflags, Filetype, Fstflags, Lookupflags, Oflags, Riflags,
    Rights, Roflags, Sdflags, Signal, Subclockflags, Whence,
};
pub(crate) use self::records::{
    Event, Fdstat, Filestat, Iovec, Prestat, Subscription, SubscriptionClock, SubscriptionKind,
};
