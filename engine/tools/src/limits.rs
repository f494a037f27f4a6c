//! Every limit of the tools.

use std::time::Duration;

/// Characters of a file that a view shows; the middle of longer ones is left out.
pub(crate) const VIEW_CHARS_MAX: usize = 10_000;
/// Characters of a listing that a view shows.
pub(crate) const LIST_CHARS_MAX: usize = 5_000;
/// Lines around an edit that its answer shows.
pub(crate) const CONTEXT_LINES: usize = 4;
/// Levels of a listing.
pub(crate) const LIST_LEVELS: usize = 2;
/// Edits that can be taken back, of all files together.
pub(crate) const UNDO_EDITS_MAX: usize = 1_000;
/// Bytes that are kept to take edits back; the oldest are forgotten first.
pub(crate) const UNDO_BYTES_MAX: usize = 32 << 20;

/// Characters of output that one command of the shell returns.
pub(crate) const OUTPUT_CHARS_MAX: usize = 30_000;
/// Bytes of output of one command that are kept at all.
pub(crate) const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// Virtual time of one command: sleeps, and what `python3` takes.
pub(crate) const VIRTUAL_LIMIT: Duration = Duration::from_secs(120);
/// Real time of one command. A backstop: work is bounded by counts, and when it fires the guest's run ends.
pub(crate) const REAL_LIMIT: Duration = Duration::from_secs(120);
/// Simple commands of one call.
pub(crate) const COMMANDS_MAX: usize = 100_000;
/// Iterations of all loops of one call.
pub(crate) const ITERATIONS_MAX: usize = 1_000_000;
/// bashkit's units of work of one call.
pub(crate) const WORK_MAX: u64 = 100_000_000;
/// Bytes that pass between the commands of one call.
pub(crate) const INPUT_BYTES_MAX: u64 = 256 << 20;
/// Bytes that one call holds at a time between commands.
pub(crate) const LIVE_BYTES_MAX: u64 = 32 << 20;
/// Bytes of a command.
pub(crate) const COMMAND_BYTES_MAX: usize = 1 << 20;
/// Stack of the thread that a command runs on: the interpreter recurses.
pub(crate) const STACK_BYTES: usize = 64 << 20;
/// Fuel of one `python3`: some fifteen seconds.
pub(crate) const PYTHON_FUEL: u64 = 20_000_000_000;
/// What one call of the shell costs the guest, besides files and `python3`.
pub(crate) const CALL_FUEL: u64 = 5_000_000;
/// Bytes that one read of `/dev/zero` or `/dev/urandom` gives.
pub(crate) const DEVICE_BYTES: usize = 8_192;
/// Characters of a text that one `log` may have.
pub(crate) const LOG_CHARS_MAX: usize = 64 << 10;

const _: () = assert!(VIEW_CHARS_MAX.is_multiple_of(2) && LIST_CHARS_MAX.is_multiple_of(2));
const _: () = assert!(OUTPUT_CHARS_MAX <= OUTPUT_BYTES_MAX);
