//! The scorer `circle-packing`: circles in the unit square, verified in exact arithmetic on the returned doubles, without any tolerance.
//!
//! A packing is valid if every radius is at least zero, every circle lies in the closed square (x − r ≥ 0, x + r ≤ 1 and the
//! same for y) and no two overlap ((x₁ − x₂)² + (y₁ − y₂)² ≥ (r₁ + r₂)²). The score is the exact sum of the radii.
//!
//! Attacks that end here: T-HACK-31, T-HACK-32, T-HACK-33, T-HACK-34, T-HACK-35, T-CHECK-01, T-CHECK-02.

use num_bigint::BigInt;
use num_traits::Signed;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::common_scale::CommonScale;
use super::number::Number;
use super::{CaseSession, InvalidAnswer, InvalidCase, Invocation, Measure, Scorer, WorkMeter};
use crate::case::Case;
use crate::score::Score;

/// Work of reading a circle and of comparing it with the square.
const CIRCLE_UNITS: u64 = 500;

/// A verified packing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CirclePackingResult {
    /// The exact sum of the radii.
    pub radii: Score,
}

impl CirclePackingResult {
    /// Returns the measure of the packing: the sum of the radii.
    #[must_use]
    pub fn measure(&self) -> Measure {
        Measure::of(self.radii.clone())
    }
}

/// The scorer of packings of a number of circles. Its cases have no data: `Case::new(name, ())`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CirclePackingScorer {
    circles: usize,
}

impl CirclePackingScorer {
    /// Creates the scorer for this many circles. Verification takes time quadratic in their number.
    #[must_use]
    pub fn new(circles: usize) -> Self {
        Self { circles }
    }
}

impl Scorer for CirclePackingScorer {
    fn rule(&self) -> String {
        format!("circle-packing, circles {}", self.circles)
    }

    fn check(&self, case: &Case) -> Result<(), InvalidCase> {
        case.data::<()>().copied().ok_or_else(|| InvalidCase::data("no data", case))
    }

    fn start(&self, _case: &Case) -> CaseSession {
        let circles = self.circles;
        CaseSession::metered(Invocation::Once(Vec::new()), move |answer, work| {
            Ok(verify_within(circles, answer, work)?.measure())
        })
    }
}

/// A circle of exact numbers.
pub(super) struct Circle {
    pub(super) x: Score,
    pub(super) y: Score,
    pub(super) r: Score,
}

/// Verifies a returned list of `circles` triples `[x, y, r]`.
///
/// # Errors
///
/// When the answer has another shape, contains anything but numbers, is not a valid packing, or takes too much work.
pub fn verify(circles: usize, answer: &Value) -> Result<CirclePackingResult, InvalidAnswer> {
    verify_within(circles, answer, &mut WorkMeter::new())
}

/// Verifies as [`verify`] does, and counts its work.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_within(
    circles: usize,
    answer: &Value,
    work: &mut WorkMeter,
) -> Result<CirclePackingResult, InvalidAnswer> {
    let packing = read(circles, answer, work)?;
    for (index, circle) in packing.iter().enumerate() {
        inside(index, circle)?;
    }
    let pairs = CirclePairs::of(&packing);
    for index in 0..packing.len() {
        for other in index + 1..packing.len() {
            pairs.apart(index, other, work)?;
        }
    }
    Ok(CirclePackingResult { radii: packing.iter().map(|circle| &circle.r).sum() })
}

/// Reads a list of `circles` triples of numbers.
pub(super) fn read(
    circles: usize,
    answer: &Value,
    work: &mut WorkMeter,
) -> Result<Vec<Circle>, InvalidAnswer> {
    let expected = || format!("a list of {circles} circles [x, y, r]");
    let Value::Array(list) = answer else { return Err(InvalidAnswer::quoting("answer", expected(), answer)) };
    if list.len() != circles {
        return Err(InvalidAnswer::quoting("answer", expected(), answer));
    }
    let read = |(index, circle)| {
        work.spend(CIRCLE_UNITS)?;
        read_circle(index, circle)
    };
    list.iter().enumerate().map(read).collect()
}

