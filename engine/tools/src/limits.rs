//! Every limit of the tools.

use std::time::Duration;

/// Whether this is built for the fuzz targets: a run of theirs must be short to be one of many.
const SHORT: bool = cfg!(feature = "fuzzing");

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
/// Time of the processor that the interpreter may take beyond what is charged for, over all commands of one guest and without
/// `python3`. A backstop as well, for work that the interpreter does not count.
pub(crate) const PROCESSOR_LIMIT: Duration = Duration::from_secs(10);
/// What a million units of fuel that commands were charged add to it.
pub(crate) const PROCESSOR_PER_MILLION: Duration = Duration::from_millis(1);
/// How often that is looked at.
pub(crate) const PROCESSOR_LOOK: Duration = Duration::from_millis(100);
/// Simple commands of one call. Some take time with what they find (an element is added to an array by copying it), so this
/// and the sizes below bound their product.
pub(crate) const COMMANDS_MAX: usize = if SHORT { 500 } else { 4_000 };
/// Iterations of all loops of one call.
pub(crate) const ITERATIONS_MAX: usize = if SHORT { 1_000 } else { 20_000 };
/// bashkit's units of work of one call.
pub(crate) const WORK_MAX: u64 = if SHORT { 200_000 } else { 2_000_000 };
/// Bytes of all variables of a shell, names included.
pub(crate) const VARIABLE_BYTES_MAX: usize = 128 << 10;
/// Elements of all arrays of a shell.
pub(crate) const ARRAY_ENTRIES_MAX: usize = 2_500;
/// Bytes that pass between the commands of one call.
pub(crate) const INPUT_BYTES_MAX: u64 = 16 << 20;
/// Bytes that one call holds at a time between commands.
pub(crate) const LIVE_BYTES_MAX: u64 = 2 << 20;
// T-SH-37, T-SH-42, T-SH-47.
/// Bytes of a command.
pub(crate) const COMMAND_BYTES_MAX: usize = 256 << 10;
/// Steps of the parser for one text.
pub(crate) const PARSER_STEPS_MAX: usize = 500_000;
/// Stack of the thread that a command runs on: the interpreter recurses.
pub(crate) const STACK_BYTES: usize = 64 << 20;
/// Fuel of one `python3`: some fifteen seconds.
pub(crate) const PYTHON_FUEL: u64 = 20_000_000_000;
/// What one call of the shell costs the guest, besides files, `python3` and work.
pub(crate) const CALL_FUEL: u64 = 5_000_000;
/// What a byte of a command costs: it is parsed.
pub(crate) const BYTE_FUEL: u64 = 100;
/// What one simple command costs.
pub(crate) const COMMAND_FUEL: u64 = 500_000;
/// What one of bashkit's units of work costs: a step of awk, a byte that an expansion looks at.
pub(crate) const WORK_FUEL: u64 = 2_000;
/// What a program costs that may take long with little: those that search, sort and compare.
pub(crate) const PROGRAM_FUEL: u64 = 10_000_000;
/// What a byte costs that goes into a command: as an argument, through a pipe, or from a file.
pub(crate) const INPUT_FUEL: u64 = 100;
/// Bytes that one read of `/dev/zero` or `/dev/urandom` gives.
pub(crate) const DEVICE_BYTES: usize = 8_192;
/// Characters of a text that one `log` may have.
pub(crate) const LOG_CHARS_MAX: usize = 64 << 10;

const _: () = assert!(VIEW_CHARS_MAX.is_multiple_of(2) && LIST_CHARS_MAX.is_multiple_of(2));
const _: () = assert!(OUTPUT_CHARS_MAX <= OUTPUT_BYTES_MAX);
