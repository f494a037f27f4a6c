//! `heilbronn-triangle` and `heilbronn-convex`: points of which no three span a small triangle.
//!
//! The score is the smallest area of a triangle of three points, divided by the area of the surrounding figure. Areas relative to a
//! triangle do not change under affine maps, so the surrounding triangle is that of (0, 0), (1, 0) and (0, 1), whose sides are
//! rational: x ≥ 0, y ≥ 0, x + y ≤ 1. Results for an equilateral triangle compare directly. In the other problem the figure is the
//! convex hull of the points.
//!
//! Attacks that end here: T-CHECK-04, T-CHECK-05.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::read::{self, ScaledPoints};

const POINTS_MAX: u64 = 60;
/// Work of a hull for each point: each is added to two chains and dropped from them at most once, and is part of one triangle.
const HULL_SUMS: u64 = 32;
const HULL_PRODUCTS: u64 = 10;
/// Work of reducing the share.
const REDUCTION_PRODUCTS: u64 = 400;

#[derive(Debug)]
struct Heilbronn {
    points: usize,
    is_convex: bool,
}

pub(super) fn triangle(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(Heilbronn { points: parameters.size("points", 3..=POINTS_MAX)?, is_convex: false }))
}

pub(super) fn convex(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(Heilbronn { points: parameters.size("points", 3..=POINTS_MAX)?, is_convex: true }))
}

impl Instance for Heilbronn {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let points = read::points(answer, self.points, 2)?;
        let scaled = read::scaled(&points, work)?;
        let figure = if self.is_convex {
            scaled.scale.spend(work, HULL_SUMS * self.points as u64, HULL_PRODUCTS * self.points as u64)?;
            hull(&scaled.points)
        } else {
            in_triangle(&points)?;
            scaled.scale.square_of_one()
        };
        let least = smallest(&scaled, work)?;
        // The greatest common divisor takes as much as some products for each bit.
        scaled.scale.spend(work, 0, REDUCTION_PRODUCTS)?;
        let share = Score::ratio(least, figure).ok_or_else(|| {
            InvalidAnswer::new("answer", "points that are not all on one line", "points on one line")
        })?;
        Ok(Measure::of(share))
    }
}

/// Refuses the first point outside of the unit triangle, whose area is a half.
fn in_triangle(points: &[Vec<Score>]) -> Result<(), InvalidAnswer> {
    let (zero, one) = (Score::zero(), Score::one());
    for (index, point) in points.iter().enumerate() {
        let (x, y) = (&point[0], &point[1]);
        if *x < zero || *y < zero || x + y > one {
            let found = format!("[{x}, {y}], whose sum is {}", x + y);
            let expected = "a point with x >= 0, y >= 0 and x + y <= 1";
            return Err(InvalidAnswer::new(format!("point {index}"), expected, found));
        }
    }
    Ok(())
}

/// Returns twice the signed area of a triangle, in squares of the unit.
fn doubled(a: &[BigInt], b: &[BigInt], c: &[BigInt]) -> BigInt {
    (&b[0] - &a[0]) * (&c[1] - &a[1]) - (&c[0] - &a[0]) * (&b[1] - &a[1])
}

/// Returns twice the smallest area of three points; there are at least three.
fn smallest(scaled: &ScaledPoints, work: &mut WorkMeter) -> Result<BigInt, InvalidAnswer> {
    let points = &scaled.points;
    let mut least: Option<BigInt> = None;
    for (i, a) in points.iter().enumerate() {
        for (j, b) in points[..i].iter().enumerate() {
            for c in &points[..j] {
                scaled.scale.spend(work, 6, 2)?;
                let area = doubled(a, b, c).abs();
                if least.as_ref().is_none_or(|least| area < *least) {
                    least = Some(area);
                }
            }
        }
    }
    Ok(least.unwrap_or_default())
}

/// Returns twice the area of the convex hull.
fn hull(points: &[Vec<BigInt>]) -> BigInt {
    let mut sorted: Vec<&Vec<BigInt>> = points.iter().collect();
    sorted.sort();
    let lower = chain(sorted.iter().copied());
    let upper = chain(sorted.iter().rev().copied());
    let around = [&lower[..lower.len() - 1], &upper[..upper.len() - 1]].concat();
    (1..around.len().saturating_sub(1)).map(|i| doubled(around[0], around[i], around[i + 1])).sum()
}

