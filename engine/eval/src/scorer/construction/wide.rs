//! Sines and cosines of intervals in integers of a fixed width, for angles of usual size.
//!
//! The results are those of the same series in integers of any length, bit for bit. It takes a fifth of their time, because nothing is
//! allocated: a query of a function that has sines is answered within one call of a guest.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

use super::interval::BITS;

/// Number of words of a number: enough for every term and sum of the series of an angle below 64.
const WORDS: usize = 4;
/// Whole words, and bits of the next one, after the binary point.
const SKIPPED: usize = (BITS / 64) as usize;
const SHIFT: u32 = (BITS % 64) as u32;
/// Maximum number of bits of an angle in units of 2^-160.
const ANGLE_BITS_MAX: u64 = BITS + 6;

/// An integer of at most 256 bits. Zero is not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WideInteger {
    is_negative: bool,
    /// The magnitude, the lowest word first.
    words: [u64; WORDS],
}

/// The direction in which a result is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WideRounding {
    Down,
    Up,
}

impl WideInteger {
    fn new(is_negative: bool, words: [u64; WORDS]) -> Self {
        Self { is_negative: is_negative && words != [0; WORDS], words }
    }

    /// Returns an integer of at most [`ANGLE_BITS_MAX`] bits.
    fn of(number: &BigInt) -> Self {
        let mut words = [0; WORDS];
        for (word, digit) in words.iter_mut().zip(number.iter_u64_digits()) {
            *word = digit;
        }
        Self::new(number.sign() == Sign::Minus, words)
    }

    /// Returns 2^160, which is one.
    fn unit() -> Self {
        Self::new(false, [0, 0, 1 << SHIFT, 0])
    }

    fn to_integer(self) -> BigInt {
        let bytes: Vec<u8> = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        BigInt::from_bytes_le(if self.is_negative { Sign::Minus } else { Sign::Plus }, &bytes)
    }

    fn negated(self) -> Self {
        Self::new(!self.is_negative, self.words)
    }

    /// Returns whether the magnitude has fewer than eight bits.
    fn is_short(self) -> bool {
        self.words[0] < 1 << 7 && self.words[1..] == [0; WORDS - 1]
    }

    /// Rounds a magnitude that lacks a part, which is not zero if `has_rest`.
    fn rounded(is_negative: bool, words: [u64; WORDS], has_rest: bool, rounding: WideRounding) -> Self {
        let away = has_rest && is_negative == (rounding == WideRounding::Down);
        let more = if away { added(&words, &[1, 0, 0, 0]) } else { words };
        Self::new(is_negative, more)
    }

    /// Returns the product over 2^160, rounded.
    fn times(self, other: Self, rounding: WideRounding) -> Self {
        let mut product = [0_u64; 2 * WORDS];
        for (i, a) in self.words.iter().enumerate() {
            let mut carry = 0;
            for (j, b) in other.words.iter().enumerate() {
                let sum = u128::from(*a) * u128::from(*b) + u128::from(product[i + j]) + carry;
                product[i + j] = sum as u64;
                carry = sum >> 64;
            }
            product[i + WORDS] = carry as u64;
        }
        let word = |at: usize| (product[at] >> SHIFT) | (product[at + 1] << (64 - SHIFT));
        let words = [word(SKIPPED), word(SKIPPED + 1), word(SKIPPED + 2), word(SKIPPED + 3)];
        let has_rest =
            product[..SKIPPED].iter().any(|word| *word != 0) || product[SKIPPED] << (64 - SHIFT) != 0;
        Self::rounded(self.is_negative != other.is_negative, words, has_rest, rounding)
    }

    /// Returns the quotient, rounded.
    fn over(self, divisor: u32, rounding: WideRounding) -> Self {
        let (mut words, mut rest) = ([0; WORDS], 0_u64);
        for (word, of) in words.iter_mut().zip(self.words).rev() {
            // Halves of words, because a processor divides two words by one slowly.
            let high = (rest << 32) | (of >> 32);
            let low = ((high % u64::from(divisor)) << 32) | (of & 0xFFFF_FFFF);
            *word = ((high / u64::from(divisor)) << 32) | (low / u64::from(divisor));
            rest = low % u64::from(divisor);
        }
        Self::rounded(self.is_negative, words, rest != 0, rounding)
    }

    fn plus(self, other: Self) -> Self {
        if self.is_negative == other.is_negative {
            return Self::new(self.is_negative, added(&self.words, &other.words));
        }
        match compared(&self.words, &other.words) {
            Ordering::Less => Self::new(other.is_negative, subtracted(&other.words, &self.words)),
            _ => Self::new(self.is_negative, subtracted(&self.words, &other.words)),
        }
    }
}

