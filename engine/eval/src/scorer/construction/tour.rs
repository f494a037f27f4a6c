//! `tour`: the travelling salesman problem in the plane, on instances drawn from a seed.
//!
//! `tour(cities)` gets a list of `[x, y]`, integers below 1,000,000, and returns the indices of the cities in the order of a closed
//! tour. The score is its length over √(cities × area), which tends to 0.7124 for the shortest tours of many cities; lower is better.
//! Square roots are integer roots, rounded up.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Invocation, Measure, WorkMeter};

use super::instance::Instance;
use super::keyed_numbers::KeyedNumbers;
use super::parameters::{ParameterError, Parameters};
use super::read;

const SIDE: u64 = 1_000_000;
/// Number of bits after the binary point of a length.
const BITS: u32 = 40;
/// Work for each city: a place, and the square root of a distance.
const CITY_UNITS: u64 = 100;

#[derive(Debug)]
struct Tour {
    cities: Vec<[u64; 2]>,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    let (cities, seed) = (parameters.number("cities", 3..=5_000)?, parameters.number("seed", 0..=u64::MAX)?);
    let mut stream = KeyedNumbers::new("tour", &[cities.to_le_bytes(), seed.to_le_bytes()].concat());
    Ok(Arc::new(Tour { cities: (0..cities).map(|_| [stream.below(SIDE), stream.below(SIDE)]).collect() }))
}

impl Instance for Tour {
    fn invocation(&self) -> Invocation {
        Invocation::Once(vec![json!(self.cities)])
    }

    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let count = self.cities.len();
        let list = read::list(answer, "answer", count..=count, "numbers of cities")?;
        work.spend(CITY_UNITS * count as u64)?;
        let mut order = Vec::with_capacity(count);
        let mut places = vec![None; count];
        for (place, value) in list.iter().enumerate() {
            let city = read::index(value, &format!("place {place}"), count)?;
            if let Some(first) = places[city].replace(place) {
                return Err(InvalidAnswer::new(
                    format!("place {place}"),
                    "a city that is not yet on the tour",
                    format!("{city} like place {first}"),
                ));
            }
            order.push(self.cities[city]);
        }
        let length: u128 = (0..count).map(|index| distance(order[index], order[(index + 1) % count])).sum();
        // The root of the area is the side.
        let scale = ((count as u128) << (2 * BITS)).isqrt() * u128::from(SIDE);
        let score = Score::ratio(length << BITS, scale << BITS);
        score.map(Measure::of).ok_or_else(|| InvalidAnswer::new("answer", "a tour", "none"))
    }
}

/// Returns the distance in units of 2^-40, rounded up.
fn distance(a: [u64; 2], b: [u64; 2]) -> u128 {
    let square: u128 = a.iter().zip(&b).map(|(a, b)| u128::from(a.abs_diff(*b)).pow(2)).sum();
    let scaled = square << (2 * BITS);
    let root = scaled.isqrt();
    if root * root == scaled { root } else { root + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> Tour {
        Tour { cities: vec![[0, 0], [300_000, 400_000], [300_000, 0], [0, 400_000]] }
    }

    #[test]
    fn lengths_are_those_of_closed_tours() {
        let score = |order: Value| square().verify(&order).map(|measure| measure.amount);
        assert_eq!(
            score(json!([0, 2, 1, 3])),
            Ok(Score::ratio(14, 20).unwrap()),
            "1,400,000 over 2 × 1,000,000"
        );
        assert_eq!(score(json!([0, 1, 2, 3])), Ok(Score::ratio(18, 20).unwrap()));
        let instance = |seed: u64| {
            let map = json!({"cities": 200, "seed": seed});
            make(&mut Parameters::new(map.as_object().unwrap().clone())).unwrap()
        };
        let order: Vec<usize> = (0..200).collect();
        let random = instance(1).verify(&json!(order)).unwrap().amount.to_f64();
        assert!((6.0..9.0).contains(&random), "a tour in no order: about 0.52 × √n, {random}");
        assert_ne!(instance(1).invocation(), instance(2).invocation());
    }

    #[test]
    fn what_is_no_tour_is_refused() {
        for answer in [
            json!([]),
            json!([0, 1, 2]),
            json!([0, 1, 2, 2]),
            json!([0, 1, 2, 4]),
            json!([0, 1, 2, -1]),
            json!([0, 1, 2, 3.0]),
            json!([0, 1, 2, true]),
            json!([0, 1, 2, 3, 0]),
            json!({"length": 0}),
        ] {
            assert!(square().verify(&answer).is_err(), "{answer}");
        }
    }
}