fn read_circle(index: usize, circle: &Value) -> Result<Circle, InvalidAnswer> {
    let Some([x, y, r]) = circle.as_array().map(Vec::as_slice) else {
        return Err(InvalidAnswer::quoting(
            format!("circle {index}"),
            "a list [x, y, r] of three numbers",
            circle,
        ));
    };
    let number = |value, name| Number::read(value, || format!("{name} of circle {index}")).map(Number::exact);
    Ok(Circle { x: number(x, "x")?, y: number(y, "y")?, r: number(r, "r")? })
}

fn inside(index: usize, circle: &Circle) -> Result<(), InvalidAnswer> {
    let (zero, one) = (Score::zero(), Score::one());
    if circle.r < zero {
        return Err(InvalidAnswer::new(format!("r of circle {index}"), "at least 0", circle.r.to_string()));
    }
    for (name, centre) in [("x", &circle.x), ("y", &circle.y)] {
        let (low, high) = (centre - &circle.r, centre + &circle.r);
        let beyond = if low < zero {
            &zero - &low
        } else if high > one {
            &high - &one
        } else {
            continue;
        };
        let found = format!("{name} {centre}, r {}: {beyond} outside", circle.r);
        return Err(InvalidAnswer::new(format!("circle {index}"), "a circle inside the unit square", found));
    }
    Ok(())
}

/// A circle in doubles, and in whole numbers of the unit of the packing.
struct PreparedCircle {
    near: NearCircle,
    exact: [BigInt; 3],
}

/// A circle of doubles, each within 2^-52 of its number relative to it, and the largest magnitude of the three.
struct NearCircle {
    x: f64,
    y: f64,
    r: f64,
    most: f64,
}

/// The circles of a packing, prepared for comparing pairs of them.
pub(super) struct CirclePairs<'a> {
    packing: &'a [Circle],
    prepared: Vec<PreparedCircle>,
    scale: CommonScale,
}

impl<'a> CirclePairs<'a> {
    pub(super) fn of(packing: &'a [Circle]) -> Self {
        let scale = CommonScale::of(packing.iter().flat_map(|circle| [&circle.x, &circle.y, &circle.r]));
        let prepare = |circle: &Circle| {
            let numbers = [&circle.x, &circle.y, &circle.r];
            let [x, y, r] = numbers.map(Score::to_f64);
            let near = NearCircle { x, y, r, most: x.abs().max(y.abs()).max(r.abs()) };
            PreparedCircle { near, exact: numbers.map(|number| scale.units(number)) }
        };
        Self { packing, prepared: packing.iter().map(prepare).collect(), scale }
    }

    /// Refuses two circles that overlap.
    pub(super) fn apart(
        &self,
        index: usize,
        other: usize,
        work: &mut WorkMeter,
    ) -> Result<(), InvalidAnswer> {
        work.spend(1)?;
        let (first, second) = (&self.prepared[index], &self.prepared[other]);
        if surely_apart(&first.near, &second.near) {
            return Ok(());
        }
        self.scale.spend(work, 5, 3)?;
        let ([x, y, r], [other_x, other_y, other_r]) = (&first.exact, &second.exact);
        let (dx, dy, reach) = (x - other_x, y - other_y, r + other_r);
        if (&reach * &reach - &dx * &dx - &dy * &dy).is_positive() {
            overlap(index, &self.packing[index], other, &self.packing[other])
        } else {
            Ok(())
        }
    }
}

/// Returns true only if two circles are apart: by doubles, with an error that is bounded here.
///
/// Let u = 2^-53 and M the largest magnitude of the six doubles, each of which is within a relative 2u of its number. Differences and the
/// sum of radii are then within 8uM of the exact ones, and at most 2M(1 + 4u) in magnitude, so each square is within 40uM², and what is
/// left of the three squares and their two sums within 160uM². With M between 1e-100 and 1e100 there is no overflow, and underflow is far
/// smaller. 1024uM² = 2^-43 M² leaves room for the rounding of the bound itself.
fn surely_apart(first: &NearCircle, second: &NearCircle) -> bool {
    let most = first.most.max(second.most);
    let (dx, dy, reach) = (first.x - second.x, first.y - second.y, first.r + second.r);
    let room = dx * dx + dy * dy - reach * reach;
    room > most * most / 8_796_093_022_208.0 && (1e-100..=1e100).contains(&most)
}