/// Returns the half of the hull that turns left along points in order.
fn chain<'a>(points: impl Iterator<Item = &'a Vec<BigInt>>) -> Vec<&'a Vec<BigInt>> {
    let mut kept: Vec<&Vec<BigInt>> = Vec::new();
    for point in points {
        while kept.len() >= 2 && doubled(kept[kept.len() - 2], kept[kept.len() - 1], point) <= BigInt::zero()
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scorer::WORK_MAX;

    fn verify(points: usize, is_convex: bool, answer: &Value) -> Result<Score, InvalidAnswer> {
        Heilbronn { points, is_convex }.verify(answer).map(|measure| measure.amount)
    }

    #[test]
    fn small_optima_are_measured_exactly() {
        // The best of five points: any four-point set in the triangle has at most a third; three corners have all of it.
        assert_eq!(verify(3, false, &json!([[0, 0], [1, 0], [0, 1]])), Ok(Score::one()));
        let centre = json!([[0, 0], [8, 0], [0, 8], [2, 3]]);
        assert_eq!(verify(4, true, &centre), Ok(Score::ratio(16, 64).unwrap()));
        // A parallelogram: each of its four triangles is half of it.
        assert_eq!(
            verify(4, true, &json!([[0, 0], [3, 1], [1, 2], [4, 3]])),
            Ok(Score::ratio(1, 2).unwrap())
        );
        assert_eq!(
            verify(4, true, &json!([[0, 0], [1, 0], [2, 0], [0, 1]])),
            Ok(Score::zero()),
            "three on a line"
        );
    }

    #[test]
    fn attempts_to_get_more_are_refused() {
        let outside = verify(3, false, &json!([[0, 0], [1.0_f64.next_up(), 0], [0, 1]])).unwrap_err();
        assert_eq!(outside.place, "point 1", "not by the smallest amount");
        assert!(verify(3, false, &json!([[0, 0], [0.5, 0.5_f64.next_up()], [0, 1]])).is_err());
        assert!(verify(3, false, &json!([[0, -5e-324], [1, 0], [0, 1]])).is_err());
        assert!(
            verify(4, false, &json!([[0, 0], [1, 0], [0, 1], [1, 0]]))
                .unwrap_err()
                .to_string()
                .contains("equal")
        );
        assert!(
            verify(3, true, &json!([[0, 0], [1, 1], [2, 2]])).unwrap_err().to_string().contains("one line")
        );
        for answer in [
            json!([]),
            json!([[0, 0], [1, 0]]),
            json!([[0, 0], [1, 0], [0, f64::NAN]]),
            json!([[0, 0], [1, 0], [0, true]]),
            json!("x"),
        ] {
            assert!(verify(3, false, &answer).is_err(), "{answer}");
        }
        assert!(verify(3, false, &json!([[0, 0], [1, 0], [0, 1], [0.2, 0.2]])).is_err(), "too many points");
    }

    #[test]
    fn the_widest_points_take_bounded_work() {
        let points = |count: i32| {
            json!((0..count).map(|i| [1e303 * f64::from(i * i), 5e-324 * f64::from(i)]).collect::<Vec<_>>())
        };
        let used = |count: i32| {
            let (mut work, points) = (WorkMeter::new(), points(count));
            let instance = Heilbronn { points: points.as_array().unwrap().len(), is_convex: true };
            instance.verify_within(&points, &mut work).unwrap();
            WORK_MAX - work.left()
        };
        assert!(used(14) < WORK_MAX / 100 && used(30) < WORK_MAX / 20);
    }

    proptest! {
        #[test]
        fn areas_relative_to_the_hull_do_not_change_under_affine_maps(
            points in prop::collection::vec((-50_i32..50, -50_i32..50), 5..8),
            map in [1_i32..5, -3_i32..3, 0_i32..3, 5_i32..9],
        ) {
            let before: Vec<_> = points.iter().map(|(x, y)| [*x, *y]).collect();
            let after: Vec<_> = points.iter().map(|(x, y)| [map[0] * x + map[1] * y + 7, map[2] * x + map[3] * y - 9]).collect();
            prop_assume!(map[0] * map[3] != map[1] * map[2]);
            let share = |points: &Vec<[i32; 2]>| verify(points.len(), true, &json!(points)).ok();
            prop_assert_eq!(share(&before), share(&after));
        }
    }
}
