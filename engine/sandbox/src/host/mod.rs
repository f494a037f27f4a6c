//! The host of one guest: everything within reach of its host calls.
//!
//! [`Host`] is the data of the instance's store. Its fields are grouped by lifetime: [`PersistentState`] carries over from a
//! set-up into its forks, [`CallState`] belongs to one call of the guest, and the view of its memory to the instance.

mod file_calls;
mod fuel;
mod host_call;
mod limiter;
mod state;

pub(crate) use self::file_calls::add_file_calls_to_linker;
pub(crate) use self::fuel::CallAccounting;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::fuel::debit;
pub(crate) use self::host_call::add_to_linker;
pub(crate) use self::limiter::TABLE_ELEMENTS_MAX;
pub(crate) use self::state::{Host, PersistentState, Stop};
