//! `autocorrelation-1`, `-2` and `-3`: constants of three inequalities about f ∗ f.
//!
//! `heights()` returns the heights of a step function f. In all three, translating, scaling and stretching f changes nothing,
//! so its interval is [−1/4, 1/4]. With steps of width w, f ∗ f is linear between multiples of w, where its values are w × a
//! sum of products, so everything below is rational.
//!
//! 1. f ≥ 0: max f∗f / (∫f)², lower is better.
//! 2. f ≥ 0: ‖f∗f‖₂² / (‖f∗f‖₁ ‖f∗f‖∞), higher is better.
//! 3. any f: max |f∗f| / (∫f)², lower is better.

use std::sync::Arc;

use num_bigint::BigInt;
use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::steps;

const STEPS_MAX: usize = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Autocorrelation {
    First,
    Second,
    Third,
}

pub(super) fn first(_: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(Autocorrelation::First))
}

pub(super) fn second(_: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(Autocorrelation::Second))
}

pub(super) fn third(_: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(Autocorrelation::Third))
}

impl Instance for Autocorrelation {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let heights = steps::heights(answer, STEPS_MAX, *self == Self::Third, work)?;
        let sum = BigInt::from(heights.iter().copied().map(i128::from).sum::<i128>());
        work.spend(steps::convolution_units(heights.len(), heights.len()))?;
        let products = steps::convolved(&heights, &heights);
        let largest = BigInt::from(products.iter().map(|value| value.abs()).max().unwrap_or(0));
        let square = &sum * &sum;
        let score = match self {
            // w × largest / (w × sum)², with w = 1 / (2 × steps)
            Self::First | Self::Third => Score::ratio(largest * 2 * heights.len(), square),
            Self::Second => Score::ratio(squared_norm(&products), square * largest * 3),
        };
        score
            .map(Measure::of)
            .ok_or_else(|| InvalidAnswer::new("answer", "a function whose integral is not zero", "zero"))
    }
}

/// Returns three times the integral of the square of the linear interpolation, for steps of width one; the ends are zero.
fn squared_norm(products: &[i128]) -> BigInt {
    let ends =
        [0].into_iter().chain(products.iter().copied()).chain([0]).map(BigInt::from).collect::<Vec<_>>();
    ends.windows(2).map(|pair| &pair[0] * &pair[0] + &pair[0] * &pair[1] + &pair[1] * &pair[1]).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verify(inequality: Autocorrelation, answer: &Value) -> Result<Score, InvalidAnswer> {
        inequality.verify(answer).map(|measure| measure.amount)
    }

    #[test]
    fn a_constant_function_is_known_in_closed_form() {
        use Autocorrelation::{First, Second, Third};
        for steps in [1, 2, 7] {
            let constant = json!(vec![3; steps]);
            // f∗f is a triangle of height 2 × (∫f)², whose mean square is a third of its height squared.
            assert_eq!(verify(First, &constant), Ok(Score::integer(2)));
            assert_eq!(verify(Second, &constant), Ok(Score::ratio(2, 3).unwrap()));
            assert_eq!(verify(Third, &constant), Ok(Score::integer(2)));
        }
    }

    #[test]
    fn the_third_takes_the_largest_magnitude() {
        // f∗f of (1, -1/2) is 1, -1, 1/4: the integral squared is 1/4, the largest magnitude is 1.
        assert_eq!(verify(Autocorrelation::Third, &json!([2, -1])), Ok(Score::integer(16)));
        assert_eq!(
            verify(Autocorrelation::Third, &json!([-2, 1])),
            Ok(Score::integer(16)),
            "and not only the largest value"
        );
    }

    #[test]
    fn what_is_no_function_is_refused() {
        for inequality in [Autocorrelation::First, Autocorrelation::Second, Autocorrelation::Third] {
            for answer in [
                json!([]),
                json!([0]),
                json!([null]),
                json!([1, "2"]),
                json!(vec![1; 5_001]),
                json!({"score": 1}),
            ] {
                assert!(verify(inequality, &answer).is_err(), "{answer}");
            }
        }
        assert!(verify(Autocorrelation::First, &json!([1, -1e-30])).is_err());
        assert!(
            verify(Autocorrelation::Third, &json!([1, -1])).unwrap_err().to_string().contains("not zero")
        );
    }
}
