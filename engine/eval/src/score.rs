//! Scores as exact rational numbers.
//!
//! A score is computed outside the sandbox and compared, stored and replayed without rounding, so the same data give the
//! same score on every machine. The task's [`Direction`] says whether lower or higher scores are better.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::dyadic;

/// Number of significant digits that `Display` prints.
const DISPLAY_DIGITS: u32 = 10;
/// Maximum length of a canonical text that is parsed: a sum of doubles needs at most about 1,100 digits over as many.
const TEXT_CHARS_MAX: usize = 4096;
/// Maximum number of bits of numerator and denominator together. Their texts are then within [`TEXT_CHARS_MAX`].
const RECORDED_BITS_MAX: u64 = 13_500;

/// The better direction of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Lower is better.
    Minimize,
    /// Higher is better.
    Maximize,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        })
    }
}

/// An exact rational number. Equality, order and hashing are by value.
///
/// `Display` rounds to ten significant digits for people; serde uses the canonical text `numerator/denominator` (reduced,
/// denominator positive), which is also what [`FromStr`] accepts. Sums, products and comparisons of numbers whose denominators are
/// powers of two, such as doubles, need no common divisor.
#[derive(Clone)]
pub struct Score(BigRational);

/// A text that is not a canonical score.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is not a score; expected a reduced fraction such as \"2689/503\", written numerator/denominator"
)]
pub struct ParseScoreError {
    text: String,
}

impl Score {
    /// Creates the score `numerator / denominator`, or `None` if the denominator is zero.
    #[must_use]
    pub fn ratio(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Option<Self> {
        let denominator = denominator.into();
        (!denominator.is_zero()).then(|| Self(BigRational::new(numerator.into(), denominator)))
    }

    /// Creates a whole number.
    #[must_use]
    pub fn integer(value: impl Into<BigInt>) -> Self {
        Self(BigRational::from_integer(value.into()))
    }

    /// Returns the exact value of a double, or `None` if it is infinite or not a number.
    #[must_use]
    pub fn from_f64_exact(value: f64) -> Option<Self> {
        dyadic::of_double(value).map(Self)
    }

    /// Returns zero.
    #[must_use]
    pub fn zero() -> Self {
        Self(BigRational::zero())
    }

    /// Returns one.
    #[must_use]
    pub fn one() -> Self {
        Self(BigRational::one())
    }

    /// Returns whether the value is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Returns the absolute value.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self(self.0.abs())
    }

    /// Returns whether this score is strictly better than the other.
    #[must_use]
    pub fn better_than(&self, other: &Self, direction: Direction) -> bool {
        match direction {
            Direction::Minimize => self < other,
            Direction::Maximize => self > other,
        }
    }

    /// Returns the quotient, or `None` if the divisor is zero.
    #[must_use]
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.is_zero()).then(|| Self(&self.0 / &divisor.0))
    }

    /// Returns the double nearest to the value, for display and charts only (infinite beyond the range of doubles).
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(if self.0.is_negative() { f64::NEG_INFINITY } else { f64::INFINITY })
    }

    /// Returns the canonical text `numerator/denominator`.
    #[must_use]
    pub fn canonical(&self) -> String {
        format!("{}/{}", self.0.numer(), self.0.denom())
    }

    /// Returns the number of bits of numerator and denominator together.
    pub(crate) fn bits(&self) -> u64 {
        self.0.numer().bits() + self.0.denom().bits()
    }

    /// Returns whether a record can contain the value: its canonical text is short enough to be read again.
    #[must_use]
    pub fn is_recordable(&self) -> bool {
        self.bits() <= RECORDED_BITS_MAX
    }

    /// Returns the number of bits after the binary point, or `None` if no number of bits is enough.
    pub(crate) fn binary_places(&self) -> Option<u64> {
        dyadic::places(&self.0)
    }

    /// Returns the value as a rational number.
    #[must_use]
    pub fn as_rational(&self) -> &BigRational {
        &self.0
    }
}

impl From<BigRational> for Score {
    fn from(value: BigRational) -> Self {
        Self(value)
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        dyadic::compared(&self.0, &other.0).unwrap_or_else(|| self.0.cmp(&other.0))
    }
}

