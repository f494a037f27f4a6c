//! The instances that a candidate is asked to solve.

use super::bin_packing::PackingCase;
use super::rows::RowCase;

/// One instance of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Items that arrive one after the other; see [`Packing`](super::bin_packing::Packing).
    BinPacking(PackingCase),
    /// A cap set from a priority function; see [`cap_set`](super::cap_set).
    CapSet {
        /// The dimension n of the vectors over {0, 1, 2}.
        dimension: u32,
    },
    /// Circles in the unit square; see [`circle_packing`](super::circle_packing).
    CirclePacking {
        /// How many circles have to be returned.
        circles: usize,
    },
    /// One call with a known answer; see [`rows`](super::rows).
    RowCase(RowCase),
}
