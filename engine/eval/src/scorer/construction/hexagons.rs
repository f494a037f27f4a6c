//! `hexagon-packing`: regular hexagons of side 1 in the smallest regular hexagon.
//!
//! `pack()` returns `[x, y, angle]` for each hexagon: its centre, and the direction of one of its corners in radians. The surrounding
//! hexagon has its centre at the origin and corners at (±s, 0); any other position of it is equivalent to moving and turning all
//! hexagons together. The score is the smallest s that is proved to contain all corners, so the candidate reports nothing about it. Two
//! hexagons are disjoint if one of their six normals is proved to separate them; whatever cannot be proved at 2^-160 is an overlap.
//!
//! Attacks that end here: T-CHECK-08.

use std::sync::Arc;

use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::interval::Interval;
use super::parameters::{ParameterError, Parameters};
use super::read;

/// Maximum magnitude of a coordinate and of an angle.
const COORDINATE_MAX: u32 = 1_000;
const ANGLE_MAX: u32 = 7;
/// Work of a hexagon: sine and cosine, its normals, and the side that it needs.
const HEXAGON_UNITS: u64 = 20_000;
/// Work of trying the six normals of two hexagons.
const PAIR_UNITS: u64 = 6_000;

#[derive(Debug)]
struct HexagonPacking {
    hexagons: usize,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(HexagonPacking { hexagons: parameters.size("hexagons", 2..=50)? }))
}

/// A point or direction.
type Vector = [Interval; 2];

/// A hexagon: its centre, and three of the six directions of its corners and of the normals of its sides; the others are opposite to
/// these.
struct Hexagon {
    centre: [Score; 2],
    corners: [Vector; 3],
    normals: [Vector; 3],
}

fn dot(a: &Vector, b: &Vector) -> Interval {
    &(&a[0] * &b[0]) + &(&a[1] * &b[1])
}

/// Returns √3 / 2: the distance of a side from the centre.
fn apothem() -> Interval {
    Interval::integer(3).sqrt().over(2)
}

/// Returns three directions 60° apart.
fn star(first: Vector) -> [Vector; 3] {
    let half = Interval::integer(1).over(2);
    let turned = |by: &Vector| -> Vector {
        let cos = &(&by[0] * &half) - &(&by[1] * &apothem());
        let sin = &(&by[0] * &apothem()) + &(&by[1] * &half);
        [cos, sin]
    };
    let second = turned(&first);
    let third = turned(&second);
    [first, second, third]
}

/// Returns how far a hexagon with these corners reaches in a direction.
fn reach(corners: &[Vector; 3], direction: &Vector) -> Interval {
    let along = |corner: &Vector| {
        let along = dot(corner, direction);
        along.max(&-&along)
    };
    along(&corners[0]).max(&along(&corners[1])).max(&along(&corners[2]))
}

impl Hexagon {
    fn read(index: usize, value: &Value) -> Result<Self, InvalidAnswer> {
        let place = format!("hexagon {index}");
        let parts = read::list(value, &place, 3..=3, "numbers [x, y, angle]")?;
        let within = |part: usize, name: &str, most: u32| {
            let place = format!("{name} of hexagon {index}");
            let number = read::number(&parts[part], &place)?;
            let fits = number.abs() <= Score::integer(most);
            if fits {
                Ok(number)
            } else {
                Err(InvalidAnswer::quoting(place, format!("a number, -{most} to {most}"), &parts[part]))
            }
        };
        let centre = [within(0, "x", COORDINATE_MAX)?, within(1, "y", COORDINATE_MAX)?];
        let (sin, cos) = Interval::of(&within(2, "angle", ANGLE_MAX)?).sin_cos();
        let corners = star([cos, sin]);
        let [first, second, _] = &corners;
        // The normal lies between two corners: their sum has the length √3.
        let root = Interval::integer(3).sqrt();
        let between = |axis: usize| (&first[axis] + &second[axis]).checked_div(&root);
        let normal = between(0).zip(between(1));
        let (x, y) = normal.ok_or_else(|| InvalidAnswer::new(place, "an angle", "none"))?;
        Ok(Self { centre, corners, normals: star([x, y]) })
    }

    /// Returns whether one of this hexagon's normals is proved to separate it from the other.
    fn separates(&self, other: &Self) -> bool {
        let between = [0, 1].map(|axis| Interval::of(&(&other.centre[axis] - &self.centre[axis])));
        self.normals.iter().any(|normal| {
            let along = dot(&between, normal);
            let distance = along.max(&-&along);
            (&(&distance - &apothem()) - &reach(&other.corners, normal)).is_surely_not_negative()
        })
    }

    fn is_apart(&self, other: &Self) -> bool {
        let squares: Vec<Score> =
            [0, 1].iter().map(|axis| &other.centre[*axis] - &self.centre[*axis]).map(|d| &d * &d).collect();
        squares.iter().sum::<Score>() >= Score::integer(4) || self.separates(other) || other.separates(self)
    }
}

