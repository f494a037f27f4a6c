//! Intervals with fixed-point ends, for scores that involve roots, angles and logarithms.
//!
//! Every operation returns an interval that contains all results of exact arithmetic, so a comparison of ends is a proof. Everything
//! is integer arithmetic, and so the same on every machine.

use std::ops::{Add, Mul, Neg, Sub};

use num_bigint::{BigInt, Sign};
use num_traits::{One, Signed, Zero};

use crate::score::Score;

use super::wide::{self, SeriesSums};

/// Number of bits after the binary point.
pub(super) const BITS: u64 = 160;

/// All numbers from `low` to `high`, in units of 2^-160.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interval {
    low: BigInt,
    high: BigInt,
}

/// Divides and rounds up; the divisor is positive.
fn div_ceil(value: &BigInt, divisor: &BigInt) -> BigInt {
    -div_floor(&-value, divisor)
}

/// Divides and rounds down; the divisor is positive.
fn div_floor(value: &BigInt, divisor: &BigInt) -> BigInt {
    let quotient = value / divisor;
    // The quotient is rounded towards zero.
    if value.sign() == Sign::Minus && &quotient * divisor != *value { quotient - 1 } else { quotient }
}

/// Divides by 2^places and rounds up; a shift rounds down.
fn shifted_ceil(value: &BigInt, places: u64) -> BigInt {
    -(-value >> places)
}

fn one() -> BigInt {
    BigInt::one() << BITS
}

impl Interval {
    /// Encloses a rational.
    pub(super) fn of(score: &Score) -> Self {
        let (numerator, denominator) = (score.as_rational().numer() << BITS, score.as_rational().denom());
        if let Some(places) = score.binary_places() {
            return Self { high: shifted_ceil(&numerator, places), low: numerator >> places };
        }
        Self { low: div_floor(&numerator, denominator), high: div_ceil(&numerator, denominator) }
    }

    /// Returns a whole number.
    pub(super) fn integer(value: impl Into<BigInt>) -> Self {
        let value = value.into() << BITS;
        Self { low: value.clone(), high: value }
    }

    /// Returns the lower end.
    pub(super) fn low(&self) -> Score {
        Score::ratio(self.low.clone(), one()).unwrap_or_else(Score::zero)
    }

    /// Returns the upper end.
    pub(super) fn high(&self) -> Score {
        Score::ratio(self.high.clone(), one()).unwrap_or_else(Score::zero)
    }

    /// Returns whether every number in it is at least zero.
    pub(super) fn is_surely_not_negative(&self) -> bool {
        !self.low.is_negative()
    }

    /// Returns the larger of two, end by end.
    pub(super) fn max(&self, other: &Self) -> Self {
        Self { low: (&self.low).max(&other.low).clone(), high: (&self.high).max(&other.high).clone() }
    }

    /// Divides by a positive whole number.
    pub(super) fn over(&self, divisor: impl Into<BigInt>) -> Self {
        let divisor = divisor.into();
        Self { low: div_floor(&self.low, &divisor), high: div_ceil(&self.high, &divisor) }
    }

    /// Divides by an interval of positive numbers; `None` if it is not one.
    pub(super) fn checked_div(&self, divisor: &Self) -> Option<Self> {
        if !divisor.low.is_positive() {
            return None;
        }
        let ends = [&self.low, &self.high].map(|end| end << BITS);
        let low =
            ends.iter().flat_map(|end| [div_floor(end, &divisor.low), div_floor(end, &divisor.high)]).min();
        let high =
            ends.iter().flat_map(|end| [div_ceil(end, &divisor.low), div_ceil(end, &divisor.high)]).max();
        Some(Self { low: low?, high: high? })
    }

    /// Returns the square root; numbers below zero count as zero.
    pub(super) fn sqrt(&self) -> Self {
        let root = |value: &BigInt| if value.is_negative() { BigInt::zero() } else { (value << BITS).sqrt() };
        Self { low: root(&self.low), high: root(&self.high) + 1 }
    }

    /// Returns the sine and cosine. The angle is in radians, and its magnitude should be small, because the work grows with it.
    pub(super) fn sin_cos(&self) -> (Self, Self) {
        let [cos, sin] = match wide::series(&self.low, &self.high) {
            Some(SeriesSums { cos, sin }) => [cos, sin].map(|[low, high]| Self { low, high }),
            None => self.series(),
        };
        // The rest of a series is at most its last term, which is short.
        let [cos, sin] = [cos, sin].map(|sum| Self { low: sum.low - 256, high: sum.high + 256 });
        (sin, cos)
    }

    /// Returns the sums of the series of the cosine and the sine, for angles of any size.
    fn series(&self) -> [Self; 2] {
        let (mut term, mut sums) = (Self::integer(1), [Self::integer(1), Self::integer(0)]);
        let size = self.low.abs().max(self.high.abs());
        let mut k: u32 = 1;
        loop {
            term = (&term * self).over(k);
            let sum = &mut sums[(k % 2) as usize];
            *sum = if k % 4 < 2 { &*sum + &term } else { &*sum - &term };
            // From here on the terms at least halve, so the rest is at most the last term.
            let shrinks = (&size * 2_u32) < (BigInt::from(k) << BITS);
            if shrinks && term.low.bits() < 8 && term.high.bits() < 8 {
                break;
            }
            k += 1;
        }
        sums
    }

    /// Returns the natural logarithm; `None` if not all numbers are positive.
    pub(super) fn ln(&self) -> Option<Self> {
        if !self.low.is_positive() {
            return None;
        }
        Some(Self { low: ln_of(&self.low)?.low, high: ln_of(&self.high)?.high })
    }
}

