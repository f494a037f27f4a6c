//! Exact fractions for parameters of strategies, because recorded bytes hold no floats.

use std::fmt;
use std::str::FromStr;

use hyperspace_eval::Score;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Maximum numerator and denominator, chosen so that products with 64-bit numbers fit in 128 bits.
const PART_MAX: u64 = 1_000_000_000;

/// A non-negative fraction in lowest terms. Its canonical text is `numerator/denominator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    numerator: u64,
    denominator: u64,
}

impl Fraction {
    /// Returns `numerator / denominator` in lowest terms, or `None` if a part is above 10⁹ or the denominator is 0.
    #[must_use]
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let divisor = common_divisor(numerator, denominator);
        let (numerator, denominator) = (numerator / divisor, denominator / divisor);
        (numerator <= PART_MAX && denominator <= PART_MAX).then_some(Self { numerator, denominator })
    }

    /// Returns the numerator.
    #[must_use]
    pub fn numerator(self) -> u64 {
        self.numerator
    }

    /// Returns the denominator.
    #[must_use]
    pub fn denominator(self) -> u64 {
        self.denominator
    }

    /// Returns the nearest `f64`.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// Returns the value as a score.
    #[must_use]
    pub fn to_score(self) -> Score {
        Score::ratio(self.numerator, self.denominator).unwrap_or_else(Score::zero)
    }

    /// Returns the product with a number, rounded down.
    #[must_use]
    pub fn of(self, number: u64) -> u64 {
        let product = u128::from(number) * u128::from(self.numerator) / u128::from(self.denominator);
        u64::try_from(product).unwrap_or(u64::MAX)
    }

    /// Returns the product with a number, rounded up.
    #[must_use]
    pub fn of_rounded_up(self, number: u64) -> u64 {
        let product =
            (u128::from(number) * u128::from(self.numerator)).div_ceil(u128::from(self.denominator));
        u64::try_from(product).unwrap_or(u64::MAX)
    }

    /// Returns whether the value lies between two whole numbers.
    pub(in crate::record) fn is_within(self, low: u64, high: u64) -> bool {
        let scaled = |whole: u64| u128::from(whole) * u128::from(self.denominator);
        (scaled(low)..=scaled(high)).contains(&u128::from(self.numerator))
    }

    /// Returns the text in which it is recorded.
    pub(super) fn canonical(self) -> String {
        format!("{}/{}", self.numerator, self.denominator)
    }
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a.max(1) } else { common_divisor(b, a % b) }
}

/// Recorded as its canonical text.
impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.canonical())
    }
}

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = text.parse::<Self>().ok().filter(|read| read.canonical() == text);
        read.ok_or_else(|| D::Error::custom(format!("{text:?} is no fraction in lowest terms")))
    }
}

/// Shows a decimal number if that is exact, and the fraction otherwise.
impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { numerator, denominator } = *self;
        let (mut scale, mut digits) = (1_u64, 0_usize);
        while scale % denominator != 0 && digits < 9 {
            scale *= 10;
            digits += 1;
        }
        if scale % denominator != 0 {
            return write!(f, "{numerator}/{denominator}");
        }
        if digits == 0 {
            return write!(f, "{numerator}");
        }
        let all = u128::from(numerator) * u128::from(scale / denominator);
        let scale = u128::from(scale);
        write!(f, "{}.{:0digits$}", all / scale, all % scale)
    }
}

impl FromStr for Fraction {
    type Err = ();

    /// Reads `3`, `0.25` or `1/4`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |digits: &str| -> Result<u64, ()> {
            let plain =
                !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse().map_err(|_| ()) } else { Err(()) }
        };
        if let Some((numerator, denominator)) = text.split_once('/') {
            return Self::new(number(numerator)?, number(denominator)?).ok_or(());
        }
        let Some((whole, part)) = text.split_once('.') else { return Self::new(number(text)?, 1).ok_or(()) };
        let scale = 10_u64.checked_pow(u32::try_from(part.len()).map_err(|_| ())?).ok_or(())?;
        let whole = number(whole)?.checked_mul(scale).ok_or(())?;
        Self::new(whole.checked_add(number(part)?).ok_or(())?, scale).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_read_and_shown() {
        let check = |text: &str, shown: &str, canonical: &str| {
            let fraction: Fraction = text.parse().unwrap();
            assert_eq!((fraction.to_string().as_str(), fraction.canonical().as_str()), (shown, canonical));
            assert_eq!(fraction.to_string().parse(), Ok(fraction));
            assert_eq!(fraction.canonical().parse(), Ok(fraction));
        };
        check("0.25", "0.25", "1/4");
        check("2/4", "0.5", "1/2");
        check("10", "10", "10/1");
        check("1/3", "1/3", "1/3");
        check("0", "0", "0/1");
        check("1.050", "1.05", "21/20");
        for junk in ["", "-1", "1/0", ".5", "1.", "1e3", "1/2/3", "99999999999", "0.00000000001", " 1"] {
            assert!(junk.parse::<Fraction>().is_err(), "{junk}");
        }
    }

    #[test]
    fn products_are_rounded_down() {
        let third = Fraction::new(1, 3).unwrap();
        assert_eq!((third.of(10), third.of_rounded_up(10), third.of(u64::MAX)), (3, 4, u64::MAX / 3));
        assert!(third.is_within(0, 1) && !third.is_within(1, 2));
    }
}
