//! `vliw-kernel`: the fewest cycles in which a VLIW machine walks a tree with a hash.
//!
//! `build(height, batch, rounds)` returns a program as data. It is read first; then eight inputs are drawn, keyed by the bytes of the
//! program, so that no program can know them. Every element of a batch goes through all rounds: its value becomes hash(value ^
//! tree[index]), and its index that of the left or right child, or zero below the last level. Only the values at the end count. The score
//! is the number of cycles.

mod inputs;
mod kernel;
mod machine;
mod program;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

pub(super) use self::kernel::make;
pub use self::machine::{MachineFault, VliwMachine};
pub use self::program::VliwProgram;