impl Hash for Score {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Add for &Score {
    type Output = Score;
    fn add(self, other: Self) -> Score {
        Score(dyadic::sum(&self.0, &other.0).unwrap_or_else(|| &self.0 + &other.0))
    }
}

impl Sub for &Score {
    type Output = Score;
    fn sub(self, other: Self) -> Score {
        Score(dyadic::difference(&self.0, &other.0).unwrap_or_else(|| &self.0 - &other.0))
    }
}

impl Mul for &Score {
    type Output = Score;
    fn mul(self, other: Self) -> Score {
        Score(dyadic::product(&self.0, &other.0).unwrap_or_else(|| &self.0 * &other.0))
    }
}

impl<'a> Sum<&'a Score> for Score {
    fn sum<I: Iterator<Item = &'a Score>>(scores: I) -> Self {
        scores.fold(Self::zero(), |total, score| &total + score)
    }
}

impl fmt::Debug for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Score({})", self.canonical())
    }
}

/// Returns ten to the power of `exponent`.
fn ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// Rounds a non-negative fraction to the nearest integer, halves upwards.
fn rounded(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    (numerator * 2 + denominator) / (denominator * 2)
}

/// Returns the significant digits of a positive value and the power of ten of the first one.
fn significant(value: &BigRational) -> (String, i64) {
    let length = |number: &BigInt| i64::try_from(number.to_string().len()).unwrap_or(i64::MAX);
    let mut exponent = length(value.numer()) - length(value.denom());
    let scaled = |exponent: i64| {
        let shift = i64::from(DISPLAY_DIGITS) - 1 - exponent;
        let power = ten(u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX));
        if shift >= 0 {
            rounded(&(value.numer() * power), value.denom())
        } else {
            rounded(value.numer(), &(value.denom() * power))
        }
    };
    let mut digits = scaled(exponent);
    if digits < ten(DISPLAY_DIGITS - 1) {
        exponent -= 1;
        digits = scaled(exponent);
    }
    if digits >= ten(DISPLAY_DIGITS) {
        exponent += 1;
        digits = scaled(exponent);
    }
    (digits.to_string().trim_end_matches('0').to_owned(), exponent)
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() {
            return f.pad("0");
        }
        let (digits, exponent) = significant(&self.0.abs());
        let sign = if self.0.is_negative() { "-" } else { "" };
        let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let zeros = |number: i64| "0".repeat(usize::try_from(number).unwrap_or(0));
        let text = if !(-6..15).contains(&exponent) {
            let (first, rest) = digits.split_at(1);
            format!("{sign}{first}{}{rest}e{exponent}", if rest.is_empty() { "" } else { "." })
        } else if exponent < 0 {
            format!("{sign}0.{}{digits}", zeros(-exponent - 1))
        } else if count <= exponent + 1 {
            format!("{sign}{digits}{}", zeros(exponent + 1 - count))
        } else {
            let (whole, fraction) = digits.split_at(usize::try_from(exponent + 1).unwrap_or(digits.len()));
            format!("{sign}{whole}.{fraction}")
        };
        f.pad(&text)
    }
}

impl FromStr for Score {
    type Err = ParseScoreError;

    fn from_str(text: &str) -> Result<Self, ParseScoreError> {
        let error = || ParseScoreError { text: text.chars().take(80).collect() };
        if text.len() > TEXT_CHARS_MAX {
            return Err(error());
        }
        let (numerator, denominator) = text.split_once('/').ok_or_else(error)?;
        let parse = |part: &str| BigInt::from_str(part).map_err(|_| error());
        let (numerator, denominator) = (parse(numerator)?, parse(denominator)?);
        if denominator.sign() != Sign::Plus {
            return Err(error());
        }
        let score = Self(BigRational::new(numerator, denominator));
        // Each value has exactly one text: no signs, zeros or common factors that another writer could have added.
        if score.canonical() == text { Ok(score) } else { Err(error()) }
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.canonical())
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ratio(numerator: i64, denominator: i64) -> Score {
        Score::ratio(numerator, denominator).unwrap()
    }

