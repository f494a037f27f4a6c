//! Step functions: a list of heights on steps of equal width, rounded to integers of a common scale.
//!
//! The rounded function is the one that is verified, so a score is exactly that of an existing function.
//!
//! Attacks that end here: T-CHECK-10.

use num_bigint::BigInt;
use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, WorkMeter};

use super::read;

/// Work of reading and rounding a height.
const HEIGHT_UNITS: u64 = 200;
/// Number of bits of the largest height after rounding.
const HEIGHT_BITS: i64 = 40;

/// Reads the heights of a function of up to `most` steps, scaled by a power of two so that the largest magnitude has about 40 bits, and
/// rounded down. Negative heights are refused unless `is_signed`.
pub(super) fn heights(
    answer: &Value,
    most: usize,
    is_signed: bool,
    work: &mut WorkMeter,
) -> Result<Vec<i64>, InvalidAnswer> {
    let list = read::list(answer, "answer", 1..=most, "heights")?;
    work.spend(HEIGHT_UNITS * list.len() as u64)?;
    let mut exact = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let place = format!("height {index}");
        let height = read::number(value, &place)?;
        if !is_signed && height < Score::zero() {
            return Err(InvalidAnswer::new(place, "a height of at least 0", height.to_string()));
        }
        exact.push(height);
    }
    let largest = exact.iter().map(Score::abs).max().unwrap_or_else(Score::zero);
    if largest.is_zero() {
        return Err(InvalidAnswer::new("answer", "a function that is not zero", "zero"));
    }
    let bits = |number: &BigInt| i64::try_from(number.bits()).unwrap_or(i64::MAX);
    let shift = HEIGHT_BITS - (bits(largest.as_rational().numer()) - bits(largest.as_rational().denom()));
    Ok(exact.iter().map(|height| scaled(height, shift)).collect())
}

/// Returns height × 2^shift, rounded down. The result has at most 41 bits.
fn scaled(height: &Score, shift: i64) -> i64 {
    let places = height.binary_places().and_then(|places| i64::try_from(places).ok()).unwrap_or(0);
    let (numerator, up) = (height.as_rational().numer(), shift - places);
    // A shift to the right rounds down.
    let floor = if up >= 0 { numerator << up.unsigned_abs() } else { numerator >> up.unsigned_abs() };
    i64::try_from(floor).unwrap_or(0)
}

/// Returns the work of [`convolved`] for functions of this many steps.
pub(super) fn convolution_units(a: usize, b: usize) -> u64 {
    a as u64 * b as u64 / 4
}

/// Returns the full convolution: entry k is the sum over i of a[i] × b[k - i].
pub(super) fn convolved(a: &[i64], b: &[i64]) -> Vec<i128> {
    let mut sums = vec![0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (sum, y) in sums[i..].iter_mut().zip(b) {
            *sum += i128::from(*x) * i128::from(*y);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn heights_keep_their_ratios() {
        for scale in [1.0, 1e-300, 3e300, 0.7] {
            let read = heights(&json!([scale, scale / 2.0, 0.0]), 5, false, &mut WorkMeter::new()).unwrap();
            assert!(
                (1 << 39..=1 << 41).contains(&read[0]) && (read[0] / 2 - read[1]).abs() <= 1 && read[2] == 0,
                "{read:?}"
            );
        }
        assert!(heights(&json!([1.0, -1.0]), 5, true, &mut WorkMeter::new()).unwrap()[1] < 0);
    }

    #[test]
    fn other_functions_are_refused() {
        for answer in [
            json!([]),
            json!([0, 0.0]),
            json!([1, f64::NAN]),
            json!([true]),
            json!(["1"]),
            json!([1, 1, 1, 1, 1, 1]),
            json!([1, -1e-9]),
            json!(1),
        ] {
            assert!(heights(&answer, 5, false, &mut WorkMeter::new()).is_err(), "{answer}");
        }
    }

    #[test]
    fn the_convolution_is_that_of_polynomials() {
        assert_eq!(convolved(&[1, 2], &[3, 4, 5]), [3, 10, 13, 10]);
    }
}