impl Instance for HexagonPacking {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let list = read::list(answer, "answer", self.hexagons..=self.hexagons, "hexagons [x, y, angle]")?;
        work.spend(HEXAGON_UNITS * self.hexagons as u64)?;
        let hexagons = list
            .iter()
            .enumerate()
            .map(|(index, value)| Hexagon::read(index, value))
            .collect::<Result<Vec<_>, _>>()?;
        for (index, first) in hexagons.iter().enumerate() {
            work.spend(PAIR_UNITS * index as u64)?;
            if let Some(other) = hexagons[..index].iter().position(|other| !first.is_apart(other)) {
                let place = format!("hexagons {other} and {index}");
                return Err(InvalidAnswer::new(
                    place,
                    "hexagons that are proved to be disjoint",
                    "an overlap",
                ));
            }
        }
        let upright = [apothem(), Interval::integer(1).over(2)];
        let mut needed = Interval::integer(0);
        for hexagon in &hexagons {
            let centre = [0, 1].map(|axis| Interval::of(&hexagon.centre[axis]));
            for normal in star(upright.clone()) {
                let along = dot(&centre, &normal);
                needed = needed.max(&(&along.max(&-&along) + &reach(&hexagon.corners, &normal)));
            }
        }
        let side = needed.checked_div(&apothem());
        side.map(|side| Measure::of(side.high()))
            .ok_or_else(|| InvalidAnswer::new("answer", "a packing", "none"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verify(answer: &Value) -> Result<Score, InvalidAnswer> {
        let hexagons = answer.as_array().map_or(2, Vec::len);
        HexagonPacking { hexagons }.verify(answer).map(|measure| measure.amount)
    }

    /// Seven hexagons of a honeycomb, which are a little further apart than they have to be.
    fn flower(distance: f64) -> Value {
        let around = (0..6).map(|k| f64::from(k) * std::f64::consts::FRAC_PI_3 + std::f64::consts::FRAC_PI_6);
        let petals = around.map(|angle| [distance * angle.cos(), distance * angle.sin(), 0.0]);
        json!([vec![[0.0, 0.0, 0.0]], petals.collect()].concat())
    }

    #[test]
    fn one_hexagon_needs_its_own_side_and_turning_it_by_sixty_degrees_changes_nothing() {
        let alone =
            |angle: f64| HexagonPacking { hexagons: 1 }.verify(&json!([[0, 0, angle]])).unwrap().amount;
        assert!(alone(0.0) >= Score::one() && (alone(0.0).to_f64() - 1.0).abs() < 1e-30);
        assert!((alone(std::f64::consts::FRAC_PI_3).to_f64() - 1.0).abs() < 1e-12);
        let turned = alone(std::f64::consts::FRAC_PI_6).to_f64();
        assert!((turned - 2.0 / 3.0_f64.sqrt()).abs() < 1e-12, "{turned}");
    }

    #[test]
    fn touching_hexagons_are_decided_by_their_numbers() {
        let pair = |x: f64, y: f64| verify(&json!([[0, 0, 0], [x, y, 0]]));
        // Side by side above each other: the distance of the centres is √3.
        let root = 3.0_f64.sqrt();
        let (below, above) =
            if root * root < 3.0 { (root, root.next_up()) } else { (root.next_down(), root) };
        assert!(pair(0.0, above).is_ok());
        assert!(pair(0.0, below).is_err());
        assert!(pair(2.0, 0.0).is_ok(), "corner to corner");
        assert!(pair(1.9, 0.0).is_err());
        assert!(pair(1.0, 0.0).is_err() && pair(0.0, 0.0).is_err());
        // A corner into a notch needs less than the distance 2: at (1.5, √3/2) the sides touch.
        assert!(pair(1.5, 0.866_026).is_ok() && pair(1.5, 0.866_025).is_err());
        // A turned hexagon meets its neighbour with a corner first.
        assert!(verify(&json!([[0, 0, 0], [0, 1.866_026, 0.523_598_775_598_298_8]])).is_ok());
        assert!(verify(&json!([[0, 0, 0], [0, 1.866_025, 0.523_598_775_598_298_8]])).is_err());
    }

    #[test]
    fn a_honeycomb_is_as_large_as_it_is() {
        let side = verify(&flower(1.732_050_808)).unwrap().to_f64();
        // Corners of the outer hexagons along the direction 30°: √3 × (1 + 1/2), over √3 / 2.
        assert!((side - 3.0).abs() < 1e-8, "{side}");
        assert!(verify(&flower(1.732_050_807)).is_err());
    }

    #[test]
    fn what_is_no_packing_is_refused() {
        for answer in [
            json!([]),
            json!([[0, 0], [3, 0]]),
            json!([[0, 0, 0], [3, 0, f64::NAN]]),
            json!([[0, 0, 0], [3, 0, 8]]),
            json!([[0, 0, 0], [1001, 0, 0]]),
            json!([[0, 0, "0"], [3, 0, 0]]),
            json!({"side": 1}),
        ] {
            assert!(HexagonPacking { hexagons: 2 }.verify(&answer).is_err(), "{answer}");
        }
        let three = json!([[0, 0, 0], [3, 0, 0], [6, 0, 0]]);
        assert!(HexagonPacking { hexagons: 2 }.verify(&three).is_err(), "too many");
    }
}
