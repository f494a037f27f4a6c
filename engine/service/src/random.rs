//! A small random number generator for bootstraps and generated tasks. No decision of a run is drawn from it.

/// SplitMix64 (Steele, Lea and Flood 2014), the same on every machine.
pub(crate) struct SplitMix(u64);

impl SplitMix {
    /// Returns a generator that begins at `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number below `count`; 0 if `count` is 0.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(count);
        (product >> 64) as u64
    }

    /// Draws a number from `low` to `high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }
}
