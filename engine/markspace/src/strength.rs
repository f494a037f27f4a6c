//! Strengths and confidences as integers, which are the same on every machine and monotone by construction.
//!
//! A strength counts units of 2^-40. Decay is `floor(s · 2^(-age/half_life))`, with the power read from a table of 4,096
//! steps and interpolated linearly (relative error below 4e-9). Every step of that computation is monotone in the age, so
//! the strength is as well, and it becomes exactly zero after at most 41 half-lives.

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::source::TrustSource;

const UNIT_BITS: u32 = 40;
const STEP_BITS: u32 = 12;
const TABLE_BITS: u32 = 62;

/// The weight of a mark, in units of 2^-40.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Strength(u64);

impl Strength {
    /// No strength.
    pub const ZERO: Self = Self(0);
    /// The strength of a fresh mark, and the maximum of any single mark.
    pub const ONE: Self = Self(1 << UNIT_BITS);
    /// The maximum combined strength of marks that reinforce each other: 2.
    pub const CAP: Self = Self(2 << UNIT_BITS);
    /// One hundredth. Reads leave out weaker marks unless told otherwise.
    pub const FAINT: Self = Self((1 << UNIT_BITS) / 100);

    /// Returns the strength of a mark, from 0 to 1.
    ///
    /// # Errors
    ///
    /// [`Refusal::Field`] when the value is outside of these bounds or not a number.
    pub fn new(value: f64) -> Result<Self, Refusal> {
        let value = in_unit("initial_strength", value)?;
        Ok(Self((value * Self::ONE.0 as f64).round() as u64))
    }

    /// Creates a strength from units of 2^-40.
    #[must_use]
    pub const fn from_units(units: u64) -> Self {
        Self(units)
    }

    /// Returns the strength in units of 2^-40.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }

    /// Returns the strength as a fraction, for display.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / Self::ONE.0 as f64
    }

    /// Returns the difference, at least zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Returns the strength left after `age` ticks if it halves every `half_life` ticks.
    #[must_use]
    pub fn decayed(self, age: u64, half_life: u64) -> Self {
        let half_life = half_life.max(1);
        let halvings = age / half_life;
        if halvings > u64::from(UNIT_BITS) + 1 {
            return Self::ZERO;
        }
        let rest = (u128::from(age % half_life) << 32) / u128::from(half_life);
        let step = (rest >> (32 - STEP_BITS)) as usize;
        let within = rest & ((1 << (32 - STEP_BITS)) - 1);
        let drop = (u128::from(POWERS[step] - POWERS[step + 1]) * within) >> (32 - STEP_BITS);
        let power = u128::from(POWERS[step]) - drop;
        Self((((u128::from(self.0) * power) >> TABLE_BITS) as u64) >> halvings)
    }

    /// Returns the strength weighted by the source of an observation: by 1, 0.7 or 0.3, so it is never amplified.
    #[must_use]
    pub const fn weighted(self, source: TrustSource) -> Self {
        let tenths = match source {
            TrustSource::Fleet => 10,
            TrustSource::ExternalVerified => 7,
            TrustSource::ExternalUnverified => 3,
        };
        Self((self.0 as u128 * tenths / 10) as u64)
    }

    /// Returns the number of half-lives after which even a full mark is weaker than this.
    pub(crate) fn halvings_to_fall_below(self) -> u64 {
        u64::from(UNIT_BITS + 1).saturating_sub(u64::from(self.0.max(1).ilog2()))
    }
}

/// Returns the combined strength of marks that reinforce each other: the strongest plus three tenths of all others, at
/// most [`Strength::CAP`].
#[must_use]
pub fn reinforce(strengths: &[Strength]) -> Strength {
    let strongest = strengths.iter().copied().max().unwrap_or_default();
    let all: u128 = strengths.iter().map(|s| u128::from(s.0)).sum();
    let others = all - u128::from(strongest.0);
    let sum = u128::from(strongest.0) + others * 3 / 10;
    Strength(sum.min(u128::from(Strength::CAP.0)) as u64)
}

/// A confidence or priority from 0 to 1 in millionths: an integer, because it decides contests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ratio(u32);

impl Ratio {
    /// Certain, or most urgent.
    pub const ONE: Self = Self(1_000_000);
    /// One half.
    pub const HALF: Self = Self(500_000);

    /// Returns the ratio nearest to a fraction; `field` names it in the error.
    ///
    /// # Errors
    ///
    /// [`Refusal::Field`] when the value is outside of 0 to 1 or not a number.
    pub fn new(field: &'static str, value: f64) -> Result<Self, Refusal> {
        Ok(Self((in_unit(field, value)? * 1e6).round() as u32))
    }

    /// Creates a ratio of `count` millionths, at most one.
    #[must_use]
    pub const fn millionths(count: u32) -> Self {
        if count > Self::ONE.0 { Self::ONE } else { Self(count) }
    }

    /// Returns the ratio in millionths.
    #[must_use]
    pub const fn as_millionths(self) -> u32 {
        self.0
    }
}

fn in_unit(field: &'static str, value: f64) -> Result<f64, Refusal> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(Refusal::Field { field: field.into(), problem: format!("it is {value}; expected 0 to 1") })
}

/// The table of 2^(-i/4096), scaled by 2^62.
static POWERS: [u64; (1 << STEP_BITS) + 1] = powers();

const fn powers() -> [u64; (1 << STEP_BITS) + 1] {
    let mut roots = [0u128; STEP_BITS as usize];
    let mut root = 1u128 << (TABLE_BITS - 1);
    let mut at = 0;
    while at < STEP_BITS as usize {
        // Repeated square roots of one half: 2^(-1/2), 2^(-1/4), …
        root = (root << TABLE_BITS).isqrt();
        roots[at] = root;
        at += 1;
    }
    let mut table = [0u64; (1 << STEP_BITS) + 1];
    let mut i = 0;
    while i < 1 << STEP_BITS {
        let mut product = 1u128 << TABLE_BITS;
        let mut bit = 0;
        while bit < STEP_BITS as usize {
            if i >> (STEP_BITS as usize - 1 - bit) & 1 == 1 {
                product = (product * roots[bit]) >> TABLE_BITS;
            }
            bit += 1;
        }
        table[i] = product as u64;
        i += 1;
    }
    table[1 << STEP_BITS] = 1 << (TABLE_BITS - 1);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_falls_and_the_law_is_the_power() {
        assert!(POWERS.windows(2).all(|pair| pair[0] > pair[1]));
        for (index, power) in POWERS.iter().enumerate() {
            let exact = 0.5f64.powf(index as f64 / f64::from(1 << STEP_BITS));
            let ours = *power as f64 / (1u64 << TABLE_BITS) as f64;
            assert!((ours - exact).abs() < 1e-12, "entry {index}: {ours} {exact}");
        }
        for (age, half_life) in [(0, 7), (1, 7), (6, 7), (7, 7), (50, 7), (1_234_567, 3_600_000)] {
            let exact = 0.5f64.powf(age as f64 / half_life as f64);
            let ours = Strength::ONE.decayed(age, half_life).as_f64();
            assert!((ours - exact).abs() <= 1e-8 * exact + 1e-11, "{age}/{half_life}: {ours} {exact}");
        }
        assert_eq!(Strength::ONE.decayed(7, 7).units(), Strength::ONE.units() / 2);
    }
}
