//! `function-minimum`: a search for the lowest value of a function that can only be queried.
//!
//! The function is sin x cos y + sin xy + (x² + y²) / 20, shifted by a vector that is drawn from the seed and hidden from the
//! candidate. `propose(history)` gets the points queried so far as `[x, y, value]` and returns the next `[x, y]` in [−5, 5]²; there
//! are `budget` queries. The score is the lowest value, so other seeds show whether a search or a point was found.
//!
//! Attacks that end here: T-CHECK-13.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::score::Score;
use crate::scorer::{Episode, InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::interval::Interval;
use super::keyed_numbers::KeyedNumbers;
use super::parameters::{ParameterError, Parameters};
use super::read;

/// The function is shifted by up to this many 64ths along each axis, so that its minimum stays inside.
const SHIFT_MAX: u64 = 128;
/// Work of a value, which has three sines and cosines.
const QUERY_UNITS: u64 = 50_000;

#[derive(Debug)]
struct FunctionMinimum {
    budget: usize,
    shift: [Score; 2],
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    let budget = parameters.size("budget", 1..=1_000)?;
    let seed = parameters.number("seed", 0..=u64::MAX)?;
    let mut stream = KeyedNumbers::new("function-minimum", &seed.to_le_bytes());
    let mut draw = || {
        let units = i128::from(stream.below(2 * SHIFT_MAX + 1)) - i128::from(SHIFT_MAX);
        Score::ratio(units, 64).unwrap_or_else(Score::zero)
    };
    // Seed 0 is the function itself.
    let shift = if seed == 0 { [Score::zero(), Score::zero()] } else { [draw(), draw()] };
    Ok(Arc::new(FunctionMinimum { budget, shift }))
}

impl FunctionMinimum {
    /// Returns an upper bound of the value at a point, which exceeds it by at most 2^-80.
    fn value(&self, point: &[Score]) -> Score {
        let [x, y] = [0, 1].map(|axis| Interval::of(&(&point[axis] - &self.shift[axis])));
        let ((sin_x, _), (_, cos_y)) = (x.sin_cos(), y.sin_cos());
        let (sin_xy, _) = (&x * &y).sin_cos();
        let squares = (&(&x * &x) + &(&y * &y)).over(20);
        (&(&(&sin_x * &cos_y) + &sin_xy) + &squares).high()
    }

    fn point(answer: &Value, index: usize) -> Result<Vec<Score>, InvalidAnswer> {
        let place = format!("point {index}");
        let parts = read::list(answer, &place, 2..=2, "numbers [x, y]")?;
        let coordinate = |value| {
            let number = read::number(value, &place)?;
            let inside = number.abs() <= Score::integer(5);
            if inside {
                Ok(number)
            } else {
                Err(InvalidAnswer::quoting(&place, "numbers from -5 to 5", value))
            }
        };
        parts.iter().map(coordinate).collect()
    }
}

impl Instance for FunctionMinimum {
    fn episode(self: Arc<Self>) -> Option<Box<dyn Episode>> {
        Some(Box::new(Search { function: self, history: Vec::new(), lowest: None }))
    }

    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        work.spend(QUERY_UNITS)?;
        Self::point(answer, 0).map(|point| Measure::of(self.value(&point)))
    }
}

/// One search.
struct Search {
    function: Arc<FunctionMinimum>,
    history: Vec<Value>,
    lowest: Option<Score>,
}

impl Episode for Search {
    fn next_call(&self) -> Option<Vec<Value>> {
        (self.history.len() < self.function.budget).then(|| vec![json!(self.history)])
    }

    fn answer(&mut self, answer: &Value) -> Result<(), InvalidAnswer> {
        let point = FunctionMinimum::point(answer, self.history.len())?;
        let value = self.function.value(&point);
        self.history.push(json!([point[0].to_f64(), point[1].to_f64(), value.to_f64()]));
        self.lowest = Some(self.lowest.take().filter(|lowest| *lowest <= value).unwrap_or(value));
        Ok(())
    }

    fn measure(&self) -> Result<Measure, InvalidAnswer> {
        let (asked, budget) = (self.history.len(), self.function.budget);
        let lowest = self.lowest.clone().filter(|_| asked == budget);
        let missing = || InvalidAnswer::new("answer", format!("{budget} points"), asked.to_string());
        lowest.map(Measure::of).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(seed: u64, budget: usize) -> Arc<dyn Instance> {
        let map = json!({"seed": seed, "budget": budget});
        make(&mut Parameters::new(map.as_object().unwrap().clone())).unwrap()
    }

    fn value(x: f64, y: f64) -> f64 {
        x.sin() * y.cos() + (x * y).sin() + (x * x + y * y) / 20.0
    }

    #[test]
    fn values_agree_with_doubles_and_seeds_move_the_function() {
        let at = |seed, x: f64, y: f64| instance(seed, 1).verify(&json!([x, y])).unwrap().amount.to_f64();
        for (x, y) in [(0.0, 0.0), (-1.704, 0.678), (5.0, -5.0), (0.3, 4.1)] {
            assert!((at(0, x, y) - value(x, y)).abs() < 1e-12);
        }
        assert!((at(0, -1.704, 0.678) - -1.5187).abs() < 1e-3);
        assert_ne!(at(1, 0.5, 0.5), at(2, 0.5, 0.5));
    }

    #[test]
    fn the_lowest_of_all_points_counts_and_all_have_to_be_asked() {
        let mut search = instance(0, 2).episode().unwrap();
        assert_eq!(search.next_call(), Some(vec![json!([])]));
        search.answer(&json!([-1.704, 0.678])).unwrap();
        assert!(search.measure().is_err());
        let call = search.next_call().unwrap();
        assert_eq!(call[0][0][0], json!(-1.704));
        search.answer(&json!([0, 0])).unwrap();
        assert_eq!(search.next_call(), None);
        assert!((search.measure().unwrap().amount.to_f64() - -1.5187).abs() < 1e-3);
        for answer in [
            json!([]),
            json!([5.1, 0]),
            json!([0, f64::NAN]),
            json!([0, true]),
            json!([0, 0, -9]),
            json!(-9),
            json!(null),
        ] {
            assert!(instance(0, 2).episode().unwrap().answer(&answer).is_err(), "{answer}");
        }
    }
}
