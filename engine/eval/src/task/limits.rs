//! Sizes of tasks, in one place. All of them keep a hostile or mistaken folder from using up the machine.

/// Cases of one split.
pub(crate) const CASES_MAX: u64 = 10_000;
/// Items of one case of bin packing.
pub(crate) const ITEMS_MAX: u64 = 100_000;
/// Items of all cases of one split together.
pub(crate) const ITEMS_TOTAL_MAX: u64 = 10_000_000;
/// Bytes of one file.
pub(crate) const FILE_BYTES_MAX: usize = 64 << 20;
/// Files of one task folder.
pub(crate) const FILES_MAX: usize = 10_000;
/// Size of a bin: small enough that sums over a whole case fit 64 bits.
pub(crate) const CAPACITY_MAX: u64 = 1_000_000_000;
/// Circles to pack: the verification is quadratic in them.
pub(crate) const CIRCLES_MAX: u64 = 1_000;

const _: () = assert!(ITEMS_MAX <= u64::MAX / CAPACITY_MAX);
const _: () = assert!(ITEMS_MAX <= ITEMS_TOTAL_MAX);
