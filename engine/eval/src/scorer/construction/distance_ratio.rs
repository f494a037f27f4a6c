//! `distance-ratio`: points whose largest and smallest distances are as equal as possible.
//!
//! `points()` returns points in two or three dimensions. The score is the square of the largest distance over the square of the
//! smallest one, which is exact; lower is better, and translating or scaling all points changes nothing.

use std::sync::Arc;

use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::read;

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
    fn verify(&self, answer: &Value) -> Result<Measure, InvalidAnswer> {
        let points = read::points(answer, self.points, self.dimension)?;
        read::distinct(&points)?;
        let mut squares = Vec::new();
        for (index, first) in points.iter().enumerate() {
            for second in &points[..index] {
                let parts: Vec<Score> = first.iter().zip(second).map(|(a, b)| &(a - b) * &(a - b)).collect();
                squares.push(parts.iter().sum::<Score>());
            }
        }
        let ratio =
            squares.iter().max().zip(squares.iter().min()).and_then(|(high, low)| high.checked_div(low));
        ratio.map(Measure::of).ok_or_else(|| InvalidAnswer::new("answer", "points that differ", "equal ones"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
