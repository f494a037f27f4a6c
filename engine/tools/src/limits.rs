//! All limits of the tools.

use std::time::Duration;

/// True in builds of the fuzz targets, whose runs must be short.
const SHORT: bool = cfg!(feature = "fuzzing");

/// Maximum characters of a file in a view; longer files are clipped in the middle.
pub(crate) const VIEW_CHARS_MAX: usize = 10_000;
/// Maximum characters of a listing in a view.
pub(crate) const LIST_CHARS_MAX: usize = 5_000;
/// Lines shown before and after an edit.
pub(crate) const CONTEXT_LINES: usize = 4;
/// Levels of folders in a listing.
pub(crate) const LIST_LEVELS: usize = 2;
/// Maximum edits that can be undone, of all files together.
pub(crate) const UNDO_EDITS_MAX: usize = 1_000;
/// Maximum bytes of the undo history; the oldest edits are dropped first.
pub(crate) const UNDO_BYTES_MAX: usize = 32 << 20;

/// Maximum characters of output that one command returns.
pub(crate) const OUTPUT_CHARS_MAX: usize = 30_000;
/// Maximum bytes of output of one command that are kept before clipping.
pub(crate) const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// Maximum virtual time of one command: sleeps, and the time of `python3`.
pub(crate) const VIRTUAL_LIMIT: Duration = Duration::from_secs(120);
/// Maximum real time of one command. A backstop: work is bounded by counts, and when it fires the guest's run ends.
pub(crate) const REAL_LIMIT: Duration = Duration::from_secs(120);
/// Maximum CPU time of the interpreter beyond the amount charged, over all commands of one guest, without `python3`. A
/// backstop for work that the interpreter does not count.
pub(crate) const PROCESSOR_LIMIT: Duration = Duration::from_secs(10);
/// CPU time added to that limit per million units of fuel charged.
pub(crate) const PROCESSOR_PER_MILLION: Duration = Duration::from_millis(1);
/// Interval at which CPU time is checked.
pub(crate) const PROCESSOR_LOOK: Duration = Duration::from_millis(100);
/// Maximum simple commands of one call. The time of some commands grows with existing data (appending to an array copies it),
/// so this and the sizes below bound the product.
pub(crate) const COMMANDS_MAX: usize = if SHORT { 500 } else { 4_000 };
/// Maximum iterations of all loops of one call.
pub(crate) const ITERATIONS_MAX: usize = if SHORT { 1_000 } else { 20_000 };
/// Maximum of bashkit's units of work of one call.
pub(crate) const WORK_MAX: u64 = if SHORT { 200_000 } else { 2_000_000 };
/// Maximum bytes of all variables of a shell, including names.
pub(crate) const VARIABLE_BYTES_MAX: usize = 128 << 10;
/// Maximum elements of all arrays of a shell.
pub(crate) const ARRAY_ENTRIES_MAX: usize = 2_500;
/// Maximum bytes that pass between the commands of one call.
pub(crate) const INPUT_BYTES_MAX: u64 = 16 << 20;
/// Maximum bytes that one call holds between commands at a time.
pub(crate) const LIVE_BYTES_MAX: u64 = 2 << 20;
// T-SH-37, T-SH-42, T-SH-47.
/// Maximum bytes of a command.
pub(crate) const COMMAND_BYTES_MAX: usize = 256 << 10;
/// Maximum steps of the parser for one text.
pub(crate) const PARSER_STEPS_MAX: usize = 500_000;
/// Stack of a command's thread; the interpreter recurses.
pub(crate) const STACK_BYTES: usize = 64 << 20;
/// Fuel of one `python3`: about 15 seconds.
pub(crate) const PYTHON_FUEL: u64 = 20_000_000_000;
/// Fuel per call of the shell, besides files, `python3` and work.
pub(crate) const CALL_FUEL: u64 = 5_000_000;
/// Fuel per byte of a command, for parsing.
pub(crate) const BYTE_FUEL: u64 = 100;
/// Fuel per simple command.
pub(crate) const COMMAND_FUEL: u64 = 500_000;
/// Fuel per unit of bashkit's work: a step of awk, a byte examined by an expansion.
pub(crate) const WORK_FUEL: u64 = 2_000;
/// Fuel per program that may take long on small input: searching, sorting, comparing.
pub(crate) const PROGRAM_FUEL: u64 = 10_000_000;
/// Fuel per byte that goes into a command: as an argument, through a pipe, or from a file.
pub(crate) const INPUT_FUEL: u64 = 100;
/// Bytes of one read of `/dev/zero` or `/dev/urandom`.
pub(crate) const DEVICE_BYTES: usize = 8_192;
/// Maximum characters of one logged text.
pub(crate) const LOG_CHARS_MAX: usize = 64 << 10;

const _: () = assert!(VIEW_CHARS_MAX.is_multiple_of(2) && LIST_CHARS_MAX.is_multiple_of(2));
const _: () = assert!(OUTPUT_CHARS_MAX <= OUTPUT_BYTES_MAX);
