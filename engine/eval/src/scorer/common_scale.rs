//! Numbers of one answer as whole numbers of one unit.
//!
//! Every number that an answer can contain is a whole number over a power of two. In the smallest unit that all of them share, sums,
//! products and comparisons are those of whole numbers.

use num_bigint::BigInt;
use num_traits::One;

use super::{InvalidAnswer, WorkMeter};
use crate::score::Score;

/// Work of an operation on whole numbers besides that on their digits.
const OPERATION_UNITS: u64 = 8;

/// The unit 2^-places of the numbers of one answer, and their length in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct CommonScale {
    places: u64,
    /// Number of 64-bit digits of the longest number.
    digits: u64,
}

impl CommonScale {
    /// Finds the largest unit in which all of these numbers are whole. Their denominators are powers of two.
    pub(super) fn of<'a>(numbers: impl Iterator<Item = &'a Score>) -> Self {
        let (mut places, mut whole) = (0, 0);
        for number in numbers {
            let of_number = number.binary_places();
            debug_assert!(of_number.is_some(), "{number} is no number of an answer");
            let of_number = of_number.unwrap_or(0);
            places = places.max(of_number);
            whole = whole.max(number.as_rational().numer().bits().saturating_sub(of_number));
        }
        Self { places, digits: (places + whole) / 64 + 1 }
    }

    /// Returns a number in this unit.
    pub(super) fn units(self, number: &Score) -> BigInt {
        let places = self.places.saturating_sub(number.binary_places().unwrap_or(0));
        number.as_rational().numer() << places
    }

    /// Returns the square of one, in squares of the unit.
    pub(super) fn square_of_one(self) -> BigInt {
        BigInt::one() << (2 * self.places)
    }

    /// Counts the work of sums of two numbers and products of two numbers.
    pub(super) fn spend(self, work: &mut WorkMeter, sums: u64, products: u64) -> Result<(), InvalidAnswer> {
        work.spend(self.work(sums, products))
    }

    /// Returns the work of sums of two numbers and products of two numbers.
    pub(super) fn work(self, sums: u64, products: u64) -> u64 {
        sums * (OPERATION_UNITS + self.digits / 4)
            + products * (OPERATION_UNITS + self.digits * self.digits / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_ratios() {
        let numbers: Vec<Score> =
            [1.0, -0.75, 5e-324, 0.0, 3.0].iter().map(|x| Score::from_f64_exact(*x).unwrap()).collect();
        let scale = CommonScale::of(numbers.iter());
        assert_eq!(scale.units(&numbers[2]), BigInt::one());
        assert_eq!(scale.units(&numbers[0]), BigInt::one() << 1074);
        for number in &numbers {
            assert_eq!(Score::ratio(scale.units(number), BigInt::one() << 1074), Some(number.clone()));
        }
        assert_eq!(scale.square_of_one(), BigInt::one() << 2148);
        let small = CommonScale::of(numbers[..1].iter());
        assert!(scale.digits == 17 && small.digits == 1 && scale.work(0, 1) > 4 * small.work(0, 1));
    }
}
