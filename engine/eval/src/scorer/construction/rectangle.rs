//! `circles-in-rectangle`: circles in a rectangle of perimeter 4, with the largest sum of radii.
//!
//! `pack()` returns `[x, y, r]` for each circle. The rectangle is the smallest one that contains them, so nobody has to report it;
//! half its perimeter, width plus height, has to be at most 2. Everything is exact on the returned numbers.
//!
//! Attacks that end here: T-CHECK-03.

use std::sync::Arc;

use serde_json::Value;

use crate::score::Score;
use crate::scorer::circle_packing::{Circle, CirclePairs, read};
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};

#[derive(Debug)]
struct CirclesInRectangle {
    circles: usize,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(CirclesInRectangle { circles: parameters.size("circles", 1..=200)? }))
}

/// Returns the length of the smallest interval that contains the circles along one axis.
fn extent<'a>(circles: &'a [Circle], along: impl Fn(&'a Circle) -> &'a Score) -> Score {
    let low = circles.iter().map(|circle| along(circle) - &circle.r).min().unwrap_or_else(Score::zero);
    let high = circles.iter().map(|circle| along(circle) + &circle.r).max().unwrap_or_else(Score::zero);
    &high - &low
}

impl Instance for CirclesInRectangle {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let circles = read(self.circles, answer, work)?;
        let pairs = CirclePairs::of(&circles);
        for (index, first) in circles.iter().enumerate() {
            if first.r < Score::zero() {
                return Err(InvalidAnswer::new(
                    format!("r of circle {index}"),
                    "at least 0",
                    first.r.to_string(),
                ));
            }
            for other in index + 1..circles.len() {
                pairs.apart(index, other, work)?;
            }
        }
        let (width, height) = (extent(&circles, |circle| &circle.x), extent(&circles, |circle| &circle.y));
        let beyond = &(&width + &height) - &Score::integer(2);
        if beyond > Score::zero() {
            let found = format!("{width} and {height}: {beyond} too much");
            return Err(InvalidAnswer::new("answer", "width and height of 2 together", found));
        }
        Ok(Measure::of(circles.iter().map(|circle| &circle.r).sum()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verify(circles: usize, answer: &Value) -> Result<Score, InvalidAnswer> {
        CirclesInRectangle { circles }.verify(answer).map(|measure| measure.amount)
    }

    #[test]
    fn the_rectangle_is_that_of_the_circles() {
        assert_eq!(
            verify(1, &json!([[7, -3, 0.5]])),
            Ok(Score::ratio(1, 2).unwrap()),
            "one circle in a unit square, anywhere"
        );
        assert!(verify(1, &json!([[0, 0, 0.5_f64.next_up()]])).is_err());
        // Two circles beside each other: 4 r + 2 r = 2 is not exact in doubles; a quarter each leaves room.
        assert_eq!(verify(2, &json!([[0, 0, 0.25], [0.5, 0, 0.25]])), Ok(Score::ratio(1, 2).unwrap()));
        assert!(verify(2, &json!([[0, 0, 0.25], [0.5_f64.next_down(), 0, 0.25]])).is_err());
        assert!(verify(2, &json!([[0, 0, 0.375], [0.75, 0, 0.375]])).is_err());
    }

    #[test]
    fn what_is_no_packing_is_refused() {
        for answer in [
            json!([]),
            json!([[0, 0, 0.1]]),
            json!([[0, 0, 0.1], [0, 0, 0.1]]),
            json!([[0, 0, -0.1], [0, 0, 0.9]]),
            json!([[0, 0, f64::NAN], [1, 0, 0]]),
            json!({"sum": 3}),
        ] {
            assert!(verify(2, &answer).is_err(), "{answer}");
        }
    }
}
