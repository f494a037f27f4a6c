//! `kissing-number`: as many spheres as possible that touch one of the same size, in `dimension` dimensions.
//!
//! `vectors()` returns integer vectors: the directions of the touching spheres, at any scale. If the smallest distance between two
//! vectors is at least the largest length of a vector, then spheres of equal size around the points at equal length do not overlap.
//! The score is the number of vectors.

use std::sync::Arc;

use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::read;

/// Maximum number of vectors that are read: the verification is quadratic in it.
const VECTORS_MAX: usize = 2_000;
/// Maximum coordinate: squared distances in 24 dimensions stay below 2^127.
const COORDINATE_MAX: i64 = 1_000_000_000_000_000_000;

#[derive(Debug)]
struct KissingNumber {
    dimension: usize,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(KissingNumber { dimension: parameters.size("dimension", 2..=24)? }))
}

impl Instance for KissingNumber {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let list = read::list(answer, "answer", 1..=VECTORS_MAX, "integer vectors")?;
        let vectors = list
            .iter()
            .enumerate()
            .map(|(index, vector)| self.vector(index, vector))
            .collect::<Result<Vec<_>, _>>()?;
        let squares: Vec<i128> =
            vectors.iter().map(|vector| vector.iter().map(|x| square(*x)).sum()).collect();
        if let Some(index) = squares.iter().position(|square| *square == 0) {
            return Err(InvalidAnswer::new(format!("vector {index}"), "a vector other than zero", "zero"));
        }
        let longest = squares.iter().copied().max().unwrap_or(0);
        for (index, first) in vectors.iter().enumerate() {
            work.spend((index * self.dimension) as u64)?;
            for (other, second) in vectors[..index].iter().enumerate() {
                let distance: i128 = first.iter().zip(second).map(|(a, b)| square(a - b)).sum();
                if distance < longest {
                    let expected =
                        format!("a squared distance of at least {longest}, the longest square of a vector");
                    return Err(InvalidAnswer::new(
                        format!("vectors {other} and {index}"),
                        expected,
                        distance.to_string(),
                    ));
                }
            }
        }
        Ok(Measure::of(Score::integer(vectors.len())))
    }
}

/// Returns the square of a coordinate, or of a difference of two, which is below 2^62 as well.
fn square(x: i64) -> i128 {
    i128::from(x) * i128::from(x)
}

impl KissingNumber {
    fn vector(&self, index: usize, vector: &Value) -> Result<Vec<i64>, InvalidAnswer> {
        let place = format!("vector {index}");
        let list = read::list(vector, &place, self.dimension..=self.dimension, "integers")?;
        let integer = |value| read::integer(value, &place, -COORDINATE_MAX..=COORDINATE_MAX);
        list.iter().map(integer).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verify(dimension: usize, answer: &Value) -> Result<Score, InvalidAnswer> {
        KissingNumber { dimension }.verify(answer).map(|measure| measure.amount)
    }

    /// The roots of D_n: all vectors with two entries of ±1.
    fn roots(n: usize) -> Vec<Vec<i64>> {
        let mut found = Vec::new();
        for i in 0..n {
            for j in 0..i {
                for (a, b) in [(1, 1), (1, -1), (-1, 1), (-1, -1)] {
                    let mut vector = vec![0; n];
                    (vector[i], vector[j]) = (a, b);
                    found.push(vector);
                }
            }
        }
        found
    }

    #[test]
    fn the_roots_of_e8_touch() {
        // 112 roots of D8, and 128 vectors of halves with an even number of minus signs, all doubled.
        let mut vectors: Vec<Vec<i64>> =
            roots(8).iter().map(|root| root.iter().map(|x| 2 * x).collect()).collect();
        for signs in (0_u32..256).filter(|signs| signs.count_ones() % 2 == 0) {
            vectors.push((0..8).map(|bit| if signs >> bit & 1 == 1 { -1 } else { 1 }).collect());
        }
        assert_eq!(verify(8, &json!(vectors)), Ok(Score::integer(240)));
        assert_eq!(verify(11, &json!(roots(11))), Ok(Score::integer(220)));
        vectors.push(vec![2, 0, 0, 0, 0, 0, 0, 1]);
        assert!(verify(8, &json!(vectors)).is_err());
    }

    #[test]
    fn what_overlaps_or_is_no_vector_is_refused() {
        for answer in [
            json!([]),
            json!([[0, 0]]),
            json!([[1, 0], [1, 0]]),
            json!([[1, 0], [1, 1]]),
            json!([[1, 0], [2, 0]]),
            json!([[1.0, 0]]),
            json!([[true, 0]]),
            json!([[1, 0, 0]]),
            json!([[1]]),
            json!([[f64::NAN, 0]]),
            json!([[COORDINATE_MAX + 1, 0]]),
            json!([[u64::MAX, 0]]),
            json!(vec![[1, 0]; 2_001]),
            json!({"0": [1, 0]}),
        ] {
            assert!(verify(2, &answer).is_err(), "{answer}");
        }
        let far = [[COORDINATE_MAX, 0], [-COORDINATE_MAX, 0], [0, COORDINATE_MAX], [0, -COORDINATE_MAX]];
        assert_eq!(verify(2, &json!(far)), Ok(Score::integer(4)), "no overflow");
    }
}