    #[test]
    fn decimals_are_rounded_to_ten_digits() {
        let check = |score: Score, text: &str| assert_eq!(score.to_string(), text);
        check(ratio(0, 1), "0");
        check(ratio(256, 1), "256");
        check(ratio(-1, 4), "-0.25");
        check(ratio(1, 3), "0.3333333333");
        check(ratio(2, 3), "0.6666666667");
        check(ratio(99_999_999_999, 10), "1e10".parse::<f64>().map(|_| "10000000000").unwrap());
        check(ratio(9_999_999_999, 10), "999999999.9");
        check(ratio(1, 1_000_000), "0.000001");
        check(ratio(1, 10_000_000), "1e-7");
        check(ratio(123, 100_000_000_000), "1.23e-9");
        check(Score::integer(BigInt::from(12) * ten(20)), "1.2e21");
        check(Score::from_f64_exact(2.635_983_077_4).unwrap(), "2.635983077");
        assert_eq!(format!("{:>6}", ratio(1, 4)), "  0.25");
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        for text in [
            "", "1", "1/0", "2/4", "1/-2", "-1/-2", "+1/2", "01/2", "1/02", "-0/1", " 1/2", "1/2/3", "a/b",
            "1_0/3",
        ] {
            assert!(text.parse::<Score>().is_err(), "{text:?} was read");
        }
        assert!(format!("1/{}", "3".repeat(TEXT_CHARS_MAX)).parse::<Score>().is_err());
        assert_eq!("-1/2".parse::<Score>().unwrap(), ratio(-1, 2));
        assert_eq!(serde_json::to_string(&ratio(6, 4)).unwrap(), "\"3/2\"");
        assert!(serde_json::from_str::<Score>("\"6/4\"").is_err());
    }

    #[test]
    fn the_direction_decides_what_is_better_and_a_tie_is_not() {
        let (low, high) = (ratio(1, 3), ratio(1, 2));
        assert!(low.better_than(&high, Direction::Minimize) && !high.better_than(&low, Direction::Minimize));
        assert!(high.better_than(&low, Direction::Maximize) && !low.better_than(&high, Direction::Maximize));
        assert!(!low.better_than(&low, Direction::Minimize) && !low.better_than(&low, Direction::Maximize));
        assert_eq!(serde_json::to_string(&Direction::Minimize).unwrap(), "\"minimize\"");
    }

    #[test]
    fn what_can_be_recorded_can_be_read_again() {
        let power = |bits: u64| BigInt::one() << bits;
        let widest: BigInt = power(RECORDED_BITS_MAX - 2) - 1;
        let longest = Score::ratio(-widest, 2).unwrap();
        assert!(longest.is_recordable() && longest.bits() > RECORDED_BITS_MAX - 3);
        assert_eq!(longest.canonical().parse::<Score>(), Ok(longest));
        let [above, below]: [BigInt; 2] = [power(6_748) - 1, power(6_748) + 1];
        let half = Score::ratio(above, below).unwrap();
        assert!(half.is_recordable() && half.canonical().parse::<Score>() == Ok(half));
        assert!(!Score::integer(power(RECORDED_BITS_MAX)).is_recordable());
        let widest = &Score::from_f64_exact(f64::MAX).unwrap() + &Score::from_f64_exact(5e-324).unwrap();
        assert!((&widest * &widest).checked_div(&(&widest * &Score::integer(3))).unwrap().is_recordable());
    }

    #[test]
    fn infinities_and_nan_are_no_scores() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Score::from_f64_exact(value), None);
        }
        assert_eq!(Score::from_f64_exact(-0.0), Some(Score::zero()));
    }

    proptest! {
        #[test]
        fn doubles_survive_the_way_there_and_back(value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
            let score = Score::from_f64_exact(value).unwrap();
            prop_assert_eq!(score.to_f64(), value);
            prop_assert_eq!(score.canonical().parse::<Score>().unwrap(), score.clone());
            let shown: f64 = score.to_string().parse().unwrap();
            prop_assert!((shown - value).abs() <= value.abs() * 1e-9 || value.abs() < 1e-300);
        }

        #[test]
        fn order_is_the_order_of_the_values(a in -1000i64..1000, b in 1i64..1000, c in -1000i64..1000, d in 1i64..1000) {
            prop_assert_eq!(ratio(a, b).cmp(&ratio(c, d)), (a * d).cmp(&(c * b)));
        }
    }
}
