//! `minimum-overlap`: upper bounds on the constant of Erdős's minimum overlap problem.
//!
//! `heights()` returns the heights of a step function h on [0, 2] with values in [0, 1]. It is scaled so that its integral is exactly 1,
//! and has to stay at most 1. The score is the largest overlap, over all shifts x, of h(t) and 1 − h(t + x), both zero outside of
//! [0, 2]; overlaps of step functions are linear between shifts by whole steps, so those are enough. Lower is better.

use std::sync::Arc;

use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::steps;

const STEPS_MAX: usize = 1_000;

#[derive(Debug)]
struct MinimumOverlap;

pub(super) fn make(_: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(MinimumOverlap))
}

impl Instance for MinimumOverlap {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let heights = steps::heights(answer, STEPS_MAX, false, work)?;
        work.spend(steps::convolution_units(heights.len(), heights.len()))?;
        // Heights have 41 bits, so all of these stay below 2^53.
        let (n, sum): (i64, i64) = (heights.len() as i64, heights.iter().sum());
        // h[i] = heights[i] × n / (2 × sum), whose integral is (2 / n) × the sum of h[i] = 1.
        if let Some(index) = heights.iter().position(|height| height * n > 2 * sum) {
            let found = Score::ratio(heights[index] * n, 2 * sum)
                .map(|height| height.to_string())
                .unwrap_or_default();
            let expected = "a height of at most 1 when the integral is 1";
            return Err(InvalidAnswer::new(format!("height {index}"), expected, found));
        }
        let rest: Vec<i64> = heights.iter().rev().map(|height| 2 * sum - height * n).collect();
        let largest = steps::convolved(&heights, &rest).into_iter().max().unwrap_or(0);
        let sum = i128::from(sum);
        // (2 / n) × heights × n / (2 sum) × rest / (2 sum)
        let overlap = Score::ratio(largest, 2 * sum * sum);
        overlap
            .map(Measure::of)
            .ok_or_else(|| InvalidAnswer::new("answer", "a function that is not zero", "zero"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verify(answer: &Value) -> Result<Score, InvalidAnswer> {
        MinimumOverlap.verify(answer).map(|measure| measure.amount)
    }

    /// The definition in doubles.
    fn overlap(h: &[f64]) -> f64 {
        let (n, sum) = (h.len(), h.iter().sum::<f64>());
        let h: Vec<f64> = h.iter().map(|x| x * n as f64 / 2.0 / sum).collect();
        let at = |shift: isize| -> f64 {
            (0..n).filter_map(|i| Some(h[i] * (1.0 - h.get(i.checked_add_signed(shift)?)?))).sum()
        };
        let reach = n as isize;
        (-reach..=reach).map(at).fold(0.0, f64::max) * 2.0 / n as f64
    }

    #[test]
    fn functions_are_measured_by_the_definition() {
        assert_eq!(verify(&json!([0.5])), Ok(Score::ratio(1, 2).unwrap()));
        assert_eq!(verify(&json!([1, 1, 1, 1])), Ok(Score::ratio(1, 2).unwrap()), "scaled to one half");
        for heights in [vec![0.0, 1.0, 1.0, 0.0], vec![0.1, 0.7, 0.9, 0.7, 0.1], vec![0.3, 0.5, 0.2, 0.6]] {
            let (exact, double) = (verify(&json!(heights)).unwrap().to_f64(), overlap(&heights));
            assert!((exact - double).abs() < 1e-9, "{heights:?}: {exact} {double}");
        }
        // Haugland's lower bound holds for every function that is accepted.
        assert!(verify(&json!([0.0, 0.4, 0.8, 1.0, 1.0, 1.0, 0.8, 0.4, 0.0])).unwrap().to_f64() > 0.379_005);
    }

    #[test]
    fn functions_that_leave_the_unit_interval_are_refused() {
        for answer in [
            json!([]),
            json!([0]),
            json!([1, 0]).clone(),
            json!([5, 0, 0, 0]),
            json!([-0.1, 1]),
            json!([f64::NAN]),
            json!(vec![0.5; 1_001]),
            json!({"bound": 0.38}),
        ] {
            let is_half = answer == json!([1, 0]);
            assert_eq!(verify(&answer).is_ok(), is_half, "{answer}");
        }
        let above = verify(&json!([1.0, 1.0_f64.next_up(), 0.0, 0.0]));
        assert!(above.is_ok(), "rounded to the grid, which is the function that is measured");
        assert!(verify(&json!([1.0, 1.0 + 1e-9, 0.0, 0.0])).is_err());
    }
}
