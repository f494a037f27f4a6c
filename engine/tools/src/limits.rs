//! All limits of the tools, and their prices.

use std::time::Duration;

/// True in builds of the fuzz targets, whose runs must be short.
const SHORT: bool = cfg!(feature = "fuzzing");

/// Maximum characters of a file in a view; longer files are clipped in the middle.
pub(crate) const VIEW_CHARS_MAX: usize = 10_000;
/// Maximum characters of a listing in a view.
pub(crate) const LIST_CHARS_MAX: usize = 5_000;
/// Number of lines shown before and after an edit.
pub(crate) const CONTEXT_LINES: usize = 4;
/// Number of levels of folders in a listing.
pub(crate) const LIST_LEVELS: usize = 2;
/// Maximum number of edits that can be undone, over all files.
pub(crate) const UNDO_EDITS_MAX: usize = 1_000;
/// Maximum bytes of the undo history; the oldest edits are dropped first.
pub(crate) const UNDO_BYTES_MAX: usize = 32 << 20;

/// Maximum characters of output that one command returns.
pub(crate) const OUTPUT_CHARS_MAX: usize = 30_000;
/// Maximum bytes of output of one command. The guest itself stops at 1 MiB, and adds little.
pub(crate) const OUTPUT_BYTES_MAX: u64 = 2 << 20;
/// Maximum real time of one command, without `python3`. This is a backstop: normally fuel ends commands. When it fires, the
/// guest's run ends.
pub(crate) const REAL_LIMIT: Duration = Duration::from_secs(120);
// T-SH-37, T-SH-42, T-SH-47.
/// Maximum bytes of a command.
pub(crate) const COMMAND_BYTES_MAX: usize = 256 << 10;
/// Maximum fuel of one command, without `python3`: about a second.
pub(crate) const COMMAND_FUEL: u64 = if SHORT { 300_000_000 } else { 5_000_000_000 };
/// Maximum memory of a shell in bytes.
pub(crate) const SHELL_MEMORY_BYTES: u64 = 128 << 20;
/// Fuel of one `python3`: about 15 seconds.
pub(crate) const PYTHON_FUEL: u64 = 20_000_000_000;
/// Maximum bytes of the standard input of one `python3`.
pub(crate) const PYTHON_INPUT_BYTES_MAX: usize = 16 << 20;
/// Maximum bytes of output of one `python3`, whatever its limits are: the size that fits into the answer to the shell.
pub(crate) const PYTHON_OUTPUT_BYTES_MAX: u64 = 11 << 20;
/// Maximum characters of one logged text.
pub(crate) const LOG_CHARS_MAX: usize = 64 << 10;
/// Maximum bytes of all logged texts of one guest.
pub(crate) const LOG_BYTES_MAX: usize = 4 << 20;

const _: () = assert!(VIEW_CHARS_MAX.is_multiple_of(2) && LIST_CHARS_MAX.is_multiple_of(2));
const _: () = assert!(OUTPUT_CHARS_MAX as u64 <= OUTPUT_BYTES_MAX);
