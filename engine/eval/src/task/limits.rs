//! Maximum sizes of tasks, in one place. They keep a hostile or mistaken folder from exhausting the machine.

/// Maximum number of cases in one split.
pub(crate) const CASES_MAX: u64 = 10_000;
/// Maximum number of items in one case of bin packing.
pub(crate) const ITEMS_MAX: u64 = 100_000;
/// Maximum number of items in all cases of one split together.
pub(crate) const ITEMS_TOTAL_MAX: u64 = 10_000_000;
/// Maximum size of one file in bytes.
pub(crate) const FILE_BYTES_MAX: usize = 64 << 20;
/// Maximum size of `task.toml` in bytes: 10,000 cases of 400 bytes.
pub(crate) const DEFINITION_BYTES_MAX: usize = 4 << 20;
/// Maximum number of files and folders that programs may see beside an evaluator in Python.
pub(crate) const VISIBLE_MAX: usize = 1_000;
/// Maximum number of files in one task folder.
pub(crate) const FILES_MAX: usize = 10_000;
/// Maximum size of a bin: small enough that sums over a whole case fit into 64 bits.
pub(crate) const CAPACITY_MAX: u64 = 1_000_000_000;
/// Maximum number of circles to pack: the verification is quadratic in it.
pub(crate) const CIRCLES_MAX: u64 = 1_000;

const _: () = assert!(ITEMS_MAX <= u64::MAX / CAPACITY_MAX);
const _: () = assert!(ITEMS_MAX <= ITEMS_TOTAL_MAX);