/// Returns the logarithm of a positive number in units of 2^-160.
fn ln_of(value: &BigInt) -> Option<Interval> {
    let half = |ratio: Interval| {
        // 2 atanh(z) = ln((1 + z) / (1 - z)), for z of at most 1/3.
        let square = &ratio * &ratio;
        let (mut power, mut sum) = (ratio.clone(), ratio);
        for k in 1..64_u32 {
            power = &power * &square;
            sum = &sum + &power.over(2 * k + 1);
        }
        Interval { low: sum.low * 2 - 256, high: sum.high * 2 + 256 }
    };
    let shift = i64::try_from(value.bits()).ok()? - 1 - i64::try_from(BITS).ok()?;
    // value = m × 2^shift with 1 <= m < 2.
    let exact = Interval { low: value.clone(), high: value.clone() };
    let scaled = if shift >= 0 {
        exact.over(BigInt::one() << shift)
    } else {
        let factor = BigInt::one() << -shift;
        Interval { low: exact.low * &factor, high: exact.high * factor }
    };
    let unit = Interval::integer(1);
    let of_scaled = half((&scaled - &unit).checked_div(&(&scaled + &unit))?);
    let of_two = half(Interval::integer(1).over(3));
    Some(&of_scaled + &(&of_two * &Interval::integer(shift)))
}

impl Add for &Interval {
    type Output = Interval;
    fn add(self, other: Self) -> Interval {
        Interval { low: &self.low + &other.low, high: &self.high + &other.high }
    }
}

impl Sub for &Interval {
    type Output = Interval;
    fn sub(self, other: Self) -> Interval {
        Interval { low: &self.low - &other.high, high: &self.high - &other.low }
    }
}

impl Neg for &Interval {
    type Output = Interval;
    fn neg(self) -> Interval {
        Interval { low: -&self.high, high: -&self.low }
    }
}

impl Mul for &Interval {
    type Output = Interval;
    fn mul(self, other: Self) -> Interval {
        let products = [
            &self.low * &other.low,
            &self.low * &other.high,
            &self.high * &other.low,
            &self.high * &other.high,
        ];
        let [a, b, c, d] = &products;
        Interval { low: a.min(b).min(c.min(d)) >> BITS, high: shifted_ceil(a.max(b).max(c.max(d)), BITS) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(value: f64) -> Interval {
        Interval::of(&Score::from_f64_exact(value).unwrap())
    }

    fn check(interval: &Interval, expected: f64) {
        let (low, high) = (interval.low().to_f64(), interval.high().to_f64());
        assert!((low - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{low} {expected}");
        assert!(
            interval.low <= interval.high && (&interval.high - &interval.low).bits() < 60,
            "{low} {high}"
        );
    }

    #[test]
    fn known_identities_hold_within_the_ends() {
        let third = Interval::integer(1).over(3);
        let sum = &(&third + &third) + &third;
        assert!(sum.low <= one() && one() <= sum.high && sum.low < sum.high);
        let two = Interval::integer(2).sqrt();
        let square = &two * &two;
        assert!(square.low <= one() * 2 && one() * 2 <= square.high);
        assert!(
            Interval::integer(-1).ln().is_none()
                && Interval::integer(1).checked_div(&Interval::integer(0)).is_none()
        );
        assert!((&Interval::integer(3) - &Interval::integer(3)).is_surely_not_negative());
        assert!(
            !(&third - &third).is_surely_not_negative(),
            "a difference of rounded numbers proves nothing"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn functions_agree_with_doubles(x in -25.0_f64..25.0, y in 1e-9_f64..1e9) {
            let (sin, cos) = of(x).sin_cos();
            check(&sin, x.sin());
            check(&cos, x.cos());
            check(&of(y).ln().unwrap(), y.ln());
            check(&of(y).sqrt(), y.sqrt());
            check(&of(x).checked_div(&of(y)).unwrap().checked_div(&of(1e9)).unwrap(), x / y / 1e9);
            let one = &(&sin * &sin) + &(&cos * &cos);
            prop_assert!(one.low <= super::one() && super::one() <= one.high);
        }

        #[test]
        fn sines_are_those_of_the_series_in_integers_of_any_length(
            x in prop_oneof![-64.0_f64..64.0, -8.0..8.0, -1e-30..1e-30, (-63_i32..63).prop_map(f64::from)],
            wide in prop_oneof![Just(0_u64), 1_u64..9, any::<u64>()],
            shift in 0_u32..90,
        ) {
            let point = of(x);
            let angle = Interval { high: &point.high + (BigInt::from(wide) << shift), low: point.low };
            let [cos, sin] = angle.series();
            let (found_sin, found_cos) = angle.sin_cos();
            prop_assert_eq!((&found_sin.low + 256, &found_sin.high - 256), (sin.low, sin.high));
            prop_assert_eq!((&found_cos.low + 256, &found_cos.high - 256), (cos.low, cos.high));
        }

        #[test]
        fn products_contain_the_products_of_ends(a in -9_i64..9, b in 0_i64..9, c in -9_i64..9, d in 0_i64..9) {
            let wide = |low: i64, more: i64| Interval { low: one() * low, high: one() * (low + more) };
            let product = &wide(a, b) * &wide(c, d);
            for (x, y) in [(a, c), (a + b, c), (a, c + d), (a + b, c + d)] {
                let exact = one() * (x * y);
                prop_assert!(product.low <= exact && exact <= product.high);
            }
        }
    }
}