/// Refuses two circles that overlap.
fn overlap(index: usize, first: &Circle, other: usize, second: &Circle) -> Result<(), InvalidAnswer> {
    let (dx, dy, reach) = (&first.x - &second.x, &first.y - &second.y, &first.r + &second.r);
    let missing = &(&reach * &reach) - &(&(&dx * &dx) + &(&dy * &dy));
    if missing > Score::zero() {
        let found = format!("an overlap: the square of the distance is {missing} too small");
        return Err(InvalidAnswer::new(format!("circles {index} and {other}"), "no overlap", found));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scorer::WORK_MAX;

    #[test]
    fn touching_circles_are_valid_and_one_unit_more_is_not() {
        let pair = |x: f64, r: f64| verify(2, &json!([[0.25, 0.5, r], [x, 0.5, 0.25]]));
        assert_eq!(pair(0.75, 0.25).unwrap().radii, Score::ratio(1, 2).unwrap());
        let overlap = pair(0.75, 0.25_f64.next_up()).unwrap_err();
        assert_eq!(overlap.place, "circle 0", "it leaves the square first");
        assert_eq!(pair(0.75_f64.next_down(), 0.25).unwrap_err().place, "circles 0 and 1");
        assert_eq!(pair(0.75_f64.next_up(), 0.25).unwrap_err().place, "circle 1");
    }

    #[test]
    fn diagonal_contact_is_decided_exactly() {
        // 3-4-5: the centres are exactly 5/16 apart, the radii add up to it, and no wall is near.
        let second = [7.0 / 16.0, 0.5, 2.0 / 16.0];
        let pair = |second: [f64; 3]| verify(2, &json!([[0.25, 0.25, 3.0 / 16.0], second]));
        assert_eq!(pair(second).unwrap().radii, Score::ratio(5, 16).unwrap());
        for field in 0..3 {
            let with = |value: f64| {
                let mut changed = second;
                changed[field] = value;
                pair(changed)
            };
            let (up, down) = (with(second[field].next_up()), with(second[field].next_down()));
            let (overlap, apart) = if field == 2 { (up, down) } else { (down, up) };
            assert_eq!(overlap.unwrap_err().place, "circles 0 and 1");
            assert!(apart.is_ok());
        }
    }

    #[test]
    fn other_shapes_and_types_are_refused() {
        let check = |answer: Value, text: &str| assert_eq!(verify(1, &answer).unwrap_err().to_string(), text);
        check(json!(null), "answer: expected a list of 1 circles [x, y, r], found null");
        check(json!([]), "answer: expected a list of 1 circles [x, y, r], found a list of 0");
        check(
            json!([[0, 0, 0], [1, 1, 0]]),
            "answer: expected a list of 1 circles [x, y, r], found a list of 2",
        );
        check(json!([0.5]), "circle 0: expected a list [x, y, r] of three numbers, found 0.5");
        check(json!([[0.5, 0.5]]), "circle 0: expected a list [x, y, r] of three numbers, found a list of 2");
        check(
            json!([{"x": 0.5, "y": 0.5, "r": 0.1}]),
            "circle 0: expected a list [x, y, r] of three numbers, found an object of 3 keys",
        );
        check(json!([[0.5, true, 0.1]]), "y of circle 0: expected a finite number, found true");
        check(json!([[0.5, 0.5, "0.1"]]), "r of circle 0: expected a finite number, found \"0.1\"");
        check(json!([[0.5, 0.5, f64::NAN]]), "r of circle 0: expected a finite number, found null");
        check(json!([[0.5, 0.5, -1e-300]]), "r of circle 0: expected at least 0, found -1e-300");
        check(
            json!([[u64::MAX, 0.5, 0]]),
            "circle 0: expected a circle inside the unit square, found x 1.844674407e19, r 0: 1.844674407e19 outside",
        );
        check(
            json!([[1e308, 0.5, 1e308]]),
            "circle 0: expected a circle inside the unit square, found x 1e308, r 1e308: 2e308 outside",
        );
    }

    #[test]
    fn points_and_whole_numbers_are_numbers_too() {
        assert_eq!(
            verify(2, &json!([[0, 1, 0], [0.5, 0.5, 0.5]])).unwrap().radii,
            Score::ratio(1, 2).unwrap()
        );
        assert_eq!(verify(0, &json!([])).unwrap().radii, Score::zero());
    }

    /// A grid of touching circles whose coordinates are exact: k × k circles of radius 1/(2k), k a power of two.
    fn grid(k: u32) -> Vec<[f64; 3]> {
        let r = 1.0 / (2.0 * f64::from(k));
        (0..k * k).map(|i| [r * f64::from(2 * (i % k) + 1), r * f64::from(2 * (i / k) + 1), r]).collect()
    }

    #[test]
    fn an_exact_grid_is_valid() {
        for k in [1, 2, 4] {
            assert_eq!(verify((k * k) as usize, &json!(grid(k))).unwrap().radii, Score::ratio(k, 2).unwrap());
        }
    }

    /// Circles that doubles cannot tell apart, with radii of the smallest double.
    fn cluster(count: u32) -> Value {
        json!((0..count).map(|i| [0.5 + f64::from(i) * 2.0_f64.powi(-52), 0.5, 5e-324]).collect::<Vec<_>>())
    }

    #[test]
    fn the_work_of_a_check_is_bounded_and_small_for_packings() {
        let used = |circles: usize, answer: &Value| {
            let mut work = WorkMeter::new();
            verify_within(circles, answer, &mut work).unwrap();
            WORK_MAX - work.left()
        };
        assert!(used(1_000, &json!(grid(32)[..1_000])) < WORK_MAX / 50);
        assert!(used(50, &cluster(50)) < WORK_MAX / 100);
        let mut work = WorkMeter::new();
        work.spend(WORK_MAX - 1_000_000).unwrap();
        let refused = verify_within(1_000, &cluster(1_000), &mut work).unwrap_err().to_string();
        assert!(refused.contains("at most 100000000 units of work to check"), "{refused}");
    }

    /// The definition, in fractions.
    fn are_apart(a: &Circle, b: &Circle) -> bool {
        let square = |x: &Score| x * x;
        let (dx, dy) = (&a.x - &b.x, &a.y - &b.y);
        &square(&dx) + &square(&dy) >= square(&(&a.r + &b.r))
    }

    fn coordinate() -> impl Strategy<Value = f64> {
        let any = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
        prop_oneof![any, -1.0..1.0_f64, (-8_i32..8).prop_map(|n| f64::from(n) / 8.0), Just(5e-324)]
    }

    proptest! {
        #[test]
        fn pairs_are_decided_as_by_the_definition(
            a in (coordinate(), coordinate(), coordinate()),
            d in (-8_i32..8, -8_i32..8, 0_i32..9),
            b in prop::option::of((coordinate(), coordinate(), coordinate())),
        ) {
            // Without another circle, it is near the first one.
            let near = |x: f64, steps: i32| x + f64::from(steps) * 2.0_f64.powi(-50);
            let (x, y, r) = b.unwrap_or_else(|| (near(a.0, d.0), near(a.1, d.1), 2.0_f64.powi(-51) * f64::from(d.2)));
            let exact = |value: f64| Score::from_f64_exact(value).unwrap();
            let packing = [(a.0, a.1, a.2.abs() / 4.0), (x, y, r.abs() / 4.0)]
                .map(|(x, y, r)| Circle { x: exact(x), y: exact(y), r: exact(r) });
            let found = CirclePairs::of(&packing).apart(0, 1, &mut WorkMeter::new());
            prop_assert_eq!(found.is_ok(), are_apart(&packing[0], &packing[1]));
        }

        #[test]
        fn one_unit_in_the_last_place_is_detected(circle in 0usize..16, field in 0usize..3, up in any::<bool>()) {
            // In the grid every circle touches its neighbours or walls on all four sides.
            let mut circles = grid(4);
            let value = &mut circles[circle][field];
            *value = if up { value.next_up() } else { value.next_down() };
            let shrunk = field == 2 && !up;
            prop_assert_eq!(verify(16, &json!(circles)).is_ok(), shrunk);
        }

        #[test]
        fn random_pairs_agree_with_integer_arithmetic(v in prop::collection::vec(0i64..=64, 6)) {
            // On a grid of 1/64 the conditions are plain integer arithmetic.
            let circles: Vec<Vec<f64>> = v.chunks(3).map(|c| c.iter().map(|n| f64::from(i32::try_from(*n).unwrap()) / 64.0).collect()).collect();
            let inside = v.chunks(3).all(|c| c[..2].iter().all(|p| p - c[2] >= 0 && p + c[2] <= 64));
            let apart = (v[0] - v[3]).pow(2) + (v[1] - v[4]).pow(2) >= (v[2] + v[5]).pow(2);
            prop_assert_eq!(verify(2, &json!(circles)).is_ok(), inside && apart);
        }
    }
}