impl PartialOrd for WideInteger {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WideInteger {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => compared(&self.words, &other.words),
            (true, true) => compared(&other.words, &self.words),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

fn compared(a: &[u64; WORDS], b: &[u64; WORDS]) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

fn added(a: &[u64; WORDS], b: &[u64; WORDS]) -> [u64; WORDS] {
    let (mut sum, mut carry) = ([0; WORDS], 0);
    for (sum, (a, b)) in sum.iter_mut().zip(a.iter().zip(b)) {
        let whole = u128::from(*a) + u128::from(*b) + carry;
        *sum = whole as u64;
        carry = whole >> 64;
    }
    sum
}

/// Returns the difference of two magnitudes; the first one is at least as large.
fn subtracted(a: &[u64; WORDS], b: &[u64; WORDS]) -> [u64; WORDS] {
    let (mut difference, mut borrow) = ([0; WORDS], false);
    for (difference, (a, b)) in difference.iter_mut().zip(a.iter().zip(b)) {
        let (less, one) = a.overflowing_sub(*b);
        let (less, two) = less.overflowing_sub(u64::from(borrow));
        (*difference, borrow) = (less, one || two);
    }
    difference
}

/// An interval in units of 2^-160.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WideInterval {
    low: WideInteger,
    high: WideInteger,
}

impl WideInterval {
    /// Returns the product. The signs say which products of ends are the least and the greatest.
    fn times(self, by: Self) -> Self {
        let down = |a: WideInteger, b: WideInteger| a.times(b, WideRounding::Down);
        let up = |a: WideInteger, b: WideInteger| a.times(b, WideRounding::Up);
        let pick = |first: bool, one: WideInteger, other: WideInteger| if first { one } else { other };
        let Self { low, high } = self;
        if !by.low.is_negative {
            return Self {
                low: down(low, pick(low.is_negative, by.high, by.low)),
                high: up(high, pick(high.is_negative, by.low, by.high)),
            };
        }
        if by.high.is_negative {
            return Self {
                low: down(high, pick(high.is_negative, by.high, by.low)),
                high: up(low, pick(low.is_negative, by.low, by.high)),
            };
        }
        Self { low: down(low, by.high).min(down(high, by.low)), high: up(low, by.low).max(up(high, by.high)) }
    }

    fn over(self, divisor: u32) -> Self {
        Self {
            low: self.low.over(divisor, WideRounding::Down),
            high: self.high.over(divisor, WideRounding::Up),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self { low: self.low.plus(other.low), high: self.high.plus(other.high) }
    }

    fn minus(self, other: Self) -> Self {
        Self { low: self.low.plus(other.high.negated()), high: self.high.plus(other.low.negated()) }
    }
}

/// The sums of the series of a cosine and a sine, each with its low and its high end.
pub(super) struct SeriesSums {
    pub(super) cos: [BigInt; 2],
    pub(super) sin: [BigInt; 2],
}

/// Adds the series of an angle between two ends, as [`Interval::sin_cos`](super::interval::Interval::sin_cos) does; `None` for angles
/// that are too large.
pub(super) fn series(low: &BigInt, high: &BigInt) -> Option<SeriesSums> {
    if low.bits().max(high.bits()) > ANGLE_BITS_MAX {
        return None;
    }
    let angle = WideInterval { low: WideInteger::of(low), high: WideInteger::of(high) };
    // The first number from which on the terms at least halve: twice the angle is less than it.
    let size = if compared(&angle.low.words, &angle.high.words).is_lt() { angle.high } else { angle.low };
    let twice = added(&size.words, &size.words);
    let halves_from = 1 + ((twice[SKIPPED] >> SHIFT) | (twice[SKIPPED + 1] << (64 - SHIFT)));
    let (unit, zero) = (WideInteger::unit(), WideInteger::new(false, [0; WORDS]));
    let mut term = WideInterval { low: unit, high: unit };
    let mut sums = [term, WideInterval { low: zero, high: zero }];
    let mut k: u32 = 1;
    loop {
        term = term.times(angle).over(k);
        let sum = &mut sums[(k % 2) as usize];
        *sum = if k % 4 < 2 { sum.plus(term) } else { sum.minus(term) };
        if u64::from(k) >= halves_from && term.low.is_short() && term.high.is_short() {
            break;
        }
        k += 1;
    }
    let [cos, sin] = sums.map(|sum| [sum.low.to_integer(), sum.high.to_integer()]);
    Some(SeriesSums { cos, sin })
}

#[cfg(test)]
mod tests {
    use num_traits::One;
    use proptest::prelude::*;

    use super::*;

    fn integer() -> impl Strategy<Value = BigInt> {
        (any::<[u64; 3]>(), 0_u32..167, any::<bool>()).prop_map(|(words, bits, minus)| {
            let number = words.iter().fold(BigInt::from(0), |sum, word| (sum << 64) + *word);
            let number = number % (BigInt::one() << bits);
            if minus { -number } else { number }
        })
    }

    fn floor_of(value: &BigInt, divisor: &BigInt) -> BigInt {
        let rest = ((value % divisor) + divisor) % divisor;
        (value - rest) / divisor
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_integers(a in integer(), b in integer(), divisor in 1_u32..500) {
            let (x, y) = (WideInteger::of(&a), WideInteger::of(&b));
            prop_assert_eq!(x.to_integer(), a.clone());
            prop_assert_eq!(x.plus(y).to_integer(), &a + &b);
            prop_assert_eq!(x.plus(y.negated()).to_integer(), &a - &b);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x.is_short(), a.bits() < 8);
            let (product, one, by) = (&a * &b, BigInt::one() << BITS, BigInt::from(divisor));
            prop_assert_eq!(x.times(y, WideRounding::Down).to_integer(), floor_of(&product, &one));
            prop_assert_eq!(x.times(y, WideRounding::Up).to_integer(), -floor_of(&-product, &one));
            prop_assert_eq!(x.over(divisor, WideRounding::Down).to_integer(), floor_of(&a, &by));
            prop_assert_eq!(x.over(divisor, WideRounding::Up).to_integer(), -floor_of(&-a, &by));
        }
    }

    #[test]
    fn angles_beyond_the_width_are_left_to_others() {
        let most = BigInt::one() << ANGLE_BITS_MAX;
        assert!(series(&-&most, &most).is_none() && series(&(&most - 1), &(&most - 1)).is_some());
        assert!(series(&(1 - &most), &(most - 1)).is_some());
    }
}
