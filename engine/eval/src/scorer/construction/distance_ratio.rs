//! `distance-ratio`: points whose largest and smallest distances are as equal as possible.
//!
//! `points()` returns points in two or three dimensions. The score is the square of the largest distance over the square of the
//! smallest one, which is exact; lower is better, and translating or scaling all points changes nothing.
//!
//! Attacks that end here: T-CHECK-06.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::Zero;
use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::read;

/// Work of reducing the ratio.
const REDUCTION_PRODUCTS: u64 = 400;

#[derive(Debug)]
struct DistanceRatio {
    points: usize,
    dimension: usize,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(DistanceRatio {
        points: parameters.size("points", 3..=200)?,
        dimension: parameters.size("dimension", 2..=3)?,
    }))
}

impl Instance for DistanceRatio {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let points = read::points(answer, self.points, self.dimension)?;
        let scaled = read::scaled(&points, work)?;
        let (mut high, mut low) = (BigInt::zero(), None);
        for (index, first) in scaled.points.iter().enumerate() {
            for second in &scaled.points[..index] {
                scaled.scale.spend(work, 2 * self.dimension as u64, self.dimension as u64)?;
                let square: BigInt = first.iter().zip(second).map(|(a, b)| (a - b).pow(2)).sum();
                if low.as_ref().is_none_or(|low| square < *low) {
                    low = Some(square.clone());
                }
                high = high.max(square);
            }
        }
        // The greatest common divisor takes as much as some products for each bit.
        scaled.scale.spend(work, 0, REDUCTION_PRODUCTS)?;
        let ratio = low.and_then(|low| Score::ratio(high, low));
        ratio.map(Measure::of).ok_or_else(|| InvalidAnswer::new("answer", "points that differ", "equal ones"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scorer::WORK_MAX;

    fn verify(points: usize, dimension: usize, answer: &Value) -> Result<Score, InvalidAnswer> {
        DistanceRatio { points, dimension }.verify(answer).map(|measure| measure.amount)
    }

    #[test]
    fn ratios_are_exact() {
        assert_eq!(verify(4, 2, &json!([[0, 0], [0, 1], [1, 0], [1, 1]])), Ok(Score::integer(2)));
        let tetrahedron = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]];
        assert_eq!(verify(4, 3, &json!(tetrahedron)), Ok(Score::one()), "the best there is");
        let scaled = tetrahedron.map(|point| point.map(|x| 1e300 * f64::from(x)));
        assert_eq!(verify(4, 3, &json!(scaled)), Ok(Score::one()), "no overflow");
    }

    /// Points over the whole range of doubles.
    fn wide(count: i32) -> Value {
        json!((0..count).map(|i| [1e305 * f64::from(i), 5e-324 * f64::from(i), 1.3]).collect::<Vec<_>>())
    }

    #[test]
    fn the_widest_points_take_bounded_work() {
        let used = |points: usize, answer: &Value| {
            let mut work = WorkMeter::new();
            DistanceRatio { points, dimension: 3 }.verify_within(answer, &mut work).unwrap();
            WORK_MAX - work.left()
        };
        assert!(used(14, &wide(14)) < WORK_MAX / 100);
        assert!(used(40, &wide(40)) < WORK_MAX / 40);
    }

    proptest! {
        #[test]
        fn ratios_are_those_of_fractions(
            points in prop::collection::btree_set((-4_i32..4, -1_070_i32..1_000, -4_i32..4), 3..6),
        ) {
            let points: Vec<[f64; 2]> = points.iter().map(|(m, e, y)| [f64::from(*m) * 2.0_f64.powi(*e), f64::from(*y) / 8.0]).collect();
            let exact = points.iter().map(|point| point.map(|x| Score::from_f64_exact(x).unwrap())).collect::<Vec<_>>();
            let mut squares = Vec::new();
            for (index, a) in exact.iter().enumerate() {
                for b in &exact[..index] {
                    let (x, y) = (&a[0] - &b[0], &a[1] - &b[1]);
                    squares.push(&(&x * &x) + &(&y * &y));
                }
            }
            let expected = squares.iter().max().unwrap().checked_div(squares.iter().min().unwrap());
            prop_assert_eq!(verify(points.len(), 2, &json!(points)).ok(), expected);
        }
    }

    #[test]
    fn attempts_to_get_less_are_refused() {
        for answer in [
            json!([]),
            json!([[0, 0], [0, 0], [0, 0], [0, 0]]),
            json!([[0, 0], [1, 0], [0, 1], [0, 1]]),
            json!([[0, 0], [1, 0], [0, 1]]),
            json!([[0, 0], [1, 0], [0, 1], [1, 1], [2, 2]]),
            json!([[0, 0], [1, 0], [0, 1], [f64::INFINITY, 1]]),
            json!([[0, 0], [1, 0], [0, 1], ["1", 1]]),
        ] {
            assert!(verify(4, 2, &answer).is_err(), "{answer}");
        }
    }
}
