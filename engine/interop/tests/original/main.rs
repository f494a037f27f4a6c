//! Outcome files: runs that are written and read again, and folders as the original leaves them.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod common;
mod original;
mod published;
mod round_trip;
